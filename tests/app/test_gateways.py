"""A front-end that dials: real links to simulated gateways on one side, the real database on the other."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from app.db import Begin
from app.models import Concentrator
from headend_client.simulator.simulation import Simulation
from headend_client.simulator.world import ConcentratorSpec, FrontEndAddress, World
from tests import build
from tests.app.test_headend import Site, running, until
from tests.clocks import Clock

REGION = "9001"
MANY = 4
NOBODY = (FrontEndAddress("127.0.0.1", 9),)


def world() -> World:
    """Some gateways without meters."""
    made = (ConcentratorSpec(region=REGION, terminal=n, line_port=0, is_gateway=True) for n in range(1, MANY + 1))
    return World(front_ends=NOBODY, concentrators=tuple(made), state_dir="")


@pytest.fixture
async def simulation(begin: Begin, clock: Clock) -> AsyncIterator[Simulation]:
    """Gateways that wait to be dialled, and the archive that knows where."""
    async with Simulation(world(), None) as made:
        async with begin() as db:
            there = await build.utility(db, clock(), linked=False)
            node_id = there.concentrator.node_id
            for name, port in made.line_ports.items():
                number = int(name.split("-")[1])
                place = {"region": REGION, "terminal": number, "driver": "dlt645_tcp", "host": "127.0.0.1"}
                db.add(Concentrator(node_id=node_id, name=name, port=port, **place))  # type: ignore[arg-type]
        yield made


async def linked(begin: Begin) -> list[str | None]:
    """Which front-ends hold open links, gateway by gateway."""
    async with begin() as db:
        rows = select(Concentrator.front_end).where(Concentrator.region == REGION)
        return list(await db.exec(rows.order_by(col(Concentrator.terminal))))


async def look(*sites: Site) -> None:
    """Let front-ends look at their shares."""
    for site in sites:
        await site.server._archive.beat(comparing=True)
        await site.server.gateways.look(reporting=True)


async def test_two_front_ends_share_the_gateways_and_the_death_of_one_moves_its_part(
    begin: Begin, clock: Clock, tmp_path: Path, simulation: Simulation
) -> None:
    async with running(begin, clock, tmp_path) as north:
        await until(lambda: all_by(begin, {"north": MANY}))
        async with running(begin, clock, tmp_path, "south") as south:
            await look(south, north, south)
            await until(lambda: all_by(begin, {"north": 2, "south": 2}))
        await look(north)  # south has gone and said so
        clock.forward(seconds=16)
        await look(north)
        await until(lambda: all_by(begin, {"north": MANY}))
    assert await linked(begin) == [None] * MANY


async def test_a_gateway_is_moved_changed_and_let_go_without_a_restart(
    begin: Begin, clock: Clock, tmp_path: Path, simulation: Simulation
) -> None:
    async with running(begin, clock, tmp_path) as north:
        await until(lambda: all_by(begin, {"north": MANY}))
        async with begin() as db:
            first, second = (await db.exec(_rows().limit(2))).all()
            first.enabled = False
            second.host = "localhost"
            await db.flush()
        await look(north)
        await until(lambda: all_by(begin, {"north": MANY - 1, None: 1}))
        assert not simulation.is_online(f"{REGION}-1")
        assert simulation.is_online(f"{REGION}-2")


async def test_a_link_that_breaks_is_back_and_what_the_database_missed_is_said_again(
    begin: Begin, clock: Clock, tmp_path: Path, simulation: Simulation
) -> None:
    async with running(begin, clock, tmp_path) as north:
        await until(lambda: all_by(begin, {"north": MANY}))
        async with begin() as db:
            for row in await db.exec(_rows()):
                row.front_end = None  # as if the database had been away
        await look(north)
        await until(lambda: all_by(begin, {"north": MANY}))


async def test_a_front_end_that_cannot_say_that_it_lives_lets_its_gateways_go(
    begin: Begin, clock: Clock, tmp_path: Path, simulation: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(begin, clock, tmp_path) as north:
        await until(lambda: all_by(begin, {"north": MANY}))
        north.line.cut = True
        await look(north)
        assert len(north.server.gateways.dialer.links()) == MANY  # for a moment it may hold on
        monkeypatch.setattr("app.headend.gateways.DEAD_AFTER", timedelta(0))
        await look(north)
        assert north.server.gateways.dialer.links() == ()


async def all_by(begin: Begin, wanted: dict[str | None, int]) -> bool:
    """Does each front-end hold so many open links?"""
    found = await linked(begin)
    return {name: found.count(name) for name in set(found)} == wanted


def _rows() -> SelectOfScalar[Concentrator]:
    return select(Concentrator).where(Concentrator.region == REGION).order_by(col(Concentrator.terminal))


async def test_an_open_link_counts_as_heard_now_and_then_although_nobody_asks_anything(
    begin: Begin, clock: Clock, tmp_path: Path, simulation: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(begin, clock, tmp_path) as north:
        await until(lambda: all_by(begin, {"north": MANY}))
        await look(north)
        clock.forward(hours=2)
        await look(north)
        assert await heard(begin) == {clock() - timedelta(hours=2)}  # said a moment ago
        monkeypatch.setattr("app.headend.gateways._ALIVE_S", 0.0)
        await look(north)
        assert await heard(begin) == {clock()}


async def heard(begin: Begin) -> set[datetime | None]:
    """When the gateways were heard last."""
    async with begin() as db:
        return {row.heard_at for row in await db.exec(_rows())}


async def test_a_front_end_that_stops_says_so_of_all_its_gateways_at_once(
    begin: Begin, clock: Clock, tmp_path: Path, simulation: Simulation
) -> None:
    async with running(begin, clock, tmp_path) as north:
        await until(lambda: all_by(begin, {"north": MANY}))
    assert north.server.gateways.dialer.links() == ()
    async with begin() as db:
        rows = list(await db.exec(_rows()))
    assert {(row.front_end, row.dialled_by, row.online_since) for row in rows} == {(None, None, None)}
