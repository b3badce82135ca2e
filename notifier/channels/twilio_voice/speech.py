"""What a call says, as TwiML (twilio.com/docs/voice/twiml: Say, Gather)."""

import re

from twilio.twiml.voice_response import Gather, VoiceResponse

_VOICES = {"zh": "zh-CN", "en": "en-US"}
_MENU = {
    "zh": "确认已经听到，请按1。再听一遍，请按2。",
    "en": "Press 1 to confirm that you have heard this. Press 2 to hear it again.",
}
_THANKS = {"zh": "谢谢，再见。", "en": "Thank you. Goodbye."}
_WAITS_S = 8
_TIMES = 2
_ADDRESS = re.compile(r"https?://\S+")
_LONG_NUMBER = re.compile(r"(?<!\d)\d[\d ]{7,}\d(?!\d)")


def reading(words: str, locale: str, heard_url: str) -> str:
    """Read the words and ask for a key; who presses none hears them a second time."""
    language = _language(locale)
    spoken = aloud(words)
    response = VoiceResponse()
    for _ in range(_TIMES):
        gather = Gather(num_digits=1, action=heard_url, method="POST", timeout=_WAITS_S)
        gather.say(spoken, language=_VOICES[language])
        gather.say(_MENU[language], language=_VOICES[language])
        response.append(gather)
    response.hangup()
    return str(response)


def thanks(locale: str) -> str:
    """Say goodbye."""
    language = _language(locale)
    response = VoiceResponse()
    response.say(_THANKS[language], language=_VOICES[language])
    response.hangup()
    return str(response)


def aloud(words: str) -> str:
    """For the ear: no addresses, and long numbers digit by digit, with a pause between groups of four."""
    without = _ADDRESS.sub("", words)
    return " ".join(_LONG_NUMBER.sub(lambda found: _digits(found.group()), without).split())


def _digits(number: str) -> str:
    bare = number.replace(" ", "")
    groups = (bare[start : start + 4] for start in range(0, len(bare), 4))
    return ", ".join(" ".join(group) for group in groups)


def _language(locale: str) -> str:
    return "en" if locale.startswith("en") else "zh"
