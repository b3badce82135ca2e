"""The database: one engine a process, one session a transaction."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache
from time import monotonic
from typing import TypeVar, cast
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Table, Uuid, any_, event
from sqlalchemy import cast as cast_to
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Mapped
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.dml import ReturningInsert
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

Begin = Callable[[], AbstractAsyncContextManager[AsyncSession]]
Row = TypeVar("Row", bound=SQLModel)

LOCK: dict[str, bool] = {"key_share": True}
"""For `with_for_update` of rows that many others refer to, such as meters: nobody else changes them meanwhile, while
rows that refer to them are still written. A stronger lock waits for those, and two that wait so are a deadlock.
"""
_CONNECT_S = 5
_COMMAND_S = 15
_REST_S = 0.02  # less than any PostgreSQL needs to come back: 0.06 was measured
_RESTS_SINCE = "rests_since"


def make_engine(url: str, *, pool_size: int = 10) -> AsyncEngine:
    """Open an engine on PostgreSQL. Every wait on the database has a deadline; a dead connection is noticed first."""
    engine = create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_use_lifo=True,  # few connections in steady use rather than all of them now and then
        connect_args={"timeout": _CONNECT_S, "command_timeout": _COMMAND_S},
    )
    _mind_the_dead(engine)
    return engine


def _mind_the_dead(engine: AsyncEngine) -> None:
    """Never begin on a connection that has died: one that was told so is known, one that has rested is pinged.

    SQLAlchemy's own `pool_pre_ping` pings before every transaction: three round trips, a third of a short one.
    """
    pool_events = engine.sync_engine

    @event.listens_for(pool_events, "checkin")
    def rest(_: object, entry: ConnectionPoolEntry) -> None:
        entry.info[_RESTS_SINCE] = monotonic()

    @event.listens_for(pool_events, "checkout")
    def look(line: DBAPIConnection, entry: ConnectionPoolEntry, _: object) -> None:
        since = entry.info.get(_RESTS_SINCE)
        if since is None:
            return  # just opened
        told = entry.driver_connection is None or entry.driver_connection.is_closed()
        if told or (monotonic() - since > _REST_S and not _answers(engine, line)):
            raise InvalidatePoolError


def _answers(engine: AsyncEngine, line: DBAPIConnection) -> bool:
    try:
        return engine.dialect.do_ping(line)
    except Exception:  # whatever it is, another connection is opened and says more
        return False


def begin_factory(engine: AsyncEngine) -> Begin:
    """Return `begin`: `async with begin() as db:` is one transaction, committed at the end, rolled back on an error."""
    sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)

    @asynccontextmanager
    async def begin() -> AsyncIterator[AsyncSession]:
        async with sessions() as db, db.begin():
            yield db

    return begin


def few_at_once(begin: Begin, most: int) -> Begin:
    """Return `begin` for work that nobody waits for: so many transactions at a time, others wait without a line.

    However much of it there is, whoever restores somebody's supply finds a connection free.
    """
    room = asyncio.Semaphore(most)

    @asynccontextmanager
    async def begin_in_turn() -> AsyncIterator[AsyncSession]:
        async with room, begin() as db:
            yield db

    return begin_in_turn


def table_of(model: type[SQLModel]) -> Table:
    """The table of a model, for statements that need no objects."""
    return cast(Table, model.__table__)  # type: ignore[attr-defined]


def is_one_of(column: Mapped[UUID] | Mapped[UUID | None], ids: Collection[UUID]) -> ColumnElement[bool]:
    """`column` holds one of these: one parameter, however many there are, where a list has room for 32767."""
    return column == any_(cast_to(sorted(ids), ARRAY(Uuid)))


async def add_once(db: AsyncSession, row: SQLModel) -> bool:
    """Insert `row` unless a unique constraint says that it is there; say whether it is new.

    RETURNING tells, because rowcount is -1 after ON CONFLICT.
    """
    values = {name: value for name, value in row.model_dump().items() if value is not None or name != "id"}
    return (await db.execute(_insert_once(type(row)), values)).first() is not None


@cache
def _insert_once(model: type[SQLModel]) -> ReturningInsert[tuple[object]]:
    table = table_of(model)
    return insert(table).on_conflict_do_nothing().returning(next(iter(table.primary_key)))
