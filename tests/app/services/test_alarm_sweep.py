"""The sweep comes to what the rule comes to meter by meter, and tells of it once."""

from datetime import datetime

import pytest
from sqlmodel import col, select

from app.context import Deps
from app.db import Begin
from app.domain.alarm import AlarmTone
from app.domain.notice import MessageKind
from app.domain.suppression import SuppressionReason, SuppressionScope
from app.models import (
    Account,
    AccountLevel,
    Alarm,
    AlarmPolicy,
    AlarmPolicyLevel,
    AlertRule,
    Contact,
    Message,
    Meter,
    Note,
)
from app.models.account import ChannelName
from app.outbox import Job
from app.services import plans, suppressions
from app.services.plans import News
from app.services.plans_bulk import plan_many
from app.tasks.alarms import sweep
from tests import build
from tests.clocks import Clock


async def carried_in(begin: Begin, meter: Meter, balance_minor: int, at: datetime, use: int | None = None) -> None:
    """A balance that came without a reading of its own."""
    async with begin() as db:
        row = await db.get_one(Meter, meter.id)
        row.balance_minor, row.balance_read_at, row.daily_use_minor = balance_minor, at, use


async def stands(begin: Begin, meter: Meter) -> tuple[int, list[tuple[int, str, bool]]]:
    """The meter's depth, and its episodes: depth, tone, still open."""
    async with begin() as db:
        rows = await db.exec(select(Alarm).where(Alarm.meter_id == meter.id).order_by(col(Alarm.depth)))
        return (await db.get_one(Meter, meter.id)).alarm_depth, [(a.depth, a.tone, a.closed_at is None) for a in rows]


async def told(begin: Begin) -> list[tuple[str, str]]:
    """Kind and medium of every message."""
    async with begin() as db:
        return sorted((each.kind, each.channel) for each in await db.exec(select(Message)))


async def test_a_balance_that_came_without_a_reading_is_told_once(
    begin: Begin, deps: Deps, utility: build.Utility, clock: Clock
) -> None:
    await carried_in(begin, utility.esam, 300, clock())
    first, second = await sweep(deps), await sweep(deps)
    assert (first.moved, first.opened, first.messages, second.moved) == (1, 1, 1, 0)
    assert await stands(begin, utility.esam) == (2, [(2, AlarmTone.URGENT, True)])
    assert await told(begin) == [("alarm_b", "inbox"), ("alarm_b", "sms")]
    async with begin() as db:
        notes = list(await db.exec(select(Note.job)))
    assert notes == [Job.SEND_BULK] * 2


async def test_what_rose_above_the_margin_is_over_and_nobody_hears_of_it(
    begin: Begin, deps: Deps, utility: build.Utility, clock: Clock
) -> None:
    for balance in (300, 2050, 2100):
        await carried_in(begin, utility.esam, balance, clock.forward(hours=1))
        await sweep(deps)
    assert await stands(begin, utility.esam) == (0, [(2, AlarmTone.URGENT, False)])
    assert len(await told(begin)) == 2


async def test_arrears_alone_are_told(begin: Begin, deps: Deps, utility: build.Utility, clock: Clock) -> None:
    await carried_in(begin, utility.esam, 9_000, clock())
    async with begin() as db:
        (await db.get_one(Account, utility.account.id)).arrears_minor = 100
    await sweep(deps)
    assert await stands(begin, utility.esam) == (3, [(3, AlarmTone.OWING, True)])
    assert ("alarm_owing", "sms") in await told(begin)


async def add_policy(begin: Begin, utility: build.Utility, unit: str, value: int, cycle: str = "once") -> None:
    async with begin() as db:
        policy = AlarmPolicy(name="Farms", margin_minor=0)
        db.add(policy)
        await db.flush()
        db.add(AlarmPolicyLevel(policy_id=policy.id, depth=1, unit=unit, value=value, cycle=cycle))
        (await db.get_one(Account, utility.account.id)).alarm_policy_id = policy.id


@pytest.mark.parametrize(("use", "depth"), [(1_000, 1), (100, 0), (None, 0), (0, 0)])
async def test_days_of_an_accounts_own_policy_are_held_against_its_use(
    begin: Begin, deps: Deps, utility: build.Utility, clock: Clock, use: int | None, depth: int
) -> None:
    await add_policy(begin, utility, "days", 4)
    await carried_in(begin, utility.esam, 3_000, clock(), use)
    await sweep(deps)
    assert (await stands(begin, utility.esam))[0] == depth


async def test_what_staff_or_holders_set_goes_before_the_policy(
    begin: Begin, deps: Deps, utility: build.Utility, clock: Clock
) -> None:
    async with begin() as db:
        db.add(AccountLevel(account_id=utility.account.id, depth=1, value=8_000))
        db.add(AlertRule(meter_id=utility.sts.id, figures=[100], cycle="daily"))
    for meter in (utility.esam, utility.sts):
        await carried_in(begin, meter, 5_000, clock())
    await sweep(deps)
    assert (await stands(begin, utility.esam))[0] == 1
    assert (await stands(begin, utility.sts))[0] == 0
    await carried_in(begin, utility.sts, 50, clock.forward(hours=1))
    await sweep(deps)
    async with begin() as db:
        notes = list(await db.exec(select(Note.job).where(Note.job == Job.ANNOUNCE_ALARM)))
    assert len(notes) == 1  # again tomorrow


async def test_a_level_whose_cycle_is_none_opens_its_episode_in_silence(
    begin: Begin, deps: Deps, utility: build.Utility, clock: Clock
) -> None:
    await add_policy(begin, utility, "money", 1_000, "none")
    await carried_in(begin, utility.esam, 5, clock())
    await sweep(deps)
    assert (await stands(begin, utility.esam))[0] == 1
    assert await told(begin) == []


def written(message: Message) -> dict[str, object]:
    return message.model_dump(exclude={"id"})


async def test_planned_in_bulk_is_planned_one_by_one(begin: Begin, utility: build.Utility, clock: Clock) -> None:
    news = News(MessageKind.ALARM_B, utility.account.id, utility.esam.id, "once")
    rows = []
    for plan in (lambda db: plans.tell_all(db, [news], clock()), lambda db: plan_many(db, [news], clock())):
        async with begin() as db:
            await plan(db)
            await db.flush()
            found = list(await db.exec(select(Message).order_by(col(Message.channel))))
            notes = list(await db.exec(select(Note)))
            rows.append(([written(each) for each in found], [(n.job, n.due_at, n.importance) for n in notes]))
            await db.rollback()
    assert rows[0] == rows[1]
    assert len(rows[0][0]) == 2


async def test_who_said_stop_or_has_had_enough_is_left_alone_in_bulk_too(
    begin: Begin, deps: Deps, utility: build.Utility, clock: Clock
) -> None:
    async with begin() as db:
        left = suppressions.Entry(
            ChannelName.SMS, utility.contact.address, SuppressionScope.REMINDERS, SuppressionReason.STOP_WORD
        )
        await suppressions.add(db, left, clock())
        stopped = Contact(account_id=utility.account.id, channel="email", address="a@example.com", position=1)
        stopped.stopped_at = clock()
        db.add(stopped)
    await carried_in(begin, utility.esam, 300, clock())
    assert (await sweep(deps)).messages == 0
    assert await told(begin) == [("alarm_b", "inbox")]
