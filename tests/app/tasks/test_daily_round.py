"""The daily round: what the concentrator has frozen in bulk, meters one by one only for what is missing."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from sqlmodel import col, select

from app.context import Deps
from app.db import Begin
from app.domain.collection import Terms
from app.models import Alarm, Concentrator, Exchange, Meter, Note, Reading
from app.outbox import Job
from app.services.collection.points import assign_points
from app.services.collection.schemes import Wish, give_scheme, save_scheme
from app.tasks import readings
from app.terminal_words import CollectDay, PointReading, PurchaseInfo, Register
from tests import build
from tests.clocks import Clock
from tests.street import Street
from tests.work import Work, front_end, worker

YESTERDAY = date(2026, 3, 1)
MIDNIGHT = datetime(2026, 3, 1, 16, 0, tzinfo=UTC)  # in Shanghai


def money(point: int, yuan: str | None, day: date = YESTERDAY) -> PointReading:
    return PointReading(point, day, PurchaseInfo(None, 1, Decimal(yuan) if yuan else None, None))


def energy(point: int, kwh: str, day: date = YESTERDAY) -> PointReading:
    return PointReading(point, day, Register(None, Decimal(kwh), ()))


@pytest.fixture
async def utility(begin: Begin, clock: Clock) -> build.Utility:
    """The token meter is point 2, the other one point 3."""
    async with begin() as db:
        made = await build.utility(db, clock())
        meters = {each.number: each for each in await assign_points(db, made.concentrator.id)}
        return build.Utility(
            made.concentrator, made.account, made.contact, meters[made.esam.number], meters[made.sts.number]
        )


@pytest.fixture
def street(utility: build.Utility, clock: Clock) -> Street:
    return Street(clock, {utility.esam.address: 4321, utility.sts.address: 900}, stored={})


@pytest.fixture
def deps(begin: Begin, clock: Clock, street: Street) -> Deps:
    return front_end(begin, clock, street)


@pytest.fixture
def work(deps: Deps) -> Work:
    return worker(deps, {Job.READ_DAILY: readings.read_daily})


async def kept(begin: Begin, meter: Meter) -> dict[tuple[date, str], int]:
    async with begin() as db:
        rows = await db.exec(select(Reading).where(Reading.meter_id == meter.id).order_by(col(Reading.day)))
        return {(row.day, row.kind): row.value for row in rows}


async def meter_of(begin: Begin, meter: Meter) -> Meter:
    async with begin() as db:
        return await db.get_one(Meter, meter.id)


async def earlier(begin: Begin, meter: Meter, day: date, value: int) -> None:
    at = datetime.combine(day, time(1), UTC)
    async with begin() as db:
        db.add(Reading(meter_id=meter.id, day=day, kind="balance", value=value, source="daily", read_at=at))


async def test_what_the_concentrator_has_is_taken_in_bulk_and_no_meter_is_asked(
    begin: Begin, utility: build.Utility, street: Street, deps: Deps, work: Work
) -> None:
    esam, sts = utility.esam.point or 0, utility.sts.point or 0
    street.stored = {YESTERDAY: [money(esam, "43.21"), energy(esam, "100.5"), money(sts, "9"), energy(sts, "7")]}
    await readings.plan_daily(deps)
    await work()
    assert street.commanded == [CollectDay(tuple(sorted((esam, sts))), YESTERDAY)]
    assert (street.asked, street.asked_frozen) == ([], [])
    assert await kept(begin, utility.esam) == {(YESTERDAY, "balance"): 4321, (YESTERDAY, "energy"): 100_500}
    meter = await meter_of(begin, utility.esam)
    assert (meter.balance_minor, meter.balance_read_at, meter.silent_after) == (
        4321,
        MIDNIGHT,
        MIDNIGHT + timedelta(hours=26),
    )
    async with begin() as db:
        frames = list(await db.exec(select(Exchange)))
        assert (await db.exec(select(Note).where(Note.job == Job.READ_DAILY))).one().done_at is not None
    assert [(frame.concentrator_id, frame.meter_id) for frame in frames] == [(utility.concentrator.id, None)]


async def test_only_the_meter_that_the_concentrator_does_not_know_of_is_asked_itself(
    begin: Begin, utility: build.Utility, street: Street, deps: Deps, work: Work
) -> None:
    esam, sts = utility.esam.point or 0, utility.sts.point or 0
    street.stored = {YESTERDAY: [money(esam, "43.21"), energy(esam, "100"), money(sts, None), energy(sts, "7")]}
    await readings.plan_daily(deps)
    await work()
    assert street.asked == [utility.sts.address]
    assert (await meter_of(begin, utility.sts)).balance_minor == 900


async def test_a_frozen_zero_may_hide_an_overdraft_so_the_meter_is_asked(
    begin: Begin, utility: build.Utility, street: Street, deps: Deps, work: Work
) -> None:
    esam, sts = utility.esam.point or 0, utility.sts.point or 0
    street.stored = {YESTERDAY: [money(esam, "0.00"), money(sts, "9")]}
    street.balances[utility.esam.address] = -350
    await readings.plan_daily(deps)
    await work()
    assert street.asked == [utility.esam.address]
    meter = await meter_of(begin, utility.esam)
    assert (meter.balance_minor, meter.alarm_depth, meter.spent_since is not None) == (-350, 3, True)


async def test_a_meter_is_asked_for_its_frozen_day_before_its_figure_of_now(
    begin: Begin, utility: build.Utility, street: Street, deps: Deps, work: Work
) -> None:
    street.stored = {YESTERDAY: [money(utility.sts.point or 0, "9")]}
    street.frozen = {utility.esam.address: {1: {"balance_minor": 4400, "energy_wh": 1000}}}
    await readings.plan_daily(deps)
    await work()
    assert (street.asked_frozen, street.asked) == ([(utility.esam.address, 1)], [])
    assert await kept(begin, utility.esam) == {(YESTERDAY, "balance"): 4400, (YESTERDAY, "energy"): 1000}


async def test_an_overdraft_that_a_meter_froze_is_taken_off(
    begin: Begin, utility: build.Utility, street: Street, deps: Deps, work: Work
) -> None:
    street.frozen = {utility.esam.address: {1: {"frozen_at": "2603020000", "balance_minor": 0, "overdraft_minor": 725}}}
    await readings.plan_daily(deps)
    await work()
    assert (await meter_of(begin, utility.esam)).balance_minor == -725


async def test_a_freeze_of_another_day_is_not_taken_for_yesterdays(
    begin: Begin, utility: build.Utility, street: Street, deps: Deps, work: Work
) -> None:
    street.frozen = {utility.esam.address: {1: {"frozen_at": "2602280000", "balance_minor": 5000}}}
    await readings.plan_daily(deps)
    await work()
    assert await kept(begin, utility.esam) == {(date(2026, 3, 2), "balance"): 4321}  # its figure of now


async def test_a_missing_day_is_filled_later_and_never_moves_the_newer_balance(
    begin: Begin, utility: build.Utility, street: Street, deps: Deps, work: Work
) -> None:
    esam, sts = utility.esam.point or 0, utility.sts.point or 0
    hole = date(2026, 2, 28)
    await earlier(begin, utility.esam, date(2026, 2, 27), 6000)
    street.stored = {
        YESTERDAY: [money(esam, "43.21"), energy(esam, "9"), money(sts, "9"), energy(sts, "7")],
        hole: [money(esam, "50"), energy(esam, "8", hole)],
    }
    street.stored[hole][0] = money(esam, "50", hole)
    await readings.plan_daily(deps)
    await work()
    assert street.commanded[1:] == [CollectDay((esam,), hole)]
    assert (await kept(begin, utility.esam))[hole, "balance"] == 5000
    assert (await meter_of(begin, utility.esam)).balance_minor == 4321
    assert street.asked == []


async def test_a_hole_that_the_concentrator_cannot_fill_is_asked_of_the_meter(
    begin: Begin, utility: build.Utility, street: Street, deps: Deps, work: Work
) -> None:
    esam, sts = utility.esam.point or 0, utility.sts.point or 0
    await earlier(begin, utility.esam, date(2026, 2, 27), 6000)
    street.stored = {YESTERDAY: [money(esam, "43.21"), money(sts, "9")]}
    street.frozen = {utility.esam.address: {2: {"balance_minor": 5100, "energy_wh": 900}}}
    await readings.plan_daily(deps)
    await work()
    assert street.asked_frozen == [(utility.esam.address, 2)]
    assert (await kept(begin, utility.esam))[date(2026, 2, 28), "balance"] == 5100


async def test_an_answer_for_points_or_days_that_nobody_asked_for_is_not_stored(
    begin: Begin, utility: build.Utility, street: Street, deps: Deps, work: Work
) -> None:
    esam = utility.esam.point or 0
    street.talks_too_much = True
    street.stored = {YESTERDAY: [money(77, "5"), money(esam, "1.00", date(2026, 2, 1)), money(esam, "43.21")]}
    await readings.plan_daily(deps)
    await work()
    async with begin() as db:
        stored = [(row.day, row.value) for row in await db.exec(select(Reading).where(Reading.source == "daily"))]
    assert (YESTERDAY, 4321) in stored
    assert date(2026, 2, 1) not in [day for day, _ in stored]


async def test_a_silent_meter_is_asked_last_and_never_twice_in_a_quarter_of_an_hour(
    begin: Begin, utility: build.Utility, street: Street, deps: Deps, work: Work, clock: Clock
) -> None:
    street.silent.add(utility.sts.address)
    await readings.plan_daily(deps)
    await work()
    async with begin() as db:
        note = (await db.exec(select(Note).where(Note.job == Job.READ_DAILY))).one()
        note.due_at = clock()
    await work()
    assert street.asked.count(utility.sts.address) == 1
    async with begin() as db:
        note = (await db.exec(select(Note).where(Note.job == Job.READ_DAILY))).one()
    assert note.last_error == f"not read: {utility.sts.number}"


async def test_a_round_without_a_link_spends_no_try(
    begin: Begin, utility: build.Utility, street: Street, deps: Deps, work: Work
) -> None:
    street.cut = True
    await readings.plan_daily(deps)
    await work()
    async with begin() as db:
        note = (await db.exec(select(Note).where(Note.job == Job.READ_DAILY))).one()
    assert (note.attempts, note.last_error, note.done_at) == (0, "no link", None)


async def test_a_frozen_figure_crosses_a_level_once(
    begin: Begin, utility: build.Utility, street: Street, deps: Deps, work: Work, clock: Clock
) -> None:
    esam, sts = utility.esam.point or 0, utility.sts.point or 0
    for day in (YESTERDAY, YESTERDAY + timedelta(days=1)):
        street.stored = {day: [money(esam, "15.00", day), money(sts, "90", day)]}
        await readings.plan_daily(deps)
        await work()
        clock.forward(days=1)
    async with begin() as db:
        alarms = list(await db.exec(select(Alarm)))
        warned = (await db.exec(select(Note).where(Note.job == Job.ANNOUNCE_ALARM))).all()
        reading = await db.get_one(Reading, alarms[0].reading_id)
    assert [(alarm.meter_id, alarm.depth, alarm.balance_minor) for alarm in alarms] == [(utility.esam.id, 1, 1500)]
    assert (len(warned), reading.day) == (1, YESTERDAY)


async def test_use_a_day_is_learned_from_frozen_days(
    begin: Begin, utility: build.Utility, street: Street, deps: Deps, work: Work, clock: Clock
) -> None:
    esam = utility.esam.point or 0
    for place, yuan in enumerate(("60", "55", "50")):
        day = YESTERDAY + timedelta(days=place)
        street.stored = {day: [money(esam, yuan, day)]}
        await readings.plan_daily(deps)
        await work()
        clock.forward(days=1)
    assert (await meter_of(begin, utility.esam)).daily_use_minor == 500


async def test_a_scheme_says_when_what_and_how_far_back(
    begin: Begin, utility: build.Utility, street: Street, deps: Deps, work: Work, clock: Clock
) -> None:
    late = Terms(daily_from=time(12), energy=False, fill_days=1)
    async with begin() as db:
        scheme = await save_scheme(db, None, Wish("noon", late), None, clock())
        await give_scheme(db, scheme.id, [utility.concentrator.id], None, clock())
    street.stored = {YESTERDAY: [money(utility.esam.point or 0, "43.21"), energy(utility.esam.point or 0, "9")]}
    await readings.plan_daily(deps)
    await work()
    assert street.commanded == []
    clock.forward(hours=3, minutes=1)
    await readings.plan_daily(deps)
    await work()
    assert await kept(begin, utility.esam) == {(YESTERDAY, "balance"): 4321}


async def test_a_scheme_that_is_off_promises_no_round(
    begin: Begin, utility: build.Utility, deps: Deps, clock: Clock
) -> None:
    async with begin() as db:
        await save_scheme(db, None, Wish("nothing", Terms(on=False), usual=True), None, clock())
    await readings.plan_daily(deps)
    async with begin() as db:
        assert (await db.exec(select(Note.id))).all() == []
        assert (await db.exec(select(Concentrator.collection_scheme_id))).one() is None


async def test_energy_of_each_tariff_is_kept_where_the_scheme_wants_it(
    begin: Begin, utility: build.Utility, street: Street, deps: Deps, work: Work, clock: Clock
) -> None:
    esam, sts = utility.esam.point or 0, utility.sts.point or 0
    parts = (Decimal("1.5"), None, Decimal(2), Decimal(0))
    street.stored = {
        YESTERDAY: [PointReading(esam, YESTERDAY, Register(None, Decimal("3.5"), parts)), energy(sts, "7")]
    }
    async with begin() as db:
        await save_scheme(db, None, Wish("T", Terms(money=False, by_tariff=True), usual=True), None, clock())
    await readings.plan_daily(deps)
    await work()
    found = await kept(begin, utility.esam)
    assert found == {
        (YESTERDAY, "energy"): 3_500,
        (YESTERDAY, "energy_1"): 1_500,
        (YESTERDAY, "energy_3"): 2_000,
        (YESTERDAY, "energy_4"): 0,
    }
    assert await kept(begin, utility.sts) == {(YESTERDAY, "energy"): 7_000}
    assert street.asked_frozen == []  # a meter without tariffs is not asked for them again


async def test_a_meter_whose_money_we_hold_is_read_by_its_registers_whatever_the_scheme_says(
    begin: Begin, utility: build.Utility, street: Street, deps: Deps, work: Work, clock: Clock
) -> None:
    async with begin() as db:
        await save_scheme(db, None, Wish("M", Terms(energy=False), usual=True), None, clock())
        (await db.get_one(Meter, utility.esam.id)).fee_control = "remote"
    frozen: dict[str, int | str | None] = {"frozen_at": "2603020000", "energy_wh": 9_000, "balance_minor": None}
    street.frozen[utility.esam.address] = {1: frozen | {"energy_1_wh": 4_000, "energy_2_wh": 5_000}}
    await readings.plan_daily(deps)
    await work()
    found = await kept(begin, utility.esam)
    assert found == {(YESTERDAY, "energy"): 9_000, (YESTERDAY, "energy_1"): 4_000, (YESTERDAY, "energy_2"): 5_000}
    assert utility.esam.address not in street.asked
