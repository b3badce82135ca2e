"""A gateway that we dial in a living utility: paid to light through it, whatever is killed; and a forged login at
another front-end's door."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from sqlmodel import select

from app.demo.site import FRONT_END, free_port
from app.demo.supervisor import Program
from app.models import Concentrator, Review
from headend_client.simulator.world import World
from meters_io.gdw1376.frame import Terminal
from meters_io.gdw1376.link import Denied, Login, parse_confirm
from tests.headend_client.peer import Peer
from tests.journeys.living import Living, Victim
from tests.journeys.steps import Step, reached
from tests.journeys.test_links_that_move import STREET, listens
from tests.journeys.truth import doubts

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
SOUTH = "south"
OTHER_HOST = "127.0.0.2"
ELSEWHERE = 1  # a street that north holds


async def test_a_purchase_reaches_its_meter_through_a_gateway_whatever_is_killed(living: Living) -> None:
    async with gateway(living):
        first = await living.pay(living.home(STREET))
        await reached(living, [first], Step.LANDED)
        await living.kill(Victim.NORTH)
        second = await living.pay(living.home(STREET))
        await reached(living, [second], Step.SENDING)
        await living.kill_link(STREET)
        for paid in (first, second):
            await living.finished(paid)
            assert await doubts(living, paid) == []


async def test_a_forged_login_at_another_process_is_turned_away(living: Living) -> None:
    async with south(living) as port:
        async with await Peer.dial(port, Terminal("3201", ELSEWHERE), OTHER_HOST) as forger:
            await forger.say(Login())
            assert parse_confirm(await forger.next_frame()) == Denied()
        async with living.deps.begin() as db:
            held = await db.exec(select(Concentrator.front_end).where(Concentrator.terminal == ELSEWHERE))
            assert held.one() == FRONT_END
            assert "two_concentrators" in (await db.exec(select(Review.kind))).all()
        paid = await living.pay(living.home(ELSEWHERE))
        await living.finished(paid)
        assert await doubts(living, paid) == []


@asynccontextmanager
async def gateway(living: Living) -> AsyncIterator[None]:
    """The third street hangs behind a gateway for the length of the block."""
    port = free_port()
    known = World.load(living.site.world)
    third = replace(known.concentrators[STREET - 1], is_gateway=True, line_port=port)
    path = living.site.world.with_name("gateway.json")
    replace(known, concentrators=(third,)).save(path)
    await put(living, driver="dlt645_tcp", host="127.0.0.1", port=port)
    try:
        async with living.beside(Program("meters 3", ("simulate", "--world", str(path)))):
            await living.until(lambda: is_linked(living), "the gateway is dialled")
            yield
    finally:
        await put(living, driver="gdw1376", host=None, port=None)


async def put(living: Living, **place: str | int | None) -> None:
    """Tell the archive which way leads to the third street."""
    async with living.deps.begin() as db:
        row = (await db.exec(select(Concentrator).where(Concentrator.terminal == STREET))).one()
        for name, value in place.items():
            setattr(row, name, value)


async def is_linked(living: Living) -> bool:
    """Is the gateway on line?"""
    async with living.deps.begin() as db:
        held = await db.exec(select(Concentrator.front_end).where(Concentrator.terminal == STREET))
        return held.one() == FRONT_END


@asynccontextmanager
async def south(living: Living) -> AsyncIterator[int]:
    """A second front-end process; its port."""
    port = free_port()
    environment = {**living.site.environment, "RELIGHT_FRONTEND_PORT": str(port)}
    async with living.beside(Program(SOUTH, ("frontend", SOUTH), environment)):
        await living.until(lambda: listens(port), "south listens")
        yield port
