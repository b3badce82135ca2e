"""A home whose money the ledger holds runs down, is warned, cut, pays and is lit; killed between any two steps."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import Begin
from app.domain.notice import ALARMS, MessageState
from app.domain.relay import Supply
from app.models import Alarm, CutInquiry, Message, Note
from app.outbox import Job
from app.tasks import announce, fees
from tests import build
from tests.app.services.fees.home import JOBS, Home
from tests.clocks import Clock
from tests.fakes import Bench, Died
from tests.work import worker

ALL = JOBS | {Job.ANNOUNCE_ALARM: announce.announce_alarm}
_MOST_TRANSACTIONS = 6


@dataclass
class Fragile:
    """A database that whoever uses it dies at: at its `at`-th transaction, before the commit or right after it."""

    begin: Begin
    at: int = 0
    after: bool = False

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[AsyncSession]:
        self.at -= 1
        mine = self.at == 0
        async with self.begin() as db:
            yield db
            if mine and not self.after:
                raise Died
        if mine:
            raise Died


@dataclass
class Story:
    """A home, and everybody who works for it and is killed at it."""

    home: Home
    killed: int = 0

    async def step(self, work: Callable[[Home], Awaitable[None]]) -> None:
        """Do a step: killed before and after each of its commits, then done to its end."""
        for at in range(1, _MOST_TRANSACTIONS):
            for after in (False, True):
                fragile = Fragile(self.home.begin, at, after)
                try:
                    await work(replace(self.home, begin=fragile))
                except Died:
                    self.killed += 1
                    await self._starts_again()
        await work(self.home)

    async def _starts_again(self) -> None:
        """What it held when it died is free, as after a start."""
        async with self.home.begin() as db:
            for note in await db.exec(select(Note).where(col(Note.done_at).is_(None))):
                note.taken_until = note.taken_by = note.lease_until = None
                note.due_at = min(note.due_at, self.home.clock())


async def works(home: Home) -> None:
    await worker(home.deps, ALL)()


async def charges(home: Home) -> None:
    await fees.charge_days(home.deps)


async def looks_for_cuts(home: Home) -> None:
    await fees.find_cuts(home.deps)


@pytest.fixture
async def story(begin: Begin, clock: Clock) -> Story:
    """Fifty yuan in the meter, which is switched to remote fee control."""
    async with begin() as db:
        town = await build.utility(db, clock())
    bench = Bench(balance=5_000, now=clock)
    bench.registers = {"alarm_1_minor": 2_000, "alarm_2_minor": 500, "overdraft_limit_minor": 0}
    home = Home(begin, clock, bench, town)
    await home.switches("remote")
    return Story(home)


async def test_from_the_ledger_to_the_light_with_everybody_killed_between_any_two_steps(story: Story) -> None:
    home = story.home
    for kwh in (30, 35, 40):
        home.counted_wh += kwh * 1000
        home.clock.forward(days=1)
        await home.is_read(home.today - timedelta(days=1), home.counted_wh)
        await story.step(charges)
        await story.step(works)
    assert await home.held() == 5_000 - 105 * 50
    assert [each.amount_minor for each in await home.charges()] == [1_500, 1_750, 2_000]

    await is_warned_once_for_each_level(home)
    home.clock.forward(hours=2)
    await story.step(looks_for_cuts)
    await story.step(works)
    assert (home.bench.relay_open, (await home.meter()).supply) == (True, Supply.OFF)

    await home.pays(10_000)
    await story.step(works)
    home.clock.forward(minutes=30)
    await story.step(works)

    assert (home.bench.relay_open, (await home.meter()).supply) == (False, Supply.ON)
    assert await home.held() == 15_000 - 105 * 50
    assert await home.books() == {"provider": 10_000, "delivered": 5_000, "fund": -9_750, "energy_sold": -5_250}
    assert home.bench.credits == []
    assert story.killed > 10
    async with home.begin() as db:
        assert (await db.exec(select(CutInquiry))).first() is not None


async def is_warned_once_for_each_level(home: Home) -> None:
    """Each level that was passed was announced once; its provider then says that it arrived."""
    async with home.begin() as db:
        alarms = list(await db.exec(select(Alarm).where(col(Alarm.closed_at).is_(None))))
        told = list(
            await db.exec(select(Message).where(col(Message.kind).in_(ALARMS.values()), Message.channel == "sms"))
        )
        assert alarms
        assert len({message.cause_id for message in told}) == len(told)
        for message in told:
            message.state, message.delivered_at = MessageState.DELIVERED, home.clock()
    assert told
