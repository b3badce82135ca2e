"""The database: one engine a process, one session a transaction."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeVar

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

Begin = Callable[[], AbstractAsyncContextManager[AsyncSession]]
Row = TypeVar("Row", bound=SQLModel)

_CONNECT_S = 5
_COMMAND_S = 15


def make_engine(url: str, *, pool_size: int = 10) -> AsyncEngine:
    """Open an engine on PostgreSQL. Every wait on the database has a deadline; a dead connection is noticed first."""
    return create_async_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        connect_args={"timeout": _CONNECT_S, "command_timeout": _COMMAND_S},
    )


def begin_factory(engine: AsyncEngine) -> Begin:
    """Return `begin`: `async with begin() as db:` is one transaction, committed at the end, rolled back on an error."""
    sessions = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)

    @asynccontextmanager
    async def begin() -> AsyncIterator[AsyncSession]:
        async with sessions() as db, db.begin():
            yield db

    return begin


async def add_once(db: AsyncSession, row: SQLModel) -> bool:
    """Insert `row` unless a unique constraint says that it is there; say whether it is new.

    RETURNING tells, because rowcount is -1 after ON CONFLICT.
    """
    table = type(row).__table__  # type: ignore[attr-defined]
    values = {name: value for name, value in row.model_dump().items() if value is not None or name != "id"}
    statement = insert(table).values(**values).on_conflict_do_nothing().returning(table.c[_key(table)])
    return (await db.execute(statement)).first() is not None


def _key(table: object) -> str:
    return str(next(iter(table.primary_key)).name)  # type: ignore[attr-defined]
