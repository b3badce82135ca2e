"""What every channel must do. A channel in the registry is tested by being there.

Its far side is opened by an entry in FAR_SIDES: the channel's settings, and what arrived there.
"""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest
from pydantic import SecretStr

from app.models.account import ChannelName
from app.settings import Settings
from notifier.channels import CHANNELS
from notifier.channels.memory import MemoryChannel
from notifier.channels.rehearsal import EVERYBODY, Conduct, RehearsalChannel
from notifier.ports import Askable, Channel, DeliveryError, Rendered, Sender
from tests.contract.post_sides import CONTACT, HOOK, OPENID, hook_side, wechat_side
from tests.standins import aliyun, mail, twilio
from tests.standins.aliyun import aliyun_stand_in
from tests.standins.mail import mail_relay
from tests.standins.twilio import twilio_stand_in

RECIPIENTS = {
    ChannelName.SMS: "+8613800000001",
    ChannelName.VOICE: "+8613800000001",
    ChannelName.EMAIL: "lin@example.com",
    ChannelName.WECHAT: OPENID,
    ChannelName.WEBHOOK: HOOK,
}
WORDS = "电表 2010: ¥50.00 credited"
VARIABLES = {"meter": "2010", "amount": "¥50.00"}
CODES: dict[str, str | list[str]] = {"aliyun": ["SMS_100", "meter", "amount"]}


@dataclass(frozen=True, slots=True)
class FarSide:
    """`arrived`: the texts at the other end. The rest makes the next message fail in that way, where it can.

    `folds`: it is not asked, for a message that comes twice is one message there. `recipient`: where it is reached.
    """

    channel: Channel
    arrived: Callable[[], list[str]]
    refuse_for_good: Callable[[], None] | None = None
    refuse_for_now: Callable[[], None] | None = None
    take_and_hang_up: Callable[[], None] | None = None
    recipient: str = ""
    folds: bool = False


@asynccontextmanager
async def _twilio() -> AsyncIterator[FarSide]:
    async with twilio_stand_in() as far:
        channel = CHANNELS["twilio"](twilio_settings(far.url))
        yield FarSide(
            channel,
            lambda: [t.body for t in far.phone],
            lambda: far.faults.append(twilio.Fault.BAD_NUMBER),
            lambda: far.faults.append(twilio.Fault.TOO_MANY),
            lambda: far.faults.append(twilio.Fault.HANGS_UP_AFTER_ACCEPT),
        )
        await channel.close()


@asynccontextmanager
async def _twilio_voice() -> AsyncIterator[FarSide]:
    async with twilio_stand_in() as far:
        channel = CHANNELS["twilio_voice"](twilio_settings(far.url))
        yield FarSide(
            channel,
            lambda: [t.spoken[0] for t in far.calls],
            lambda: far.faults.append(twilio.Fault.BAD_NUMBER),
            lambda: far.faults.append(twilio.Fault.TOO_MANY),
            lambda: far.faults.append(twilio.Fault.HANGS_UP_AFTER_ACCEPT),
        )
        await channel.close()


@asynccontextmanager
async def _aliyun() -> AsyncIterator[FarSide]:
    async with aliyun_stand_in() as far:
        yield FarSide(
            CHANNELS["aliyun"](aliyun_settings(far.url)),
            lambda: [WORDS for t in far.phone if t.variables == VARIABLES],
            lambda: far.faults.append(aliyun.Fault.BAD_NUMBER),
            lambda: far.faults.append(aliyun.Fault.LIMIT),
            lambda: far.faults.append(aliyun.Fault.HANGS_UP_AFTER_ACCEPT),
        )


def aliyun_settings(url: str) -> Settings:
    return Settings(
        sms_channel="aliyun",
        aliyun_key=aliyun.KEY,
        aliyun_secret=SecretStr(aliyun.SECRET),
        aliyun_signature=aliyun.SIGNATURE,
        aliyun_push_word=SecretStr("p" * 32),
        aliyun_url=url,
    )


def twilio_settings(url: str) -> Settings:
    return Settings(
        sms_channel="twilio",
        twilio_reminder_sender=twilio.REMINDER_SENDER,
        twilio_caller=twilio.CALLER,
        twilio_account=twilio.ACCOUNT,
        twilio_token=SecretStr(twilio.TOKEN),
        twilio_sender=twilio.SENDER,
        twilio_url=url,
    )


@asynccontextmanager
async def _smtp() -> AsyncIterator[FarSide]:
    async with mail_relay() as far:
        channel = CHANNELS["smtp"](smtp_settings(far.port))
        yield FarSide(
            channel,
            lambda: [m.get_content().strip() for m in far.mailbox],
            lambda: far.faults.append(mail.Fault.NO_MAILBOX),
            lambda: far.faults.append(mail.Fault.GREYLISTED),
            lambda: far.faults.append(mail.Fault.HANGS_UP_AFTER_DATA),
        )


def smtp_settings(port: int) -> Settings:
    return Settings(
        email_channel="smtp",
        smtp_host="127.0.0.1",
        smtp_port=port,
        smtp_user=mail.USER,
        smtp_password=SecretStr(mail.PASSWORD),
        smtp_starttls=False,
        smtp_sender="Relight <no-reply@relight.test>",
    )


