"""A process that dies is noticed by its name, and what it held is free within seconds."""

from datetime import timedelta
from uuid import uuid4

import pytest

from app import outbox
from app.bearer import sole_bearer, unborne
from app.context import Deps
from app.db import Begin
from app.outbox import Job
from app.settings import Settings
from app.setup import SetupError
from app.tasks.sweep import dead_workers
from tests.clocks import Clock
from tests.fakes import SilentBell


async def take_one(begin: Begin, clock: Clock, by: str) -> int:
    """A note that is in the hands of `by`."""
    async with begin() as db:
        await outbox.promise(db, Job.ANNOUNCE_CREDIT, uuid4(), clock())
    async with begin() as db:
        [handout] = await outbox.lease(db, clock())
        assert await outbox.take(db, handout.note_id, clock(), by)
    return handout.note_id


async def can_be_taken(begin: Begin, clock: Clock, note_id: int) -> bool:
    async with begin() as db:
        return await outbox.take(db, note_id, clock(), "office:other") is not None


async def test_a_name_is_borne_once_at_a_time(database_url: str) -> None:
    async with sole_bearer(database_url, "office:one"):
        with pytest.raises(SetupError, match="office:one is already running"):
            async with sole_bearer(database_url, "office:one"):
                pass


async def test_a_living_worker_is_not_taken_for_dead(database_url: str, begin: Begin, clock: Clock) -> None:
    await take_one(begin, clock, "office:alive")
    async with sole_bearer(database_url, "office:alive"), begin() as db:
        assert await unborne(db, ("office:",), clock()) == set()


async def test_what_a_dead_worker_held_is_free_at_the_second_look(begin: Begin, clock: Clock) -> None:
    note_id = await take_one(begin, clock, "notifier:dead")
    look = dead_workers()
    deps = Deps(begin, SilentBell(), clock, Settings(), name="office:me")
    await look(deps)
    assert not await can_be_taken(begin, clock, note_id)
    await look(deps)
    assert not await can_be_taken(begin, clock, note_id)  # a call that it began may still be on its way
    clock.forward(seconds=15)
    assert await can_be_taken(begin, clock, note_id)


async def test_one_that_bears_its_name_again_at_the_second_look_keeps_what_it_held(
    database_url: str, begin: Begin, clock: Clock
) -> None:
    note_id = await take_one(begin, clock, "notifier:back")
    look = dead_workers()
    deps = Deps(begin, SilentBell(), clock, Settings(), name="office:me")
    await look(deps)
    async with sole_bearer(database_url, "notifier:back"):
        await look(deps)
    assert not await can_be_taken(begin, clock, note_id)


async def test_a_front_end_is_none_of_this_rounds_business(begin: Begin, clock: Clock) -> None:
    await take_one(begin, clock, "frontend:north")
    async with begin() as db:
        assert await unborne(db, ("office:", "notifier:"), clock() + timedelta(seconds=1)) == set()
