"""What leaves the house in trial and test mode, and how scripted numbers play their parts (SPEC M-17)."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from app.context import Deps
from app.db import Begin
from app.domain.notice import MessageState
from app.domain.review import ReviewKind
from app.domain.rules import SendingRules, TemplateRules
from app.domain.sending import SCRIPTED, Script, SendMode
from app.domain.template import TemplateState
from app.models import Contact, Message, Review, Staff, TemplateVersion
from app.models.account import ChannelName
from app.outbox import Job
from app.services import rulebook
from app.tasks import announce, rehearse
from notifier.channels.memory import MemoryChannel
from notifier.channels.rehearsal import EVERYBODY, Conduct, RehearsalChannel
from notifier.worker import sender
from tests import build
from tests.clocks import Clock
from tests.notifier.conftest import Credit
from tests.notifier.stories import messages, read
from tests.work import Work, worker


@pytest.fixture
def work(deps: Deps, phone: MemoryChannel) -> Work:
    """Announce, send, and play what providers say in the end."""
    channels = dict.fromkeys(ChannelName, phone)
    jobs = {
        Job.ANNOUNCE_CREDIT: announce.announce_credit,
        Job.PLAY_DELIVERY: rehearse.play_delivery,
        Job.SEND_MESSAGE: sender(channels),
    }
    return worker(deps, jobs)


async def live_in(begin: Begin, clock: Clock, rules: SendingRules) -> None:
    async with begin() as db:
        await rulebook.save(db, rules, None, clock())


async def only_reader(begin: Begin, address: str) -> None:
    """One contact is left, with this number."""
    async with begin() as db:
        first, *others = (await db.exec(select(Contact).where(Contact.channel == ChannelName.SMS))).all()
        first.address = address
        for other in others:
            await db.delete(other)


async def texts(begin: Begin) -> list[Message]:
    return [each for each in await messages(begin) if each.channel == ChannelName.SMS]


async def test_in_test_mode_nothing_leaves_and_everything_arrives(
    begin: Begin, clock: Clock, utility: build.Utility, credit: Credit, work: Work, phone: MemoryChannel
) -> None:
    await live_in(begin, clock, SendingRules(SendMode.TEST))
    await credit(utility.esam)
    await work()
    clock.forward(minutes=1)
    await work()
    assert phone.sent == []
    (message,) = await texts(begin)
    assert (message.state, message.rehearsed, message.carrier) == (MessageState.DELIVERED, True, "scripted")


async def test_a_trial_writes_to_listed_addresses_only(
    begin: Begin, clock: Clock, utility: build.Utility, credit: Credit, work: Work, phone: MemoryChannel
) -> None:
    await live_in(begin, clock, SendingRules(SendMode.TRIAL, ("+8613900000099",), 5))
    await credit(utility.esam)
    await work()
    assert phone.sent == []
    (message,) = await texts(begin)
    assert (message.state, message.trouble) == (MessageState.DROPPED, "trial_not_listed")


async def test_a_trial_ends_with_its_number_of_the_day(
    begin: Begin, clock: Clock, utility: build.Utility, credit: Credit, work: Work, phone: MemoryChannel
) -> None:
    mine = "+8613900000099"
    await only_reader(begin, mine)
    await live_in(begin, clock, SendingRules(SendMode.TRIAL, (mine,), 1))
    for _ in range(2):
        await credit(utility.esam)
        await work()
        clock.forward(minutes=5)
        await work()
    assert [(each.state, each.trouble) for each in await texts(begin)] == [
        (MessageState.SENT, None),
        (MessageState.DROPPED, "trial_spent"),
    ]
    clock.forward(days=1)
    await credit(utility.esam)
    await work()
    clock.forward(minutes=1)
    await work()
    assert len([each for each in phone.sent if each.recipient == mine]) == 2


@pytest.mark.parametrize(
    ("script", "state"),
    [
        (Script.ARRIVES, MessageState.DELIVERED),
        (Script.LATE, MessageState.SENT),
        (Script.BOUNCES, MessageState.FAILED),
        (Script.REJECTS, MessageState.FAILED),
        (Script.FAILS, MessageState.QUEUED),
    ],
)
async def test_a_scripted_number_plays_its_part_and_no_provider_hears_of_it(
    begin: Begin,
    clock: Clock,
    utility: build.Utility,
    credit: Credit,
    work: Work,
    phone: MemoryChannel,
    script: Script,
    state: MessageState,
) -> None:
    await only_reader(begin, next(number for number, part in SCRIPTED.items() if part is script))
    await credit(utility.esam)
    await work()
    clock.forward(minutes=1)
    await work()
    (message, *_) = await texts(begin)
    assert message.state == state
    assert phone.sent == []
    if script is Script.LATE:
        clock.forward(minutes=3)
        await work()
        assert [each.state for each in await texts(begin)] == [MessageState.DELIVERED]


async def test_a_number_that_never_answers_leaves_it_open_what_happened(
    begin: Begin, clock: Clock, utility: build.Utility, credit: Credit, work: Work
) -> None:
    await only_reader(begin, next(number for number, part in SCRIPTED.items() if part is Script.SILENT))
    await credit(utility.esam)
    await work()
    clock.forward(minutes=1)
    await work()
    (message,) = await texts(begin)
    assert (message.state, message.trouble) == (MessageState.SENDING, "no_answer")


async def test_a_version_in_use_speaks_and_the_message_says_which_and_what_it_cost(
    begin: Begin, clock: Clock, utility: build.Utility, credit: Credit, work: Work
) -> None:
    version = await in_use(begin, clock, "{{ meter }} credited")
    await credit(utility.esam)
    await work()
    clock.forward(minutes=1)
    await work()
    (message,) = await texts(begin)
    assert message.body == f"{utility.esam.number} credited"
    assert (message.template_id, message.segments, message.cost_e4) == (version, 1, TemplateRules().sms_price_e4)


async def test_a_version_that_fails_loses_no_message_and_staff_are_asked_once(
    begin: Begin, clock: Clock, utility: build.Utility, credit: Credit, work: Work, phone: MemoryChannel
) -> None:
    await in_use(begin, clock, "{{ nothing_of_that_name }}")
    for _ in range(2):
        await credit(utility.esam)
        await work()
        clock.forward(minutes=1)
        await work()
    assert [utility.esam.number in each.body for each in await texts(begin)] == [True, True]
    async with begin() as db:
        assert len((await db.exec(select(Review).where(Review.kind == ReviewKind.TEMPLATE_BROKEN))).all()) == 1


async def in_use(begin: Begin, clock: Clock, body: str) -> object:
    async with begin() as db:
        person = Staff(login="anna", name="Anna", password_hash="-")
        db.add(person)
        await db.flush()
        version = TemplateVersion(
            kind="purchase_credited",
            locale="en",
            channel="sms",
            number=1,
            body=body,
            state=TemplateState.IN_USE,
            written_by=person.id,
            written_at=clock() - timedelta(days=1),
        )
        db.add(version)
        await db.flush()
        return version.id


@pytest.mark.parametrize(
    ("conduct", "became"),
    [
        (Conduct.ARRIVES, MessageState.DELIVERED),
        (Conduct.SILENT, MessageState.UNKNOWN),
        (Conduct.REJECTS, MessageState.FAILED),
    ],
)
async def test_a_rehearsals_carrier_says_what_became_of_a_message(
    begin: Begin, clock: Clock, utility: build.Utility, deps: Deps, tmp_path: Path, conduct: Conduct, became: str
) -> None:
    told = tmp_path / "conduct.json"
    told.write_text(json.dumps({EVERYBODY: conduct}))
    carry = sender(dict.fromkeys(ChannelName, RehearsalChannel(told)))
    plays = {Job.PLAY_DELIVERY: rehearse.play_delivery, Job.SEND_MESSAGE: carry, Job.SEND_BULK: carry}
    work = worker(deps, {Job.ANNOUNCE_ALARM: announce.announce_alarm, **plays})
    await read(begin, utility.esam, 400, clock())
    for _ in range(6):
        await work()
        clock.forward(minutes=2)
    assert {each.state for each in await texts(begin)} == {became}