@asynccontextmanager
async def _memory() -> AsyncIterator[FarSide]:
    channel = CHANNELS["memory"](Settings())
    assert isinstance(channel, MemoryChannel)
    yield FarSide(channel, lambda: [r.body for r in channel.sent])


@asynccontextmanager
async def _console() -> AsyncIterator[FarSide]:
    yield FarSide(CHANNELS["console"](Settings()), list)


@asynccontextmanager
async def _rehearsal() -> AsyncIterator[FarSide]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "conduct.json"

        def say(conduct: Conduct) -> Callable[[], None]:
            return lambda: void(path.write_text(json.dumps({EVERYBODY: conduct})))

        channel = CHANNELS["rehearsal"](Settings(rehearsal_file=path))
        assert isinstance(channel, RehearsalChannel)
        yield FarSide(
            channel, lambda: [*channel.arrived], say(Conduct.REJECTS), say(Conduct.FAILS), say(Conduct.SILENT)
        )


@asynccontextmanager
async def _wechat() -> AsyncIterator[FarSide]:
    async with wechat_side() as parts:
        yield FarSide(*parts)


@asynccontextmanager
async def _webhook() -> AsyncIterator[FarSide]:
    async with hook_side() as (far, parts):
        yield FarSide(*parts, recipient=far.url, folds=True)


def void(_: object) -> None:
    """Drop a result that nobody asked for."""


FAR_SIDES: dict[str, Callable[[], AbstractAsyncContextManager[FarSide]]] = {
    "aliyun": _aliyun,
    "console": _console,
    "memory": _memory,
    "rehearsal": _rehearsal,
    "smtp": _smtp,
    "twilio": _twilio,
    "twilio_voice": _twilio_voice,
    "webhook": _webhook,
    "wechat": _wechat,
}


@pytest.fixture(params=sorted(CHANNELS))
async def far(request: pytest.FixtureRequest) -> AsyncIterator[FarSide]:
    async with FAR_SIDES[request.param]() as opened:
        yield opened


def rendered(far: FarSide, body: str = WORDS) -> Rendered:
    medium = min(far.channel.carries)
    url, recipient = "https://relight.test/hooks/messages/x/1", far.recipient or RECIPIENTS[medium]
    words = Rendered(uuid4(), medium, recipient, "Credited", body, url, Sender.TOKENS)
    return replace(words, provider_codes=CODES, variables=VARIABLES, contact_id=CONTACT)


async def test_a_message_arrives_with_its_words(far: FarSide) -> None:
    ref = await far.channel.send(rendered(far))
    assert ref
    assert far.arrived() in ([WORDS], [])  # the console has no far side
    assert far.arrived() or far.channel.name == "console"


async def test_each_message_gets_an_id_of_its_own(far: FarSide) -> None:
    assert await far.channel.send(rendered(far)) != await far.channel.send(rendered(far))


async def test_a_channel_says_what_it_carries_and_bears_its_name(far: FarSide) -> None:
    assert far.channel.carries <= set(ChannelName)
    assert far.channel.name in CHANNELS


async def test_a_refusal_for_good_is_permanent(far: FarSide) -> None:
    if far.refuse_for_good is None:
        pytest.skip("refuses nothing")
    far.refuse_for_good()
    with pytest.raises(DeliveryError) as refusal:
        await far.channel.send(rendered(far))
    assert (refusal.value.permanent, refusal.value.maybe_sent) == (True, False)
    assert far.arrived() == []


async def test_a_refusal_for_now_may_be_tried_again(far: FarSide) -> None:
    if far.refuse_for_now is None:
        pytest.skip("refuses nothing")
    far.refuse_for_now()
    with pytest.raises(DeliveryError) as refusal:
        await far.channel.send(rendered(far))
    assert (refusal.value.permanent, refusal.value.maybe_sent) == (False, False)
    await far.channel.send(rendered(far))
    assert far.arrived() == [WORDS]


async def test_a_lost_answer_is_not_called_a_failure(far: FarSide) -> None:
    if far.take_and_hang_up is None:
        pytest.skip("has no line to lose")
    far.take_and_hang_up()
    with pytest.raises(DeliveryError) as lost:
        await far.channel.send(rendered(far))
    assert (lost.value.permanent, lost.value.maybe_sent) == (False, True)
    assert far.arrived() == [WORDS]  # and it was not posted again behind our back


async def test_a_provider_that_can_be_asked_knows_exactly_what_it_took(far: FarSide) -> None:
    channel = far.channel
    if far.folds or not isinstance(channel, Askable):
        pytest.skip("cannot be asked, or need not be")
    before = datetime.now(UTC)
    mine = rendered(far)
    assert await channel.find(mine, before) is None
    ref = await channel.send(mine)
    await channel.send(rendered(far, "another text to the same person"))
    assert await channel.find(mine, before) in (ref, str(mine.message_id))  # known under its id, or under ours
    assert await channel.find(mine, before + timedelta(hours=1)) is None
