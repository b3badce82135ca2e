"""Calls through Twilio that read a message to whoever answers, and count as delivered when a key is pressed."""

from collections.abc import Mapping
from datetime import datetime

from twilio.request_validator import RequestValidator

from app.domain.notice import Delivery, MessageState
from app.models.account import ChannelName
from app.ports import CallbackRejected, CallTurn
from app.settings import Settings
from app.setup import SetupError
from notifier.channels.twilio import codes
from notifier.channels.twilio.line import Line, made_since, need
from notifier.channels.twilio_voice import speech
from notifier.ports import Rendered

_LOOK_BACK = 20
_RINGS_S = 40
_HEARD = "1"


class TwilioVoiceChannel:
    """One call a message, with the words in the request itself. The call's own list tells whether it was made."""

    name = "twilio_voice"
    carries = frozenset({ChannelName.VOICE})

    def __init__(self, settings: Settings) -> None:
        self._caller = settings.twilio_caller
        self._line = Line(settings)

    async def send(self, rendered: Rendered) -> str:
        """Place the call; return its SID. Raises DeliveryError."""
        making = self._line.client.calls.create_async(
            to=rendered.recipient,
            from_=self._caller,
            twiml=speech.reading(rendered.body, rendered.locale, heard_url(rendered.status_url)),
            timeout=_RINGS_S,
            status_callback=rendered.status_url,
            status_callback_event=["initiated", "answered", "completed"],
        )
        return str((await self._line.post(making, rendered.sender)).sid)

    async def find(self, rendered: Rendered, since: datetime) -> str | None:
        """Look for a call to that number since then. Calls show no words, so the first of ours to it counts:
        two messages in the same minutes may be taken for one, which is better than ringing twice."""
        listed = self._line.client.calls.list_async(to=rendered.recipient, from_=self._caller, limit=_LOOK_BACK)
        for each in reversed(await self._line.ask(listed)):  # oldest first
            if made_since(each.date_created, since):
                return str(each.sid)
        return None

    async def close(self) -> None:
        """Close the library's connections."""
        await self._line.close()


def heard_url(status_url: str) -> str:
    """Where a pressed key is told: behind the address of the call's statuses."""
    return f"{status_url}/heard"


class TwilioCalls:
    """Reads what Twilio posts about a call; signed as for messages."""

    name = "twilio_voice"

    def __init__(self, settings: Settings) -> None:
        self._validator = RequestValidator(settings.twilio_token.get_secret_value())

    def read_status(self, url: str, headers: Mapping[str, str], form: Mapping[str, str]) -> Delivery:
        """Verify and read the status of a call. One that ended without a pressed key was not heard, as far as we know:
        a machine may have answered."""
        self._verify(url, headers, form)
        found = codes.CALLS.get(form.get("CallStatus", ""))
        if found is None or not form.get("CallSid"):
            raise CallbackRejected("unreadable")
        state, reason = found
        return Delivery(state, form["CallSid"], reason)

    def read_turn(self, url: str, headers: Mapping[str, str], form: Mapping[str, str]) -> CallTurn:
        """Verify and read a pressed key: `1` proves that somebody heard it, any other asks for the words again."""
        self._verify(url, headers, form)
        if not form.get("CallSid"):
            raise CallbackRejected("unreadable")
        if form.get("Digits") == _HEARD:
            return CallTurn(Delivery(MessageState.DELIVERED, form["CallSid"], "heard"))
        return CallTurn(None)

    def answer(self, turn: CallTurn, words: str, locale: str, url: str) -> str:
        """What the call says next: thanks, or the words again, in TwiML. `url`: where the next key is told."""
        return speech.thanks(locale) if turn.delivery else speech.reading(words, locale, url)

    def _verify(self, url: str, headers: Mapping[str, str], form: Mapping[str, str]) -> None:
        if not self._validator.validate(url, dict(form), headers.get("x-twilio-signature", "")):
            raise CallbackRejected("bad_signature")


def make(settings: Settings) -> TwilioVoiceChannel:
    """Build the channel inside a running loop. Raises SetupError if a setting is missing."""
    need(settings)
    if not settings.twilio_caller:
        raise SetupError("RELIGHT_TWILIO_CALLER is not set")
    return TwilioVoiceChannel(settings)


def make_statuses(settings: Settings) -> TwilioCalls:
    """Build the reader of callbacks. Raises SetupError if a setting is missing."""
    need(settings)
    return TwilioCalls(settings)
