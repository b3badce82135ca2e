"""Warnings that are due at once are planned at once, and each as if it were alone."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.context import Deps
from app.db import Begin
from app.domain.alarm import AlarmTone, AlertCycle
from app.domain.announcement import AnnouncementKind
from app.models import Account, Alarm, AlarmPolicy, AlarmPolicyLevel, Contact, Customer, Message, Meter, Note
from app.outbox import Job
from app.services import alarm_news
from app.services.announcements import Draft, Words, publish, restore
from app.tasks import announce
from tests import build
from tests.clocks import Clock
from tests.work import Work, worker

HOMES = 7


@pytest.fixture
def work(deps: Deps) -> Work:
    return worker(deps, {Job.ANNOUNCE_ALARM: announce.announce_alarm})


@pytest.fixture
async def homes(begin: Begin, utility: build.Utility, clock: Clock) -> list[UUID]:
    """Homes that have just gone below level 1; each is promised its warning."""
    async with begin() as db:
        return [await _home(db, utility, number, clock()) for number in range(HOMES)]


async def _home(db: AsyncSession, town: build.Utility, number: int, now: datetime) -> UUID:
    customer = Customer(name=f"Home {number}", address="Lamp Street")
    db.add(customer)
    await db.flush()
    account = Account(
        number=build.numbered(f"2000000{number:02}"), customer_id=customer.id, tariff_id=town.account.tariff_id
    )
    db.add(account)
    await db.flush()
    db.add(Contact(account_id=account.id, channel="sms", address=f"+861380000{number:04}", locale="en"))
    digits = build.numbered(f"209000000{number:02}")
    meter = Meter(
        number=digits,
        address=digits,
        model_id=town.esam.model_id,
        account_id=account.id,
        concentrator_id=town.concentrator.id,
        alarm_depth=1,
    )
    meter.balance_minor, meter.balance_read_at = 1500, now
    db.add(meter)
    await db.flush()
    alarm = Alarm(id=uuid4(), meter_id=meter.id, depth=1, tone=AlarmTone.NOTICE, opened_at=now, balance_minor=1500)
    db.add(alarm)
    await outbox.promise(db, Job.ANNOUNCE_ALARM, alarm.id, now)
    return alarm.id


async def told(begin: Begin) -> list[UUID]:
    """The causes of messages to contacts."""
    async with begin() as db:
        rows = await db.exec(select(Message.cause_id).where(col(Message.contact_id).is_not(None)))
        return sorted(rows)


async def notes(begin: Begin) -> list[Note]:
    async with begin() as db:
        wanted = select(Note).where(Note.job == Job.ANNOUNCE_ALARM, col(Note.done_at).is_(None))
        return list(await db.exec(wanted.order_by(col(Note.id))))


async def first_job(begin: Begin, deps: Deps, clock: Clock) -> None:
    """One job of the queue is run, and no other."""
    async with begin() as db:
        handout = (await outbox.lease(db, clock(), most=1))[0]
    await announce.announce_alarm({"deps": deps}, handout.note_id)


async def test_one_job_tells_all_that_are_due(begin: Begin, homes: list[UUID], deps: Deps, clock: Clock) -> None:
    await first_job(begin, deps, clock)
    assert await told(begin) == sorted(homes)
    assert await notes(begin) == []


async def test_the_other_jobs_find_nothing_left_and_nobody_is_told_twice(
    begin: Begin, homes: list[UUID], work: Work
) -> None:
    await work()
    assert await told(begin) == sorted(homes)


async def test_so_many_at_a_time_and_no_more(
    begin: Begin, homes: list[UUID], deps: Deps, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alarm_news, "MOST", 3)
    await first_job(begin, deps, clock)
    assert (len(await told(begin)), len(await notes(begin))) == (3, HOMES - 3)


async def test_what_another_has_in_hand_is_left_to_it(
    begin: Begin, homes: list[UUID], deps: Deps, clock: Clock
) -> None:
    async with begin() as db:
        taken = (await db.exec(select(Note).order_by(col(Note.id).desc()).limit(1))).one()
        taken.taken_until, taken.attempts = clock() + timedelta(seconds=30), 1
        subject = taken.subject_id
    await first_job(begin, deps, clock)
    assert subject not in await told(begin)
    assert [note.subject_id for note in await notes(begin)] == [subject]


async def test_whoever_is_above_again_or_deeper_is_told_nothing_and_the_others_are(
    begin: Begin, homes: list[UUID], deps: Deps, clock: Clock
) -> None:
    async with begin() as db:
        over = await db.get_one(Alarm, homes[0])
        over.closed_at = clock()
        deeper = await db.get_one(Alarm, homes[1])
        (await db.get_one(Meter, deeper.meter_id)).alarm_depth = 2
    await first_job(begin, deps, clock)
    assert await told(begin) == sorted(homes[2:])
    assert await notes(begin) == []


async def test_inside_an_outage_they_wait_unspent_and_the_others_are_told(
    begin: Begin, homes: list[UUID], utility: build.Utility, deps: Deps, clock: Clock, work: Work
) -> None:
    now = clock()
    async with begin() as db:
        words = Words("停电", "Outage")
        draft = Draft(AnnouncementKind.UNPLANNED, utility.concentrator.node_id, now, now + timedelta(hours=1), words)
        outage = await publish(db, draft, now)
    await first_job(begin, deps, clock)
    assert await told(begin) == []
    assert {(note.attempts, note.due_at) for note in await notes(begin)} == {(0, now + timedelta(minutes=15))}
    async with begin() as db:
        await restore(db, outage.id, clock())
    clock.forward(minutes=16)
    await work()
    assert await told(begin) == sorted(homes)


async def test_a_daily_cycle_is_promised_again_for_each(
    begin: Begin, homes: list[UUID], utility: build.Utility, deps: Deps, clock: Clock
) -> None:
    async with begin() as db:
        policy = AlarmPolicy(id=uuid4(), name="daily", usual=True, margin_minor=0)
        db.add(policy)
        await db.flush()
        level = AlarmPolicyLevel(policy_id=policy.id, depth=1, tone="notice", unit="money", value=2000, on=True)
        level.cycle, level.hour = AlertCycle.DAILY, 9
        db.add(level)
    await first_job(begin, deps, clock)
    assert len(await told(begin)) == HOMES
    again = await notes(begin)
    assert sorted(note.subject_id for note in again) == sorted(homes)
    assert all(note.due_at > clock() for note in again)


async def test_one_whose_episode_is_gone_keeps_no_other_back(
    begin: Begin, homes: list[UUID], work: Work, clock: Clock
) -> None:
    async with begin() as db:
        await outbox.promise(db, Job.ANNOUNCE_ALARM, uuid4(), clock() - timedelta(hours=1))
    await work()
    assert await told(begin) == sorted(homes)
    assert await notes(begin) == []
