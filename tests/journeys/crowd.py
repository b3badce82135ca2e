"""A crowd whose balances fall, over real programs: web, office, two notifiers, PostgreSQL, Valkey, two providers of SMS
and a mail relay. What went wrong is said in words by `tests.journeys.crowd_truth`.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import httpx2
import pytest
from redis.asyncio import Redis
from sqlalchemy import text

from app.assembly import open_deps
from app.context import Deps, utc_now
from app.demo.site import Site, open_site
from app.demo.supervisor import Program, Supervisor
from app.demo.town import Town
from app.domain.wallet import BalanceSource
from app.models import Meter
from app.services.readings import record_balance
from tests.forks import ForkingSupervisor, nursery
from tests.journeys.conftest import channels
from tests.journeys.crowd_people import PLENTY, Lot, Soul, settle
from tests.journeys.crowd_sky import FarSides, far_sides, phones_answer

WORKERS = ("office", "notifier 1", "notifier 2")
_AT_ONCE = 1
_LOOK_S = 0.2
_TAIL = 40
SOON = timedelta(minutes=5)
"""What waits for longer waits for the end of quiet hours."""
_AT_WORK = """
    select count(*) from pg_locks l where l.locktype = 'advisory' and l.objsubid = 1 and l.granted
      and l.database = (select oid from pg_database where datname = current_database())
      and exists (select 1 from carrier where medium = 'sms')
"""
_A_MINUTE_AGO = """
    update carrier set moved_at = moved_at - interval '1 minute' where moved_at > now() - interval '1 minute'
"""
_MINE = ("announce_alarm", "send_message", "send_bulk", "fall_back", "step_campaign")


@dataclass
class Crowd:
    """The hands of the story."""

    site: Site
    deps: Deps
    sides: FarSides
    souls: tuple[Soul, ...]
    supervisor: Supervisor
    lines: list[str]
    paid_at: dict[UUID, datetime] = field(default_factory=dict)

    @property
    def deaths(self) -> int:
        """How often a worker had to be started again."""
        return sum("starting it again" in line for line in self.lines)

    async def up(self) -> None:
        """Return when the web answers and all workers have begun."""
        async with asyncio.timeout(60), httpx2.AsyncClient() as client:
            await self.all_at_work()
            while True:
                with contextlib.suppress(httpx2.HTTPError):
                    if (await client.get(f"{self.site.settings.public_url}/")).status_code == 200:
                        return
                await asyncio.sleep(_LOOK_S)

    async def all_at_work(self) -> None:
        """Return when every worker bears its name, which is a lock of the database, and providers have their rows."""
        while True:
            async with self.deps.begin() as db:
                there = (await db.execute(text(_AT_WORK))).scalar_one()
            if there >= len(WORKERS):
                return
            await asyncio.sleep(_LOOK_S)

    async def until(self, fact: Callable[[], bool], words: str, patience_s: float = 180.0) -> None:
        """Look until it is so."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                while not fact():  # noqa: ASYNC110  (the facts are in other processes)
                    await asyncio.sleep(_LOOK_S)
                return
        raise AssertionError(f"after {patience_s:.0f} s it is still not so that {words}:\n{self.said()}")

    def said(self) -> str:
        """What the programs said last."""
        return "\n".join(self.lines[-_TAIL:])

    async def fall(self, balance_minor: int, souls: Sequence[Soul]) -> None:
        """Read this balance from their meters, each in a transaction of its own, as a daily round does."""
        in_order = sorted(souls, key=lambda soul: soul.meter_id)
        for start in range(0, len(in_order), _AT_ONCE):
            async with self.deps.begin() as db:
                for soul in in_order[start : start + _AT_ONCE]:
                    meter = await db.get_one(Meter, soul.meter_id, with_for_update=True)
                    await record_balance(db, meter, balance_minor, BalanceSource.DAILY, utc_now())

    async def pay(self, souls: Sequence[Soul]) -> None:
        """Money is read back from these meters."""
        for soul in souls:
            async with self.deps.begin() as db:
                meter = await db.get_one(Meter, soul.meter_id, with_for_update=True)
                await record_balance(db, meter, PLENTY, BalanceSource.READBACK, utc_now())
            self.paid_at[soul.meter_id] = utc_now()

    async def flush(self) -> None:
        """Empty Valkey."""
        async with Redis.from_url(self.site.settings.redis_url) as redis:
            await redis.flushall()

    async def calm(self, patience_s: float) -> None:
        """Return when nothing that is due waits any more."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                while await self._waiting():
                    await self._let_rest()
                    await asyncio.sleep(5 * _LOOK_S)
                return
        raise AssertionError(f"after {patience_s:.0f} s there is still {await self._waiting()} to do:\n{self.said()}")

    async def _let_rest(self) -> None:
        """Let the time pass at once for which failed tries rest."""
        hurried = "update outbox set due_at = now() where done_at is null and taken_until is null and due_at < :soon"
        async with self.deps.begin() as db:
            await db.execute(text(hurried), {"soon": utc_now() + SOON})

    async def _waiting(self) -> dict[str, int]:
        open_ = "select job, count(*) as n from outbox where done_at is null and due_at <= :soon group by job"
        async with self.deps.begin() as db:
            rows = (await db.execute(text(open_), {"soon": utc_now() + SOON})).all()
        return {row.job: row.n for row in rows if row.job in _MINE}


@asynccontextmanager
async def crowd(folder: Path, size: int) -> AsyncIterator[Crowd]:
    """Have a crowd of `size` and the programs that warn it, for the length of the block."""
    souls = tuple(map(Soul, range(size)))
    with pytest.MonkeyPatch.context() as environment, ExitStack() as stack, ThreadPoolExecutor(1) as aside:
        environment.delenv("DATABASE_URL", raising=False)
        environment.delenv("REDIS_URL", raising=False)
        async with nursery() as forked, far_sides() as sides:
            opening = open_site(folder, Town((), per_concentrator=1, days=1), throwaway=True)
            # Migrations run their own loop.
            site = await asyncio.wrap_future(aside.submit(stack.enter_context, opening))
            site.environment.update(channels(sides.phones, sides.relay) | sides.settings())
            for nobody in (soul.phone for soul in souls if soul.lot is Lot.WRONG_NUMBER):
                sides.phones.nobody.add(nobody)
                sides.china.nobody.add(nobody.removeprefix("+86"))
            async with open_deps(site.settings, "journey") as deps:
                await settle(deps, souls)
                lines: list[str] = []
                supervisor = ForkingSupervisor(_programs(site), lines.append, forked)
                made = Crowd(site, deps, sides, souls, supervisor, lines)
                phones = phones_answer(sides, site.settings.public_url)
                try:
                    async with _going_on(supervisor.run()), _going_on(phones), _going_on(_minutes_fly(deps)):
                        yield made
                finally:
                    (folder / "programs.log").write_text("\n".join(lines), encoding="utf-8")


def _programs(site: Site) -> list[Program]:
    notifiers = [Program(name, ("notify",), site.environment) for name in WORKERS if name.startswith("notifier")]
    return [Program("web", ("serve",), site.environment), Program("office", ("work",), site.environment), *notifiers]


async def _minutes_fly(deps: Deps) -> None:
    """For the providers' shares: what was moved in one second may be moved again in the next."""
    while True:
        async with deps.begin() as db:
            await db.execute(text(_A_MINUTE_AGO))
        await asyncio.sleep(1)


@asynccontextmanager
async def _going_on(work: object) -> AsyncIterator[None]:
    task = asyncio.ensure_future(work)  # type: ignore[call-overload]  # a coroutine
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
