"""Logins and logouts of a front-end, written down together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.context import Deps
from app.db import Begin
from app.headend.logins import ASKED_A_SECOND, Logins
from app.models import Concentrator, Note, Review
from app.outbox import Job
from app.ports import ConcentratorAddress
from app.services import frontends
from app.settings import Settings
from headend_client.errors import HeadEndError
from tests import build
from tests.clocks import Clock

MANY = 60
HERE = ConcentratorAddress("3201", 1)
STRANGER = ConcentratorAddress("9999", 7)
EVERYBODY = [ConcentratorAddress("3201", terminal) for terminal in range(1, MANY + 1)]
_FILL = """
    insert into concentrator (id, node_id, name, region, terminal, important_seen, normal_seen)
    select gen_random_uuid(), (select node_id from concentrator limit 1), 'C' || n, '3201', n, 0, 0
    from generate_series(2, :many) as n
"""


class NoBell:
    """Nobody is called."""

    async def ring_quietly(self) -> None:
        """Nothing."""


class Door:
    """Logins as a front-end has them: who is here, how many transactions there were, and whether the database is."""

    def __init__(self, begin: Begin, clock: Clock, name: str) -> None:
        self._begin = begin
        self.here: set[ConcentratorAddress] = set()
        self.transactions, self.woken, self.cut = 0, 0, False
        self.began = asyncio.Event()
        deps = Deps(self.begin, NoBell(), clock, Settings(), name=f"frontend:{name}")
        self.logins = Logins(deps, name, self.here.__contains__, self._wake)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncSession]:
        """A transaction, unless the line is cut."""
        self.transactions += 1
        self.began.set()
        if self.cut:
            raise ConnectionRefusedError
        async with self._begin() as db:
            yield db

    async def admit(self, address: ConcentratorAddress) -> bool:
        """As the listener does: whoever is let in has a link at once."""
        admitted = await self.logins.admit(address)
        if admitted:
            self.here.add(address)
        return admitted

    def hang_up(self, address: ConcentratorAddress) -> None:
        """The link has gone."""
        self.here.discard(address)
        self.logins.left(address)

    def _wake(self) -> None:
        self.woken += 1


@pytest.fixture
async def door(begin: Begin, clock: Clock) -> AsyncIterator[Door]:
    """Sixty concentrators and the door of front-end "north"."""
    async with begin() as db:
        await build.utility(db, clock(), linked=False)
        await db.execute(text(_FILL), {"many": MANY})
        await frontends.started(db, "north", clock())
    door = Door(begin, clock, "north")
    task = asyncio.create_task(door.logins.write_for_ever())
    yield door
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def linked(begin: Begin) -> int:
    """How many concentrators are on line, by the rows."""
    async with begin() as db:
        return (await db.exec(select(func.count()).where(col(Concentrator.front_end).is_not(None)))).one()


async def settled(door: Door) -> None:
    """Wait until everything that was said before this is written: words are written in their order."""
    with suppress(HeadEndError):
        await door.logins.admit(STRANGER)


async def test_a_storm_of_logins_takes_a_few_transactions(door: Door, begin: Begin) -> None:
    assert all(await asyncio.gather(*map(door.admit, EVERYBODY)))
    assert await linked(begin) == MANY
    assert door.transactions <= 4


async def test_a_storm_of_lost_links_takes_a_few_transactions(door: Door, begin: Begin) -> None:
    await asyncio.gather(*map(door.admit, EVERYBODY))
    before = door.transactions
    for address in EVERYBODY:
        door.hang_up(address)
    await settled(door)
    assert await linked(begin) == 0
    assert door.transactions - before <= 4


async def test_of_one_address_the_last_word_holds(door: Door, begin: Begin) -> None:
    for _ in range(3):
        assert await door.admit(HERE)
        door.hang_up(HERE)
    assert await door.admit(HERE)
    await settled(door)
    assert await linked(begin) == 1
    door.hang_up(HERE)
    await settled(door)
    assert await linked(begin) == 0


async def test_a_link_that_is_back_before_its_loss_was_written_stays(door: Door, begin: Begin) -> None:
    await door.admit(HERE)
    door.logins.left(HERE)  # of an older link: the newer one stands
    await settled(door)
    assert await linked(begin) == 1


async def test_whoever_hangs_up_while_it_is_let_in_is_freed_again(door: Door, begin: Begin) -> None:
    asking = asyncio.create_task(door.admit(HERE))
    await door.began.wait()
    asking.cancel()
    await settled(door)
    await settled(door)
    assert await linked(begin) == 0


async def test_a_stranger_among_them_is_turned_away_and_asked_about(door: Door, begin: Begin) -> None:
    said = await asyncio.gather(*map(door.admit, [*EVERYBODY, STRANGER]))
    assert said == [True] * MANY + [False]
    async with begin() as db:
        (review,) = (await db.exec(select(Review))).all()
    assert review.subject_id == frontends.stranger_id(STRANGER)


async def test_without_the_database_nobody_gets_in_and_later_everybody_does(door: Door, begin: Begin) -> None:
    door.cut = True
    said = await asyncio.gather(*map(door.admit, EVERYBODY), return_exceptions=True)
    assert all(isinstance(each, HeadEndError) for each in said)
    door.cut = False
    assert all(await asyncio.gather(*map(door.admit, EVERYBODY)))


async def test_what_waits_for_a_link_is_due_when_it_is_there(door: Door, begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        ids = (await db.exec(select(Concentrator.id))).all()
        for each in ids:
            await outbox.promise(db, Job.READ_DAILY, each, clock() + timedelta(hours=1), concentrator_id=each)
    await asyncio.gather(*map(door.admit, EVERYBODY))
    await settled(door)
    async with begin() as db:
        notes = (await db.exec(select(Note).where(Note.job == Job.READ_DAILY))).all()
        asked = (await db.exec(select(Note).where(Note.job == Job.COLLECT_EVENTS))).all()
    assert {each.due_at for each in notes} == {clock()}
    assert (len(notes), len(asked)) == (MANY, MANY)
    assert door.woken >= 1


async def test_after_a_storm_events_are_asked_for_a_few_a_second_and_after_one_login_at_once(
    door: Door, begin: Begin, clock: Clock
) -> None:
    await door.admit(HERE)
    await settled(door)
    async with begin() as db:
        assert (await db.exec(select(Note.due_at).where(Note.job == Job.COLLECT_EVENTS))).one() == clock()
    await asyncio.gather(*map(door.admit, EVERYBODY))
    await settled(door)
    async with begin() as db:
        due = list(await db.exec(select(Note.due_at).where(Note.job == Job.COLLECT_EVENTS)))
    assert len(due) == MANY
    assert len(set(due)) > MANY // 2
    assert max(due) <= clock() + timedelta(seconds=MANY // ASKED_A_SECOND)


async def test_storms_at_two_front_ends_for_the_same_addresses_are_no_deadlock(
    door: Door, begin: Begin, clock: Clock
) -> None:
    async with begin() as db:
        await frontends.started(db, "south", clock())

    async def storm(name: str, addresses: list[ConcentratorAddress]) -> None:
        for _ in range(5):
            async with begin() as db:
                assert len(await frontends.let_in(db, dict.fromkeys(addresses, ""), name, clock())) == MANY
            async with begin() as db:
                await frontends.heard(db, addresses, clock())
            async with begin() as db:
                await frontends.reconcile(db, addresses, name, clock())

    await asyncio.gather(storm("north", EVERYBODY), storm("south", EVERYBODY[::-1]), storm("north", EVERYBODY[::-1]))
    assert await linked(begin) == MANY
