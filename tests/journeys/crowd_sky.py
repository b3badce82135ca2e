"""What the crowd's providers do: the weather that they are in, and what phones say of the messages that came."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random

import httpx2

from tests.standins import aliyun, mail, twilio

PUSH_WORD = "p" * 32
_LOOK_S = 0.2
_AT_ONCE = 40
_TWICE = 0.1
"""Of the confirmations so many come a second time."""


@dataclass(frozen=True, slots=True)
class Weather:
    """Which provider is down, and how; None: it is well."""

    sms: twilio.Fault | None = None
    china: aliyun.Fault | None = None
    post: mail.Fault | None = None


CLEAR = Weather()


@dataclass(frozen=True, slots=True)
class FarSides:
    """The three providers."""

    phones: twilio.TwilioStandIn
    china: aliyun.AliyunStandIn
    relay: mail.Relay

    def have(self, weather: Weather) -> None:
        """From now on."""
        self.phones.always, self.china.always, self.relay.always = weather.sms, weather.china, weather.post

    def arrived(self) -> Counter[str]:
        """By the id of the message, how often it came to a phone or mailbox: what the providers themselves say."""
        sms = Counter(each.callback.rpartition("/")[2] for each in self.phones.phone)
        china = Counter(each.out_id for each in self.china.phone)
        return (
            sms + china + Counter(str(each["Message-ID"]).strip("<>").partition("@")[0] for each in self.relay.mailbox)
        )

    def felt(self, weather: Weather) -> int:
        """How often what is down was spoken to; where answers are lost, by what came to phones that confirm nothing."""
        match weather:
            case Weather(sms=twilio.Fault.BROKEN_AFTER_ACCEPT | twilio.Fault.HANGS_UP_AFTER_ACCEPT):
                return sum(not _on(each.to) for each in self.phones.phone)
            case Weather(china=aliyun.Fault.BROKEN_AFTER_ACCEPT | aliyun.Fault.HANGS_UP_AFTER_ACCEPT):
                return sum(not _on(each.to) for each in self.china.phone)
            case Weather(sms=twilio.Fault()):
                return self.phones.posts
            case Weather(china=aliyun.Fault()):
                return self.china.posts
        return self.relay.posts

    def settings(self) -> dict[str, str]:
        """What leads the notifier to them."""
        return {
            "RELIGHT_SMS_CHANNEL": "twilio,aliyun",
            "RELIGHT_ALIYUN_URL": self.china.url,
            "RELIGHT_ALIYUN_KEY": aliyun.KEY,
            "RELIGHT_ALIYUN_SECRET": aliyun.SECRET,
            "RELIGHT_ALIYUN_SIGNATURE": aliyun.SIGNATURE,
            "RELIGHT_ALIYUN_PUSH_WORD": PUSH_WORD,
        }


@asynccontextmanager
async def far_sides() -> AsyncIterator[FarSides]:
    """Serve them for the length of the block."""
    async with twilio.twilio_stand_in() as phones, aliyun.aliyun_stand_in() as china, mail.mail_relay() as relay:
        yield FarSides(phones, china, relay)


async def phones_answer(sides: FarSides, public_url: str) -> None:
    """Phones with odd numbers confirm what they got, now and then twice; of the others nobody hears anything.

    A confirmation that nobody takes is lost.
    """
    dice, told, told_china = Random(7), 0, 0
    async with httpx2.AsyncClient(trust_env=False, timeout=10) as client:
        while True:
            fresh = sides.phones.phone[told : told + _AT_ONCE]
            told += len(fresh)
            again = [each for each in fresh if dice.random() < _TWICE]
            await asyncio.gather(*(_delivered(client, each) for each in [*fresh, *again] if _on(each.to)))
            pushed = sides.china.phone[told_china : told_china + _AT_ONCE]
            told_china += len(pushed)
            heard = [each for each in pushed if _on(each.to)]
            if heard:
                await _pushed(client, public_url, [*heard, *heard[:1]])
            await asyncio.sleep(0 if len(fresh) == _AT_ONCE else _LOOK_S)


def _on(phone: str) -> bool:
    return int(phone[-1]) % 2 == 1


async def _delivered(client: httpx2.AsyncClient, taken: twilio.Taken) -> None:
    form = {"MessageSid": taken.sid, "MessageStatus": "delivered", "To": taken.to, "AccountSid": twilio.ACCOUNT}
    with contextlib.suppress(httpx2.HTTPError):
        signed = {"x-twilio-signature": twilio.sign(taken.callback, form)}
        await client.post(taken.callback, data=form, headers=signed)


async def _pushed(client: httpx2.AsyncClient, public_url: str, taken: list[aliyun.Taken]) -> None:
    for each in taken:
        each.status = 3
    with contextlib.suppress(httpx2.HTTPError):
        url = f"{public_url}/hooks/receipts/aliyun/{PUSH_WORD}"
        await client.post(url, json=[aliyun.receipt(each) for each in taken])
