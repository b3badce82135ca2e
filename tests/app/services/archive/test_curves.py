"""Curves of master meters: asked for in the daily round, kept, filled later, and shown as a table."""

from dataclasses import dataclass, field
from datetime import date
from uuid import uuid4

import pytest
from sqlmodel import select

from app.context import Deps
from app.db import Begin
from app.domain.archive import Hanging, Line
from app.domain.collection import Terms
from app.domain.curve import Quantity
from app.models import Curve, MasterMeter, Note
from app.outbox import Job
from app.ports import Place, Readings, Refused, TerminalOrder, Trace, Unknown, Unreachable
from app.services.archive import curves, masters
from app.services.archive.masters import MasterWish
from app.services.collection.schemes import Wish, save_scheme
from app.tasks import readings
from app.terminal_words import CollectCurves, PointCurve
from tests import build
from tests.clocks import Clock
from tests.street import Street
from tests.work import Work, front_end, worker

YESTERDAY = date(2026, 3, 1)
WHOLE = tuple(range(24))


@dataclass
class Area(Street):
    """A concentrator with a master meter. `curves`: what it has, by day and quantity; `breaks`: after so many asks."""

    curves: dict[tuple[date, str], tuple[int | None, ...]] = field(default_factory=dict)
    drawn: list[CollectCurves] = field(default_factory=list)
    breaks: int = 99

    async def command(self, place: Place, order: TerminalOrder, trace: Trace) -> Readings | Refused | Unknown:
        if not isinstance(order, CollectCurves):
            return await Street.command(self, place, order, trace)
        if len(self.drawn) >= self.breaks:
            raise Unreachable("no_reply")
        self.drawn.append(order)
        found = [
            PointCurve(order.point, each, self.curves[order.day, each])
            for each in order.quantities
            if (order.day, each) in self.curves
        ]
        stranger = PointCurve(999, Quantity.POWER_W, WHOLE)
        return Readings({}, curves=(*found, stranger))


@pytest.fixture
async def utility(begin: Begin, clock: Clock) -> build.Utility:
    async with begin() as db:
        made = await build.utility(db, clock())
        hanging = Hanging("999900000001", Line.RS485, 2)
        master = await masters.add_master(db, made.concentrator.id, MasterWish("M", hanging), None, clock())
        master.held_at = clock()
        await save_scheme(db, None, Wish("C", Terms(curve_min=60, fill_days=2), usual=True), None, clock())
        return made


@pytest.fixture
def area(utility: build.Utility, clock: Clock) -> Area:
    return Area(clock, {utility.esam.address: 4321, utility.sts.address: 900}, stored={})


@pytest.fixture
def deps(begin: Begin, clock: Clock, area: Area) -> Deps:
    return front_end(begin, clock, area)


@pytest.fixture
def work(deps: Deps) -> Work:
    return worker(deps, {Job.READ_DAILY: readings.read_daily})


async def kept(begin: Begin) -> dict[tuple[date, str], list[int | None]]:
    async with begin() as db:
        return {(row.day, row.quantity): row.values for row in await db.exec(select(Curve))}


async def test_a_day_is_drawn_once_and_its_holes_are_filled_the_next_day(
    begin: Begin, area: Area, deps: Deps, work: Work, clock: Clock
) -> None:
    area.curves = {(YESTERDAY, each): WHOLE for each in Quantity}
    area.curves[YESTERDAY, Quantity.POWER_W] = (None, *WHOLE[1:])
    await readings.plan_daily(deps)
    await work()
    assert [(order.day, order.minutes, len(order.quantities)) for order in area.drawn] == [
        (YESTERDAY, 60, 8),
        (date(2026, 2, 28), 60, 8),
    ]
    found = await kept(begin)
    assert len(found) == 8
    assert found[YESTERDAY, Quantity.POWER_W][0] is None

    area.drawn.clear()
    area.curves[YESTERDAY, Quantity.POWER_W] = (7, *[None] * 23)  # it has lost the rest meanwhile
    clock.forward(days=1)
    await readings.plan_daily(deps)
    await work()
    assert area.drawn[1].quantities == (Quantity.POWER_W,)
    assert (await kept(begin))[YESTERDAY, Quantity.POWER_W] == [7, *WHOLE[1:]]


async def test_a_concentrator_that_falls_silent_over_curves_keeps_its_round(
    begin: Begin, area: Area, deps: Deps, work: Work
) -> None:
    area.breaks = 0
    await readings.plan_daily(deps)
    await work()
    async with begin() as db:
        notes = list(await db.exec(select(Note).where(Note.job == Job.READ_DAILY)))
    assert [note.done_at is not None for note in notes] == [True]
    assert await kept(begin) == {}


async def test_a_master_meter_that_is_not_there_yet_is_not_asked(
    begin: Begin, area: Area, deps: Deps, work: Work
) -> None:
    async with begin() as db:
        (await db.exec(select(MasterMeter))).one().held_at = None
    await readings.plan_daily(deps)
    await work()
    assert area.drawn == []


def test_a_day_is_a_table_by_moments_of_the_densest_curve() -> None:
    master = uuid4()
    rows = [
        Curve(master_id=master, quantity=Quantity.POWER_W, day=YESTERDAY, minutes=60, values=[1500, None]),
        Curve(master_id=master, quantity=Quantity.VOLTAGE_A_DV, day=YESTERDAY, minutes=30, values=[2301, 2302]),
    ]
    table = curves.table(rows)
    assert len(table) == 48
    assert (table[0].at, table[0].values) == ("00:00", {"power_w": "1500", "voltage_a_dv": "230.1"})
    assert (table[1].at, table[1].values) == ("00:30", {"voltage_a_dv": "230.2"})
    assert curves.table([]) == []
