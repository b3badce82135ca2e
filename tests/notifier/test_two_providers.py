"""Twilio and Aliyun share the SMS of one utility, with the real libraries on both lines."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from sqlmodel import col, select

from app.context import Deps
from app.db import Begin
from app.domain.notice import MessageKind
from app.domain.sharing import MoveReason
from app.domain.template import TemplateState
from app.models import Carrier, MessageAttempt, Staff, TemplateVersion
from app.models.account import ChannelName
from app.outbox import Job
from app.services import carriers
from app.services.carrier_paces import Place
from app.tasks import announce
from notifier import sharing
from notifier.channels import CHANNELS
from notifier.shared import Shared
from notifier.worker import sender
from tests import build
from tests.clocks import Clock
from tests.contract.test_channel import aliyun_settings, twilio_settings
from tests.notifier import stories
from tests.standins import aliyun, twilio
from tests.standins.aliyun import AliyunStandIn, aliyun_stand_in
from tests.standins.twilio import TwilioStandIn, twilio_stand_in
from tests.work import Work, worker

SMS = ChannelName.SMS


@dataclass
class Two:
    """Both far sides, and dice that fall on Aliyun (below its share) or Twilio."""

    twilio: TwilioStandIn
    aliyun: AliyunStandIn
    work: Work
    dice: float = 0.0

    @property
    def arrived(self) -> tuple[int, int]:
        return len(self.twilio.phone), len(self.aliyun.phone)


@pytest.fixture
async def two(deps: Deps, begin: Begin, clock: Clock) -> AsyncIterator[Two]:
    async with twilio_stand_in() as one, aliyun_stand_in() as other:
        members = [
            CHANNELS["twilio"](twilio_settings(one.url)),
            CHANNELS["aliyun"](aliyun_settings(other.url)),
        ]
        other.now = clock
        found = Two(one, other, worker(deps, {}))
        channels = {SMS: Shared(SMS, members, lambda: found.dice)}
        async with begin() as db:
            await sharing.begin(db, channels, clock())
        clock.forward(minutes=2)
        found.work = worker(deps, {Job.ANNOUNCE_CREDIT: announce.announce_credit, Job.SEND_MESSAGE: sender(channels)})
        yield found
        for member in members:
            await member.close()


@pytest.fixture
async def known_to_aliyun(begin: Begin, clock: Clock) -> None:
    """Aliyun has approved the words of a credit."""
    async with begin() as db:
        writer = Staff(login="w", name="W", password_hash="x")
        db.add(writer)
        await db.flush()
        version = TemplateVersion(
            kind=MessageKind.PURCHASE_CREDITED,
            locale="en",
            channel="sms",
            number=1,
            body="Meter {{ meter }}: {{ amount }}",
            provider_codes={"aliyun": ["SMS_100", "meter", "amount"]},
            state=TemplateState.IN_USE,
            written_by=writer.id,
            written_at=clock(),
        )
        db.add(version)


async def tries(begin: Begin) -> list[tuple[str, str]]:
    async with begin() as db:
        rows = await db.exec(select(MessageAttempt).order_by(col(MessageAttempt.began_at), col(MessageAttempt.number)))
        return [(row.carrier, row.outcome) for row in rows]


async def share_of(begin: Begin, name: str) -> tuple[int, bool]:
    async with begin() as db:
        row = (await db.exec(select(Carrier).where(Carrier.name == name))).one()
        return row.share, row.off_at is not None


async def test_words_that_no_template_stands_for_go_by_the_other(
    begin: Begin, clock: Clock, utility: build.Utility, two: Two
) -> None:
    await stories.credited(begin, utility.esam, clock())
    await two.work()
    clock.forward(minutes=1)
    await two.work()
    assert two.arrived == (1, 0)
    assert await tries(begin) == [("aliyun", "needs_template"), ("twilio", "sent")]
    assert two.twilio.phone[0].sender == twilio.SENDER
    assert await share_of(begin, "aliyun") == (50, False)  # a template is not its own trouble


async def test_what_aliyun_knows_it_carries(
    begin: Begin, clock: Clock, utility: build.Utility, two: Two, known_to_aliyun: None
) -> None:
    await stories.credited(begin, utility.esam, clock())
    await two.work()
    assert two.arrived == (0, 1)
    assert set(two.aliyun.phone[0].variables) == {"meter", "amount"}


async def test_a_provider_that_is_out_of_order_is_passed_by_and_loses_points(
    begin: Begin, clock: Clock, utility: build.Utility, two: Two, known_to_aliyun: None
) -> None:
    two.aliyun.faults.append(aliyun.Fault.NO_MONEY)
    await stories.credited(begin, utility.esam, clock())
    await two.work()
    clock.forward(minutes=1)
    await two.work()
    assert (two.arrived, await tries(begin)) == ((1, 0), [("aliyun", "out_of_money"), ("twilio", "sent")])
    assert await share_of(begin, "aliyun") == (40, False)


async def test_after_a_lost_answer_the_same_provider_is_asked_though_it_is_off_by_now(
    begin: Begin, clock: Clock, utility: build.Utility, two: Two, known_to_aliyun: None
) -> None:
    two.aliyun.faults.append(aliyun.Fault.HANGS_UP_AFTER_ACCEPT)
    await stories.credited(begin, utility.esam, clock())
    await two.work()
    two.dice = 0.99
    async with begin() as db:
        await carriers.switch_off(db, Place("aliyun", SMS), MoveReason.STAFF, clock())
    clock.forward(minutes=1)
    await two.work()
    assert (two.arrived, await tries(begin)) == ((0, 1), [("aliyun", "found")])


async def test_wrong_credentials_of_one_stop_nobody(
    begin: Begin, clock: Clock, utility: build.Utility, two: Two
) -> None:
    two.dice = 0.99
    two.twilio.faults.append(twilio.Fault.AUTH)
    await stories.credited(begin, utility.esam, clock())
    await two.work()
    assert await share_of(begin, "twilio") == (50, True)
    clock.forward(minutes=1)
    await two.work()  # nobody else knows these words: they wait, and are not lost
    async with begin() as db:
        await carriers.reopen(db, SMS, ("twilio",), clock())
    clock.forward(minutes=5)
    await two.work()
    assert two.arrived == (1, 0)
