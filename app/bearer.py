"""Names of processes: a lock of the database that ends with whoever bears it, so that others see who has died."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime

from asyncpg import CannotConnectNowError, PostgresConnectionError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool
from sqlmodel.ext.asyncio.session import AsyncSession

from app.setup import SetupError
from app.steady import AWAY

log = logging.getLogger(__name__)

_LOOK_S = 1.0
_LOCK = text("select pg_try_advisory_lock(hashtext(:mark))")
_NOTHING = text("select 1")
# pg_locks shows the 64 bits of an advisory lock's key in two halves.
_UNBORNE = text(
    """
    select distinct o.taken_by from outbox o
    where o.done_at is null and o.taken_until > :now and o.taken_by like any(:kinds)
      and not exists (
        select 1 from pg_locks l
        where l.locktype = 'advisory' and l.objsubid = 1 and l.granted
          and l.database = (select oid from pg_database where datname = current_database())
          and ((l.classid::bigint << 32) | l.objid::bigint) = hashtext(o.taken_by)::bigint
      )
    """
)


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


async def unborne(db: AsyncSession, kinds: tuple[str, ...], now: datetime) -> set[str]:
    """Names that hold notes and that no process bears; `kinds`: how they begin ("office:").

    One that has just lost its connection bears its name again within seconds: look twice before believing it dead.
    """
    rows = await db.execute(_UNBORNE, {"now": now, "kinds": [f"{kind}%" for kind in kinds]})
    return set(rows.scalars())
