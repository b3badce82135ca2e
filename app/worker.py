"""The workers: the office, and the front-ends."""

import asyncio
import logging
import secrets
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress

from asyncpg import CannotConnectNowError, PostgresConnectionError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from app import outbox
from app.assembly import SetupError, open_deps, with_parts
from app.bell import Bell
from app.context import Deps, Task, make_worker, run_worker
from app.headend import FrontEndServer, open_security
from app.outbox import FRONT_END, OFFICE, QUEUES
from app.payments import open_providers
from app.settings import Settings
from app.steady import AWAY
from app.tasks import announce, fulfil, readings, receipts, reconcile, refunds, sweep, topups

log = logging.getLogger(__name__)

_LOOK_S = 1.0
_LOCK = text("select pg_try_advisory_lock(hashtext(:mark))")
_NOTHING = text("select 1")

JOBS: tuple[Task, ...] = (
    fulfil.issue_token,
    fulfil.download_purchase,
    fulfil.check_relay,
    readings.read_balance,
    readings.read_daily,
    announce.announce_credit,
    announce.announce_token,
    announce.announce_alarm,
    receipts.render_receipt,
    reconcile.ask_provider,
    topups.charge_rule,
    refunds.refund_payment,
)


def jobs_of(queue: str) -> list[Task]:
    """The functions that keep the promises of one queue, by the names of their jobs."""
    named = {function.__name__: function for function in JOBS}
    return [named[job.value] for job, its_queue in QUEUES.items() if its_queue == queue]


async def run_office(settings: Settings) -> None:
    """Keep the office's promises, make its rounds, and ring the backstop bell until told to stop."""
    name = f"{OFFICE}:{secrets.token_hex(4)}"  # several may run, and each takes and lets go its own notes only
    async with open_deps(settings, name) as bare:
        deps = with_parts(bare, providers=open_providers(settings), security=await open_security(settings))
        worker = make_worker(jobs_of(OFFICE), OFFICE, settings.redis_url, deps)
        await until_stopped(run_worker(worker), sweep.walk_for_ever(deps), _backstop(deps))


async def run_front_end(settings: Settings, name: str) -> None:
    """Hold concentrators' links and work for their meters until told to stop. SetupError if the name is taken."""
    mark = f"{FRONT_END}:{name}"
    async with sole_bearer(settings.database_url, mark) as bearer, open_deps(settings, mark) as bare:
        async with bare.begin() as db:
            await outbox.release(db, mark)
        server = FrontEndServer(bare, name, await open_security(settings))
        deps = with_parts(bare, gateway=server.gateway)
        worker = make_worker(jobs_of(FRONT_END), mark, settings.redis_url, deps, concurrency=200)
        await until_stopped(run_worker(worker), server.run(), bearer.hold(), _backstop(deps))


class Name:
    """The name of a process: a lock of the database, which ends with the connection that took it."""

    def __init__(self, engine: AsyncEngine, mark: str) -> None:
        self._engine, self._mark = engine, mark
        self._line: AsyncConnection | None = None

    async def take(self) -> None:
        """Take the lock. SetupError if another process has it, or the errors of a database that is away."""
        line = await self._engine.connect()
        try:
            taken = (await line.execute(_LOCK, {"mark": self._mark})).scalar_one()
            await line.commit()
            if not taken:
                raise SetupError(f"{self._mark} is already running: give this process another name, or stop the other")
        except BaseException:
            await line.close()
            raise
        self._line = line

    async def hold(self) -> None:
        """Keep the lock until cancelled: a database that was away has forgotten it. Raises SetupError as `take`."""
        while True:
            await asyncio.sleep(_LOOK_S)
            try:
                if self._line is None:
                    await self.take()
                    continue
                await self._line.execute(_NOTHING)
                await self._line.commit()
            except AWAY:
                await self.let_go()

    async def let_go(self) -> None:
        """End the connection, and so the lock."""
        line, self._line = self._line, None
        if line is not None:
            with suppress(*AWAY):
                await line.close()


@asynccontextmanager
async def sole_bearer(database_url: str, mark: str) -> AsyncIterator[Name]:
    """Hold the lock on a process name, so that what its last bearer had taken may be released.

    A database that is not there yet is waited for. Raises SetupError if another process bears the name.
    """
    engine = create_async_engine(database_url, poolclass=NullPool, connect_args={"timeout": 5, "command_timeout": 5})
    name = Name(engine, mark)
    try:
        await _when_there(name.take)
        yield name
    finally:
        await name.let_go()
        await engine.dispose()


async def _when_there(ask: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            return await ask()
        except (OSError, TimeoutError, PostgresConnectionError, CannotConnectNowError) as error:
            log.warning("waiting for the database (%s)", type(error).__name__)
            await asyncio.sleep(_LOOK_S)


async def until_stopped(*parts: Coroutine[None, None, None]) -> None:
    """Run coroutines together until one ends or the process is told to stop (SIGTERM, Ctrl-C); then cancel them."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    tasks = [asyncio.ensure_future(part) for part in parts]
    tasks.append(asyncio.ensure_future(_set(stop)))
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


async def _set(stop: asyncio.Event) -> None:
    await stop.wait()


async def _backstop(deps: Deps) -> None:
    if isinstance(deps.bell, Bell):
        await deps.bell.ring_for_ever()
