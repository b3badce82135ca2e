"""Levels for many accounts: what is applied is what was looked at, or nothing (SPEC N-1, B-6)."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import col, select

from app.context import Deps
from app.db import Begin
from app.domain.alarm import AlertUnit
from app.domain.level_change import ChangeKind, ChangeState, SetLevel, Used, average, from_use
from app.models import (
    Account,
    AccountLevel,
    Alarm,
    AlarmPolicy,
    AlarmPolicyLevel,
    AlertRule,
    LevelChange,
    LevelChangeItem,
    Meter,
    Staff,
)
from app.outbox import Job
from app.services.customer_filter import CustomerFilter
from app.services.levels import changes, draft
from app.services.levels.changes import ChangeError
from app.services.levels.wish import ChangeWish, Whom, as_json, from_json
from app.settings import Settings
from app.tasks.levels import step_levels
from tests import build
from tests.clocks import Clock
from tests.fakes import SilentBell
from tests.notifier import stories
from tests.work import Work, worker

FIVE_DAYS = SetLevel(1, AlertUnit.DAYS, 5, least_minor=1_000)
TWO_DAYS = SetLevel(2, AlertUnit.DAYS, 2, least_minor=300)
FROM_USE = ChangeWish(ChangeKind.USE, Whom(), levels=(FIVE_DAYS, TWO_DAYS), days=7)


def figures(used_minor: int, days: float, credited_minor: int = 0) -> Used:
    at = Clock()()
    return Used(at, 10_000, at + timedelta(days=days), 10_000 - used_minor + credited_minor, credited_minor)


def test_an_average_needs_half_of_its_period() -> None:
    week = timedelta(days=7)
    assert average(figures(700, 7), week) == 100
    assert average(figures(700, 7, credited_minor=5_000), week) == 100
    assert average(figures(300, 3), week) is None
    assert average(figures(-1, 7), week) is None
    assert average(None, week) is None


def test_a_threshold_is_in_whole_units_and_never_under_the_least() -> None:
    assert from_use(101, FIVE_DAYS) == 1_000
    assert from_use(333, FIVE_DAYS) == 1_700


@given(st.integers(0, 10**7), st.integers(0, 365), st.integers(0, 10**6))
def test_a_threshold_lasts_for_its_days(used: int, days: int, least: int) -> None:
    found = from_use(used, SetLevel(1, AlertUnit.DAYS, days, least_minor=least))
    assert found >= max(used * days, least)
    assert found < max(used * days + 100, least + 1)


def test_what_was_asked_is_read_back_as_it_was() -> None:
    whom = Whom(CustomerFilter(owing=True, balance_to_minor=500), by_policy=True, numbers=("1", "2"))
    wish = ChangeWish(ChangeKind.USE, whom, levels=(FIVE_DAYS,))
    assert from_json(as_json(wish)) == wish


@pytest.fixture
def work(begin: Begin, clock: Clock) -> Work:
    return worker(Deps(begin, SilentBell(), clock, Settings(), name="test"), {Job.STEP_LEVELS: step_levels})


Drafted = Callable[[ChangeWish], Awaitable[UUID]]


@pytest.fixture
def drafted(begin: Begin, clock: Clock) -> Drafted:
    async def run(wish: ChangeWish) -> UUID:
        async with begin() as db:
            return (await changes.begin(db, wish, None, clock())).id

    return run


async def item_of(begin: Begin) -> LevelChangeItem:
    async with begin() as db:
        return (await db.exec(select(LevelChangeItem))).one()


async def used_up(begin: Begin, meter: Meter, clock: Clock) -> None:
    """Eight daily figures, ten yuan a day."""
    for balance in range(12_000, 4_000, -1_000):
        await stories.read(begin, meter, balance, clock.forward(days=1))


async def apply(begin: Begin, change_id: UUID, staff_id: UUID, clock: Clock) -> None:
    async with begin() as db:
        await changes.apply(db, change_id, staff_id, clock())


@pytest.fixture
async def staff_id(begin: Begin) -> UUID:
    async with begin() as db:
        officer = Staff(login="wang", name="Wang", password_hash="x")
        db.add(officer)
    return officer.id


async def test_levels_from_use_are_previewed_and_then_set(
    begin: Begin, utility: build.Utility, clock: Clock, drafted: Drafted, work: Work, staff_id: UUID
) -> None:
    await used_up(begin, utility.esam, clock)
    change_id = await drafted(FROM_USE)
    item = await item_of(begin)
    assert (item.average_minor, item.olds, item.news, item.kept) == (1_000, [2_000, 500, 0], [5_000, 2_000, 0], "")
    assert (item.depth_before, item.depth_after) == (0, 0)

    await apply(begin, change_id, staff_id, clock)
    await work()
    async with begin() as db:
        rows = await db.exec(select(AccountLevel).order_by(col(AccountLevel.depth)))
        assert [(row.depth, row.unit, row.value) for row in rows] == [(1, "money", 5_000), (2, "money", 2_000)]
        assert (await db.get_one(LevelChange, change_id)).state == ChangeState.APPLIED
        assert (await changes.count(db, change_id)).applied == 1


async def test_where_data_is_missing_an_account_is_kept(
    begin: Begin, utility: build.Utility, clock: Clock, drafted: Drafted, staff_id: UUID
) -> None:
    await stories.read(begin, utility.esam, 5_000, clock())
    change_id = await drafted(FROM_USE)
    item = await item_of(begin)
    assert (item.kept, item.olds == item.news) == ("no_data", True)
    async with begin() as db:
        assert (await changes.count(db, change_id)).no_data == 1
    with pytest.raises(ChangeError, match="nothing_changes"):
        await apply(begin, change_id, staff_id, clock)


async def test_a_preview_that_somebody_overtook_is_refused(
    begin: Begin, utility: build.Utility, clock: Clock, drafted: Drafted, staff_id: UUID
) -> None:
    wish = ChangeWish(ChangeKind.LEVELS, Whom(), levels=(SetLevel(1, AlertUnit.MONEY, 9_000),))
    overtaken, grown_old = await drafted(wish), await drafted(wish)
    async with begin() as db:
        db.add(AccountLevel(account_id=utility.account.id, depth=2, value=300))
    with pytest.raises(ChangeError, match="preview_stale"):
        await apply(begin, overtaken, staff_id, clock)
    clock.forward(hours=25)
    with pytest.raises(ChangeError, match="preview_stale"):
        await apply(begin, grown_old, staff_id, clock)
    fresh = await drafted(wish)
    async with begin() as db:
        db.add(AlarmPolicy(name="Farms"))
    with pytest.raises(ChangeError, match="preview_stale"):
        await apply(begin, fresh, staff_id, clock)


async def test_another_policy_lets_own_levels_go_and_raises_who_stands_below(
    begin: Begin, utility: build.Utility, clock: Clock, drafted: Drafted, work: Work, staff_id: UUID
) -> None:
    await stories.read(begin, utility.esam, 5_000, clock())
    async with begin() as db:
        db.add(AccountLevel(account_id=utility.account.id, depth=1, value=300))
        db.add(AlertRule(meter_id=utility.sts.id, figures=[100]))
        policy = AlarmPolicy(name="Farms")
        db.add(policy)
        await db.flush()
        db.add(AlarmPolicyLevel(policy_id=policy.id, depth=1, value=8_000))
    change_id = await drafted(ChangeWish(ChangeKind.POLICY, Whom(by_policy=True), policy_id=policy.id))
    async with begin() as db:
        assert (await changes.count(db, change_id)).raised == 1
    await apply(begin, change_id, staff_id, clock)
    await work()
    async with begin() as db:
        assert (await db.get_one(Account, utility.account.id)).alarm_policy_id == policy.id
        assert list(await db.exec(select(AccountLevel))) == []
        assert [(a.meter_id, a.depth) for a in await db.exec(select(Alarm))] == [(utility.esam.id, 1)]


async def test_a_large_change_is_drafted_and_applied_slice_by_slice(
    begin: Begin,
    utility: build.Utility,
    clock: Clock,
    drafted: Drafted,
    work: Work,
    staff_id: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in (draft, changes):
        monkeypatch.setattr(module, "SLICE", 1)
    async with begin() as db:
        number, known = build.numbered("100000002"), utility.account
        other = Account(number=number, customer_id=known.customer_id, tariff_id=known.tariff_id)
        db.add(other)
        await db.flush()
        (await db.get_one(Meter, utility.sts.id)).account_id = other.id
    change_id = await drafted(ChangeWish(ChangeKind.LEVELS, Whom(), levels=(SetLevel(1, AlertUnit.MONEY, 9_000),)))
    with pytest.raises(ChangeError, match="preview_unfinished"):
        await apply(begin, change_id, staff_id, clock)
    await work()
    await apply(begin, change_id, staff_id, clock)
    await work()
    async with begin() as db:
        assert (await changes.count(db, change_id)).applied == 2
        assert len(list(await db.exec(select(AccountLevel)))) == 2


async def test_what_was_stopped_goes_no_further(
    begin: Begin, utility: build.Utility, clock: Clock, drafted: Drafted, work: Work, staff_id: UUID
) -> None:
    change_id = await drafted(ChangeWish(ChangeKind.LEVELS, Whom(), levels=(SetLevel(1, AlertUnit.MONEY, 9_000),)))
    await apply(begin, change_id, staff_id, clock)
    async with begin() as db:
        await changes.stop(db, change_id, staff_id, clock())
    await work()
    async with begin() as db:
        assert list(await db.exec(select(AccountLevel))) == []
