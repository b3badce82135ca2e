"""Gateways shared out among the front-ends: evenly, each to one, and freed by a death."""

import asyncio
from collections.abc import Iterable
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.db import Begin
from app.models import Concentrator, Note
from app.outbox import Job
from app.ports import ConcentratorAddress
from app.services import dialling, frontends
from app.services.devices import status
from tests import build
from tests.clocks import Clock

NORTH, SOUTH, WEST = "north", "south", "west"
FIRST = ConcentratorAddress("9001", 1)


async def gateways(db: AsyncSession, clock: Clock, many: int) -> build.Utility:
    """A utility with so many gateways beside its concentrator, and three front-ends."""
    there = await build.utility(db, clock(), linked=False)
    node_id = there.concentrator.node_id
    for number in range(1, many + 1):
        place = {"region": "9001", "terminal": number, "driver": "dlt645_tcp", "host": "10.0.0.1", "port": number}
        db.add(Concentrator(node_id=node_id, name=f"Gateway {number}", **place))  # type: ignore[arg-type]
    for name in (SOUTH, WEST):
        await frontends.started(db, name, clock())
    await db.flush()
    return there


async def holders(db: AsyncSession) -> dict[int, str | None]:
    """Who is to hold which gateway, by its number."""
    rows = select(Concentrator.terminal, Concentrator.dialled_by).where(Concentrator.driver == "dlt645_tcp")
    return dict((await db.exec(rows)).all())


async def shares(begin: Begin, clock: Clock, names: Iterable[str]) -> list[int]:
    """Let front-ends look at their shares one after the other; return how many each holds."""
    held = []
    for name in names:
        async with begin() as db:
            await frontends.beat(db, name, clock())
            held.append(len(await dialling.share(db, name, clock())))
    return held


async def test_gateways_are_held_evenly_and_each_by_one(begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        await gateways(db, clock, 10)
    assert await shares(begin, clock, (NORTH, SOUTH, WEST)) == [4, 4, 2]
    assert await shares(begin, clock, (NORTH, SOUTH, WEST)) == [4, 4, 2]
    async with begin() as db:
        assert None not in (await holders(db)).values()


async def test_a_front_end_that_starts_gets_its_part_and_the_others_keep_the_rest(begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        await gateways(db, clock, 8)
    clock.forward(minutes=1)  # south and west do not live any more
    assert await shares(begin, clock, [NORTH]) == [8]
    async with begin() as db:
        before = await holders(db)
    assert await shares(begin, clock, [SOUTH]) == [0]  # nothing is free yet
    assert await shares(begin, clock, [NORTH, SOUTH, NORTH]) == [4, 4, 4]
    async with begin() as db:
        after = await holders(db)
    assert set(before.values()) == {NORTH}
    assert sum(name == NORTH for name in after.values()) == 4


async def test_those_of_a_dead_front_end_are_taken_up(begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        await gateways(db, clock, 6)
    await shares(begin, clock, (NORTH, SOUTH, WEST))
    async with begin() as db:
        for number in range(1, 7):
            for name in (NORTH, SOUTH, WEST):
                await dialling.linked(db, ConcentratorAddress("9001", number), name, clock())
    clock.forward(seconds=16)
    assert await shares(begin, clock, (SOUTH, WEST, SOUTH, WEST)) == [6, 0, 3, 3]
    async with begin() as db:
        assert NORTH not in (await holders(db)).values()
        rows = await db.exec(select(Concentrator).where(col(Concentrator.front_end) == NORTH))
        assert rows.all() == []


async def test_two_that_look_at_the_same_moment_never_get_the_same_one(begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        await gateways(db, clock, 30)

    async def look(name: str) -> set[ConcentratorAddress]:
        async with begin() as db:
            return {held.address for held in await dialling.share(db, name, clock())}

    found = await asyncio.gather(*(look(name) for name in (NORTH, SOUTH, WEST)))
    assert sum(map(len, found)) == len(set.union(*found)) == 30


async def test_an_open_link_makes_the_jobs_behind_it_due_and_its_end_stops_them(begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        await gateways(db, clock, 1)
        gateway = (await db.exec(select(Concentrator).where(Concentrator.region == "9001"))).one()
        later = clock() + timedelta(hours=1)
        await outbox.promise(db, Job.READ_DAILY, gateway.id, later, concentrator_id=gateway.id)
        assert not await dialling.linked(db, FIRST, NORTH, clock())  # nobody has given it to us
        await dialling.share(db, NORTH, clock())
        assert await outbox.lease(db, clock()) == []
        assert await dialling.linked(db, FIRST, NORTH, clock())
        assert (await db.exec(select(Note.due_at))).one() == clock()
        assert [handout.queue for handout in await outbox.lease(db, clock())] == ["frontend-routine:north"]
        await dialling.unlinked(db, FIRST, SOUTH)
        await db.refresh(gateway)
        assert gateway.front_end == NORTH
        await dialling.unlinked(db, FIRST, NORTH)
        await db.refresh(gateway)
        assert not gateway.front_end
        assert gateway.dialled_by == NORTH


async def test_one_that_is_not_expected_any_more_is_let_go(begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        await gateways(db, clock, 1)
        (held,) = await dialling.share(db, NORTH, clock())
        row = await db.get_one(Concentrator, held.id)
        row.enabled = False
        await db.flush()
        assert await dialling.share(db, NORTH, clock()) == []
        await db.refresh(row)
        assert row.dialled_by is None


async def test_nobody_logs_in_under_the_address_of_a_gateway(begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        await gateways(db, clock, 1)
        assert not await frontends.logged_in(db, FIRST, NORTH, clock())
        assert await frontends.outcasts(db, [FIRST]) == {FIRST}


async def test_the_rounds_of_a_front_end_leave_its_gateways_alone(begin: Begin, clock: Clock) -> None:
    """`reconcile` frees what has no session here; a gateway has none."""
    async with begin() as db:
        await gateways(db, clock, 1)
        await dialling.share(db, NORTH, clock())
        await dialling.linked(db, FIRST, NORTH, clock())
        await frontends.reconcile(db, [], NORTH, clock.forward(minutes=5))
        assert (await status.sums(db))[status.Standing.ONLINE] == 1


@pytest.mark.parametrize("wrong", [{"host": None, "port": 1}, {"host": "", "port": 1}, {"host": "a", "port": 0}, {}])
async def test_a_gateway_without_a_place_is_no_row(begin: Begin, clock: Clock, wrong: dict[str, str | int]) -> None:
    async with begin() as db:
        there = await build.utility(db, clock(), linked=False)
        node_id = there.concentrator.node_id
        db.add(Concentrator(node_id=node_id, name="G", region="9001", terminal=1, driver="dlt645_tcp", **wrong))  # type: ignore[arg-type]
        with pytest.raises(IntegrityError):
            await db.flush()
        await db.rollback()
