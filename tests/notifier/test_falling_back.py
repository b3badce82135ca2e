"""Where somebody could not be reached, whoever stands in for them is told, once."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlmodel import select

from app.context import Deps, Task
from app.db import Begin
from app.domain.notice import Delivery, MessageState
from app.domain.sharing import MoveReason
from app.domain.suppression import SuppressionReason, SuppressionScope
from app.models import Contact, Suppression
from app.models.account import ChannelName
from app.outbox import Job
from app.services import carriers
from app.services.carrier_paces import Place
from app.services.messages import record_delivery
from app.tasks import announce, stand_ins
from notifier import sharing
from notifier.channels import Channels, open_channels
from notifier.channels.memory import MemoryChannel
from notifier.worker import sender
from tests import build
from tests.clocks import Clock
from tests.contract.test_channel import twilio_settings
from tests.fakes import Died
from tests.notifier import stories
from tests.notifier.test_sending import Fatal
from tests.standins.twilio import Fault, TwilioStandIn
from tests.work import Work, worker

MAIL = "aunt@example.com"


@pytest.fixture
async def aunt(begin: Begin, utility: build.Utility) -> Contact:
    """Her mailbox stands in for the telephone."""
    contact = Contact(id=uuid4(), account_id=utility.account.id, channel="email", address=MAIL, locale="en", position=1)
    contact.stands_in_for_id = utility.contact.id
    async with begin() as db:
        db.add(contact)
    return contact


def working(deps: Deps, channels: Channels) -> Work:
    jobs: dict[Job, Task] = {
        Job.ANNOUNCE_CREDIT: announce.announce_credit,
        Job.ANNOUNCE_ALARM: announce.announce_alarm,
        Job.FALL_BACK: stand_ins.fall_back,
        Job.SEND_MESSAGE: sender(channels),
        Job.SEND_BULK: sender(channels),
    }
    return worker(deps, jobs)


@pytest.mark.usefixtures("aunt")
async def test_who_stands_in_is_left_alone_while_the_telephone_works(
    begin: Begin, clock: Clock, utility: build.Utility, deps: Deps, phone: MemoryChannel
) -> None:
    await stories.credited(begin, utility.esam, clock())
    await working(deps, dict.fromkeys(ChannelName, phone))()
    assert [sent.recipient for sent in phone.sent] == [utility.contact.address]


@pytest.mark.usefixtures("aunt")
async def test_a_number_that_does_not_exist_is_left_alone_for_good_and_the_next_is_told(
    begin: Begin, clock: Clock, utility: build.Utility, deps: Deps, twilio: TwilioStandIn, phone: MemoryChannel
) -> None:
    twilio.faults.append(Fault.BAD_NUMBER)
    await stories.credited(begin, utility.esam, clock())
    async with open_channels(twilio_settings(twilio.url)) as channels:
        work = working(deps, {**channels, ChannelName.EMAIL: phone})
        await work()
        assert [sent.recipient for sent in phone.sent] == [MAIL]
        await stories.credited(begin, utility.esam, clock.forward(minutes=1))
        await work()
    assert (twilio.posts, len(phone.sent)) == (1, 2)  # the second went to her at once
    async with begin() as db:
        entry = (await db.exec(select(Suppression))).one()
    assert (entry.scope, entry.reason) == (SuppressionScope.ALL, SuppressionReason.UNREACHABLE)
    failed, stands_in, _ = await stories.messages(begin)
    assert (failed.state, stands_in.stands_in_for_id) == (MessageState.FAILED, failed.id)


@pytest.mark.usefixtures("aunt")
async def test_what_nobody_reports_as_delivered_is_told_to_the_next_once(
    begin: Begin, clock: Clock, utility: build.Utility, deps: Deps, twilio: TwilioStandIn, phone: MemoryChannel
) -> None:
    await stories.read(begin, utility.esam, 1500, clock())
    async with open_channels(twilio_settings(twilio.url)) as channels:
        work = working(deps, {**channels, ChannelName.EMAIL: phone})
        for _ in range(8):
            await work()
            clock.forward(minutes=5)
            await stand_ins.find_unheard(deps)
            assert bool(phone.sent) == (clock() - (await stories.messages(begin))[0].created_at > timedelta(minutes=15))
    assert [sent.recipient for sent in phone.sent] == [MAIL]


@pytest.mark.usefixtures("aunt")
async def test_what_is_reported_in_time_is_told_to_nobody_else(
    begin: Begin, clock: Clock, utility: build.Utility, deps: Deps, twilio: TwilioStandIn, phone: MemoryChannel
) -> None:
    await stories.read(begin, utility.esam, 1500, clock())
    async with open_channels(twilio_settings(twilio.url)) as channels:
        work = working(deps, {**channels, ChannelName.EMAIL: phone})
        await work()
        (only,) = await stories.messages(begin)
        async with begin() as db:
            await record_delivery(db, only.id, Delivery(MessageState.DELIVERED), clock.forward(minutes=3))
        clock.forward(minutes=20)
        await stand_ins.find_unheard(deps)
        await work()
    (only,) = await stories.messages(begin)
    assert (only.state, only.delivered_at) == (MessageState.DELIVERED, clock() - timedelta(minutes=20))
    assert phone.sent == []


@pytest.mark.usefixtures("aunt")
async def test_what_a_provider_will_not_take_for_now_is_told_to_the_next_and_then_to_nobody_else(
    begin: Begin, clock: Clock, utility: build.Utility, deps: Deps, twilio: TwilioStandIn, phone: MemoryChannel
) -> None:
    await stories.read(begin, utility.esam, 1500, clock())
    twilio.faults.extend([Fault.TOO_MANY] * 40)
    async with open_channels(twilio_settings(twilio.url)) as channels:
        work = working(deps, {**channels, ChannelName.EMAIL: phone})
        for _ in range(5):
            await work()
            clock.forward(minutes=4)
            await stand_ins.find_unheard(deps)
        await work()
        twilio.faults.clear()
        clock.forward(hours=1)
        await work()
    assert ([sent.recipient for sent in phone.sent], twilio.posts > 1) == ([MAIL], True)
    refused, stands_in = await stories.messages(begin)
    assert (refused.state, stands_in.state) == (MessageState.GIVEN_UP, MessageState.SENT)


@pytest.mark.usefixtures("aunt")
async def test_what_no_provider_is_switched_on_for_is_told_to_the_next(
    begin: Begin, clock: Clock, utility: build.Utility, deps: Deps, twilio: TwilioStandIn, phone: MemoryChannel
) -> None:
    async with open_channels(twilio_settings(twilio.url)) as channels:
        await stories.read(begin, utility.esam, 1500, clock())
        async with begin() as db:
            await sharing.begin(db, channels, clock())
            await carriers.switch_off(db, Place("twilio", ChannelName.SMS), MoveReason.STAFF, clock())
        work = working(deps, {**channels, ChannelName.EMAIL: phone})
        for _ in range(5):
            await work()
            clock.forward(minutes=4)
            await stand_ins.find_unheard(deps)
        await work()
    assert ([sent.recipient for sent in phone.sent], twilio.posts) == ([MAIL], 0)
    never_tried, stands_in = await stories.messages(begin)
    assert (never_tried.state, never_tried.trouble) == (MessageState.GIVEN_UP, "carriers_off")
    assert stands_in.state == MessageState.SENT


async def test_what_nobody_stands_in_for_is_tried_on(
    begin: Begin, clock: Clock, utility: build.Utility, deps: Deps, twilio: TwilioStandIn
) -> None:
    await stories.read(begin, utility.esam, 1500, clock())
    twilio.faults.extend([Fault.TOO_MANY] * 4)
    async with open_channels(twilio_settings(twilio.url)) as channels:
        work = working(deps, dict(channels))
        for _ in range(10):
            await work()
            clock.forward(minutes=4)
            await stand_ins.find_unheard(deps)
    (only,) = await stories.messages(begin)
    assert (only.state, twilio.posts) == (MessageState.SENT, 5)


@pytest.mark.usefixtures("aunt")
async def test_what_may_have_arrived_is_told_to_nobody_else(
    begin: Begin, clock: Clock, utility: build.Utility, deps: Deps, phone: MemoryChannel
) -> None:
    await stories.read(begin, utility.esam, 1500, clock())
    with pytest.raises(Died):
        await working(deps, dict.fromkeys(ChannelName, Fatal(phone)))()
    clock.forward(minutes=2)
    await working(deps, dict.fromkeys(ChannelName, phone))()
    (only,) = await stories.messages(begin)
    assert (only.state, [sent.recipient for sent in phone.sent]) == (MessageState.UNKNOWN, [utility.contact.address])
