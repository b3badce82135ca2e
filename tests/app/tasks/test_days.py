"""Several concentrators' days are kept in one transaction, and none of them depends on another."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.context import Deps
from app.db import Begin
from app.domain.wallet import ReadingKind
from app.models import Exchange, Meter, Reading
from app.ports import FrameRecord
from app.services.collection.figures import DayFigure
from app.services.exchanges import About
from app.settings import Settings
from app.tasks import days
from app.tasks.days import Told
from tests import build
from tests.app.services.collection.test_figures import street
from tests.clocks import Clock
from tests.fakes import SilentBell


@dataclass(eq=False)
class Gate:
    """Transactions that begin one after the other are counted; while it is closed, none of them commits."""

    begin: Begin
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    opened: asyncio.Event = field(default_factory=asyncio.Event)
    count: int = 0

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[AsyncSession]:
        self.count += 1
        self.begun.set()
        async with self.begin() as db:
            yield db
            await self.opened.wait()


@pytest.fixture
def gate(begin: Begin) -> Gate:
    return Gate(begin)


@pytest.fixture
def deps(gate: Gate, clock: Clock) -> Deps:
    return Deps(gate, SilentBell(), clock, Settings(), name="frontend:north")


def told(meter_id: UUID, clock: Clock, balance_minor: int = 9_000) -> Told:
    figure = DayFigure(meter_id, clock().date(), ReadingKind.BALANCE, balance_minor, clock())
    return Told([figure], [FrameRecord(clock(), "out", "68", "")], About("read_daily", None))


async def balances(begin: Begin, meters: list[UUID]) -> list[int | None]:
    async with begin() as db:
        found = {each.id: each.balance_minor for each in await db.exec(select(Meter).where(col(Meter.id).in_(meters)))}
    return [found[each] for each in meters]


async def test_what_comes_while_others_are_written_goes_together(
    begin: Begin, utility: build.Utility, deps: Deps, gate: Gate, clock: Clock
) -> None:
    meters = await street(begin, utility.esam, 20)
    async with asyncio.TaskGroup() as all_:
        for meter_id in meters:
            all_.create_task(days.keep(deps, told(meter_id, clock)))
        await asyncio.sleep(0)
        gate.opened.set()
    assert await balances(begin, meters) == [9_000] * 20
    assert gate.count < 5
    async with begin() as db:
        kept = await db.exec(select(func.count()).select_from(Exchange))
        assert (kept.one(), len(list(await db.exec(select(Reading))))) == (20, 20)


async def test_nobody_is_told_before_the_commit(
    begin: Begin, utility: build.Utility, deps: Deps, gate: Gate, clock: Clock
) -> None:
    kept = asyncio.create_task(days.keep(deps, told(utility.esam.id, clock)))
    await gate.begun.wait()
    assert not kept.done()
    gate.opened.set()
    await kept
    assert await balances(begin, [utility.esam.id]) == [9_000]


async def test_one_that_cannot_be_kept_hinders_no_other_and_hears_why(
    begin: Begin, utility: build.Utility, deps: Deps, gate: Gate, clock: Clock
) -> None:
    gate.opened.set()
    meters = await street(begin, utility.esam, 6)
    wanted = [*meters[:3], uuid4(), *meters[3:]]
    said = await asyncio.gather(*(days.keep(deps, told(each, clock)) for each in wanted), return_exceptions=True)
    assert [type(each) for each in said] == [type(None)] * 3 + [LookupError] + [type(None)] * 3
    assert await balances(begin, meters) == [9_000] * 6


async def test_whoever_is_called_off_leaves_the_others_and_the_next_their_turn(
    begin: Begin, utility: build.Utility, deps: Deps, gate: Gate, clock: Clock
) -> None:
    meters = await street(begin, utility.esam, 3)
    asked = [asyncio.create_task(days.keep(deps, told(each, clock))) for each in meters]
    await asyncio.sleep(0)
    asked[0].cancel()
    gate.opened.set()
    said = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(each) for each in said] == [asyncio.CancelledError, type(None), type(None)]
    await days.keep(deps, told(meters[2], clock, 8_000))
    assert (await balances(begin, meters))[1:] == [9_000, 8_000]
