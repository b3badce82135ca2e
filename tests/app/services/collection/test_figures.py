"""A day of many meters is stored at once: what moves with each day stays in its page, and touches no index."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import Begin
from app.domain.wallet import Figure, ReadingKind, daily_use
from app.models import Alarm, AlertRule, Meter, Note, Reading
from app.outbox import Job
from app.services.collection.figures import DayFigure, store
from tests import build
from tests.app.services.fees.test_charging_many import counted
from tests.clocks import Clock


async def street(begin: Begin, like: Meter, houses: int) -> list[UUID]:
    """Meters of one concentrator, added at once as an archive adds them."""
    made = []
    async with begin() as db:
        for house in range(houses):
            own = {"id": uuid4(), "number": f"7{house:011}", "address": f"7{house:011}", "point": None}
            db.add(Meter(**like.model_dump() | own))
            made.append(own["id"])
    return [each for each in made if isinstance(each, UUID)]


def day_of(meters: list[UUID], clock: Clock, balance_minor: int) -> list[DayFigure]:
    at, day = clock(), clock().date()
    kinds = ((ReadingKind.BALANCE, balance_minor), (ReadingKind.ENERGY, 5_000))
    return [DayFigure(meter_id, day, kind, value, at) for meter_id in meters for kind, value in kinds]


_CHANGED = text(
    """
    select pg_stat_get_xact_tuples_updated('meter'::regclass) as all_,
           pg_stat_get_xact_tuples_hot_updated('meter'::regclass) as in_page
    """
)


async def changed(db: AsyncSession) -> tuple[int, int]:
    """How many rows of meters this connection has changed lately, and how many of them without leaving their page."""
    row = (await db.execute(_CHANGED)).one()
    return row.all_, row.in_page


async def test_a_day_of_a_concentrators_meters_changes_no_index(
    begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    meters, found = await street(begin, utility.esam, 120), []
    for balance in (9_000, 8_500, 8_000, 7_500):
        clock.forward(days=1)
        async with begin() as db:
            before = await changed(db)
            assert await store(db, day_of(meters, clock, balance)) == 120
            after = await changed(db)
        found.append((after[0] - before[0], after[1] - before[1]))
    assert found[2:] == [(120, 120)] * 2  # the first days add what was never known, and a row that grows may move
    async with begin() as db:
        meter = await db.get_one(Meter, meters[0])
    assert (meter.balance_minor, meter.daily_use_minor) == (7_500, 500)
    assert meter.silent_after == clock() + timedelta(hours=26)


async def stored(begin: Begin, figures: list[DayFigure]) -> int:
    async with begin() as db:
        return await store(db, figures)


def balance(meter_id: UUID, value: int, at: datetime) -> DayFigure:
    return DayFigure(meter_id, (at - timedelta(seconds=1)).date(), ReadingKind.BALANCE, value, at)


async def test_two_hundred_meters_take_as_many_statements_as_one_hundred(
    begin: Begin, utility: build.Utility, clock: Clock, open_database: AsyncEngine
) -> None:
    meters = await street(begin, utility.esam, 200)
    with counted(open_database) as of_some:
        await stored(begin, day_of(meters[:100], clock, 9_000))
    clock.forward(days=1)
    with counted(open_database) as of_all:
        await stored(begin, day_of(meters, clock, 8_900))
    assert len(of_all) == len(of_some)


async def test_figures_of_which_some_are_there_replace_what_is_older_alone(
    begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    meters = await street(begin, utility.esam, 120)
    await stored(begin, day_of(meters[:10], clock, 9_000))
    newer = [each._replace(value=7, read_at=clock() + timedelta(hours=1)) for each in day_of(meters[:2], clock, 1)]
    await stored(begin, newer)
    assert await stored(begin, day_of(meters, clock, 8_000)) == 118
    async with begin() as db:
        rows = await db.exec(select(Reading).where(Reading.kind == ReadingKind.BALANCE))
        kept = {each.meter_id: each.value for each in rows}
    assert kept == dict.fromkeys(meters[:2], 7) | dict.fromkeys(meters[2:], 8_000)


async def test_of_many_only_those_who_cross_a_level_are_alarmed_by_the_reading_that_did_it(
    begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    meters = await street(begin, utility.esam, 30)
    low, own = meters[7], meters[11]
    async with begin() as db:
        db.add(AlertRule(meter_id=own, unit="money", figures=[10_000], cycle="once", hour=9))
    figures = [*day_of(meters, clock, 9_000), *day_of([low], clock, 400)]
    assert await stored(begin, figures) == 30
    async with begin() as db:
        alarms = {each.meter_id: each for each in await db.exec(select(Alarm))}
        readings = {each.id: each for each in await db.exec(select(Reading))}
        notes = list(await db.exec(select(Note.subject_id).where(Note.job == Job.ANNOUNCE_ALARM)))
    assert {meter_id: (each.depth, each.balance_minor) for meter_id, each in alarms.items()} == {
        low: (2, 400),
        own: (1, 9_000),
    }
    caused = {meter_id: readings[each.reading_id] for meter_id, each in alarms.items() if each.reading_id}
    assert {meter_id: each.meter_id for meter_id, each in caused.items()} == {low: low, own: own}
    assert sorted(notes) == sorted(each.id for each in alarms.values())


async def test_what_is_used_a_day_is_what_the_rule_says(begin: Begin, utility: build.Utility, clock: Clock) -> None:
    cases = [(hours, used) for hours in (19, 20, 24, 36, 48, 71, 191, 192) for used in (-1, 0, 1, 333, 1_001)]
    meters, last = await street(begin, utility.esam, len(cases)), clock.forward(days=9)
    figures, expected = [], {}
    for meter_id, (hours, used) in zip(meters, cases, strict=True):
        first = last - timedelta(hours=hours)
        before = DayFigure(meter_id, last.date() - timedelta(days=8), ReadingKind.BALANCE, 9_000, first)
        figures += [before, balance(meter_id, 9_000 - used, last)]
        within = hours < 192  # a week and the figure before it
        expected[meter_id] = daily_use(Figure(first, 9_000), Figure(last, 9_000 - used), 0) if within else None
    await stored(begin, figures)
    async with begin() as db:
        rows = await db.exec(select(Meter).where(col(Meter.id).in_(meters)))
        assert {each.id: each.daily_use_minor for each in rows} == expected


async def test_a_hole_that_is_filled_later_moves_no_meter(begin: Begin, utility: build.Utility, clock: Clock) -> None:
    meter_id, before = utility.esam.id, clock()
    now = clock.forward(days=1)
    assert await stored(begin, [balance(meter_id, 8_000, now)]) == 1
    assert await stored(begin, [balance(meter_id, 300, before)]) == 0
    async with begin() as db:
        meter = await db.get_one(Meter, meter_id)
        kept = list(await db.exec(select(Reading.value).order_by(col(Reading.day))))
    assert (meter.balance_minor, meter.balance_read_at, meter.alarm_depth) == (8_000, now, 0)
    assert kept == [300, 8_000]


async def test_ids_of_readings_ascend_with_their_days(begin: Begin, utility: build.Utility, clock: Clock) -> None:
    meters = await street(begin, utility.esam, 20)
    for _ in range(3):
        clock.forward(days=1)
        await stored(begin, day_of(meters, clock, 9_000))
    async with begin() as db:
        rows = list(await db.exec(select(Reading).order_by(col(Reading.id))))
    days = [each.day for each in rows]
    assert (days, {each.id.version for each in rows}) == (sorted(days), {7})


async def test_a_figure_of_a_meter_that_is_not_known_is_refused(begin: Begin, clock: Clock) -> None:
    with pytest.raises(LookupError):
        await stored(begin, [balance(uuid4(), 1, clock())])


async def test_a_meter_that_has_readings_is_never_deleted(begin: Begin, utility: build.Utility, clock: Clock) -> None:
    (read, new) = await street(begin, utility.esam, 2)
    await stored(begin, day_of([read], clock, 9_000))
    async with begin() as db:
        await db.delete(await db.get_one(Meter, new))
    with pytest.raises(IntegrityError):
        async with begin() as db:
            await db.delete(await db.get_one(Meter, read))


_NUMBERS = ["1" * 10, "1" * 13, "", "1234567890x", "x2345678901", " 12345678901", "١٢٣٤٥٦٧٨٩٠١٢", "12345678901\n"]


async def test_a_number_or_address_that_is_not_of_digits_is_refused(begin: Begin, utility: build.Utility) -> None:
    for name in ("number", "address"):
        for wrong in _NUMBERS:
            with pytest.raises(IntegrityError):
                async with begin() as db:
                    setattr(await db.get_one(Meter, utility.esam.id), name, wrong)
