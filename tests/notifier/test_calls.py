"""A message that is read over the phone."""

from uuid import uuid4

import pytest

from app.models.account import ChannelName
from notifier.channels import CHANNELS
from notifier.channels.twilio_voice import speech
from notifier.ports import Rendered
from tests.contract.test_channel import twilio_settings
from tests.standins.twilio import twilio_stand_in

URL = "https://relight.test/hooks/messages/twilio_voice/1"


def test_long_numbers_are_read_digit_by_digit_and_addresses_are_not_read() -> None:
    spoken = speech.aloud("Token 1234 5678 9012 3456 7890: https://relight.test/m/1 (¥50.00)")
    assert spoken == "Token 1 2 3 4, 5 6 7 8, 9 0 1 2, 3 4 5 6, 7 8 9 0: (¥50.00)"


@pytest.mark.parametrize(("locale", "voice"), [("zh", "zh-CN"), ("en", "en-US")])
def test_a_call_speaks_its_readers_language_and_asks_for_a_key(locale: str, voice: str) -> None:
    said = speech.reading("余额 <5 元", locale, f"{URL}/heard")
    assert f'language="{voice}"' in said
    assert f'<Gather action="{URL}/heard"' in said
    assert "&lt;5" in said


async def test_a_call_tells_where_its_end_and_its_keys_are_heard_of() -> None:
    async with twilio_stand_in() as far:
        channel = CHANNELS["twilio_voice"](twilio_settings(far.url))
        await channel.send(Rendered(uuid4(), ChannelName.VOICE, "+8613800000001", "", "余额 5 元", URL))
        await channel.close()
    call = far.calls[0]
    assert (call.callback, call.gather_url) == (URL, f"{URL}/heard")
    assert call.spoken[0] == "余额 5 元"
