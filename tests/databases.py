"""Databases for tests: made, emptied, dropped. The role of the URL must be a superuser."""

import asyncio
import secrets
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool
from sqlmodel import SQLModel

# A deleted row costs microseconds where TRUNCATE costs milliseconds a table. In the role of a replica the server
# fires no triggers, neither foreign keys nor those that refuse to delete from the books.
_EMPTY = """
do $$ begin
    perform set_config('session_replication_role', 'replica', true), set_config('lock_timeout', '5s', true);
    {deletes}
    perform setval(oid::regclass, 1, false) from pg_class where relkind = 'S';
end $$
"""


@contextmanager
def database(server_url: str) -> Iterator[str]:
    """A new, empty database on the server for the length of the block; yields its URL."""
    name = f"relight_test_{secrets.token_hex(6)}"
    run_aside(_order(server_url, f'create database "{name}"'))
    yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
    run_aside(_order(server_url, f'drop database if exists "{name}" with (force)'))


async def empty(engine: AsyncEngine) -> None:
    """Delete all rows of all our tables and begin to count from one again."""
    tables = (f'"{table.name}"' for table in SQLModel.metadata.sorted_tables)
    deletes = "\n    ".join(f"delete from {table};" for table in tables)  # noqa: S608  (the names are our own)
    async with engine.begin() as connection:
        await connection.execute(text(_EMPTY.format(deletes=deletes)))


def run_aside(work: Coroutine[object, object, None]) -> None:
    """Run a coroutine to its end on a thread of its own, whether or not a loop runs here."""
    with ThreadPoolExecutor(max_workers=1) as aside:
        aside.submit(asyncio.run, work).result()


async def _order(url: str, order: str) -> None:
    engine = create_async_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(order))
    await engine.dispose()
