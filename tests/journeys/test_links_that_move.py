"""Concentrators that lose their link and come back, here or elsewhere; front-ends that want the same name."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlmodel import select

from app.demo.site import FRONT_END, free_port
from app.demo.supervisor import Program
from app.models import Concentrator
from headend_client.simulator.world import FrontEndAddress, World
from tests.journeys.living import Living, Victim
from tests.journeys.steps import Step, reached
from tests.journeys.truth import doubts

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
STREET = 3
SOUTH = "south"


@pytest.mark.parametrize("step", [Step.SENDING, Step.LANDED, Step.CREDITED])
async def test_a_link_that_breaks_in_the_middle_does_no_harm(living: Living, step: Step) -> None:
    pair = [await living.pay(living.home(street)) for street in (1, 2)]
    for street, paid in enumerate(pair, 1):
        await reached(living, [paid], step)
        await living.kill_link(street)
    for paid in pair:
        await living.finished(paid)
        assert await doubts(living, paid) == []


async def test_a_concentrator_takes_its_purchases_along_to_another_front_end(living: Living) -> None:
    async with with_south(living):
        await living.until(lambda: is_held_by(living, FRONT_END), "north holds the third concentrator")
        first = await living.pay(living.home(STREET))
        await reached(living, [first], Step.LANDED)
        await living.kill_link(STREET)
        await living.until(lambda: is_held_by(living, SOUTH), "the concentrator has moved to south")
        second = await living.pay(living.home(STREET))
        for paid in (first, second):
            await living.finished(paid)
            assert await doubts(living, paid) == []


async def test_a_name_is_borne_by_one_front_end_also_after_the_database_was_away(living: Living) -> None:
    await living.until(lambda: is_borne(living), "the first one has its name")
    for _ in range(2):
        code, words = await another_north(living)
        assert (code, "frontend:north is already running" in words) == (2, True), words
        await living.kill(Victim.POSTGRES)
        await living.revive(Victim.POSTGRES)
        await living.until(lambda: is_borne(living), "the first one has its name again")
    paid = await living.pay(living.home(1))
    await living.finished(paid)
    assert await doubts(living, paid) == []


@asynccontextmanager
async def with_south(living: Living) -> AsyncIterator[None]:
    """A second front-end, and a concentrator that knows of both and dials the next one when its link breaks."""
    site, port = living.site, free_port()
    known = World.load(site.world)
    elsewhere = FrontEndAddress("127.0.0.1", port)
    moving = replace(known, front_ends=(*known.front_ends, elsewhere), concentrators=known.concentrators[STREET - 1 :])
    path = site.world.with_name("moving.json")
    moving.save(path)
    environment = {**site.environment, "RELIGHT_FRONTEND_PORT": str(port)}
    south = Program(SOUTH, ("frontend", SOUTH), environment)
    async with living.beside(south, Program("meters 3", ("simulate", "--world", str(path)))):
        await living.until(lambda: listens(port), "south listens")
        yield


async def listens(port: int) -> bool:
    """A concentrator that found nobody there would go back to where it came from."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def is_held_by(living: Living, front_end: str) -> bool:
    async with living.deps.begin() as db:
        held = await db.exec(select(Concentrator.front_end).where(Concentrator.terminal == STREET))
        return held.one() == front_end


_BORNE = text(
    """
    select exists (select 1 from pg_locks where locktype = 'advisory' and granted
                   and ((classid::bigint << 32) | objid::bigint) = hashtext(:mark)::bigint)
    """
)


async def is_borne(living: Living) -> bool:
    """Does a front-end bear that name? Others bear names of their own."""
    async with living.deps.begin() as db:
        return (await db.execute(_BORNE, {"mark": f"frontend:{FRONT_END}"})).scalar_one() is True


async def another_north(living: Living) -> tuple[int | None, str]:
    """Start a second front-end of the same name, on a port of its own; return its exit code and its words."""
    environment = {**os.environ, **living.site.environment, "RELIGHT_FRONTEND_PORT": str(free_port())}
    started = await living.nursery.start(("frontend", FRONT_END), environment)
    assert started.stdout
    try:
        async with asyncio.timeout(20):
            said = await started.stdout.read()
            return await started.wait(), said.decode()
    except TimeoutError:
        started.kill()
        await started.wait()
        return None, "it runs"
