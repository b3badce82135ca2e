"""A day of many meters is stored at once: what moves with each day stays in its page, and touches no index."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import Begin
from app.domain.wallet import ReadingKind
from app.models import Meter
from app.services.collection.figures import DayFigure, store
from tests import build
from tests.clocks import Clock


@pytest.fixture
async def utility(begin: Begin, clock: Clock) -> build.Utility:
    async with begin() as db:
        return await build.utility(db, clock())


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
