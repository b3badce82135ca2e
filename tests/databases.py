"""Databases for tests: made, emptied, dropped. The role of the URL must be a superuser."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager

from sqlalchemy import event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from sqlmodel import SQLModel

from app.db import make_engine

Empty = Callable[[], Awaitable[None]]

# A deleted row costs microseconds where TRUNCATE costs milliseconds a table. In the role of a replica the server
# fires no triggers, neither foreign keys nor those that refuse to delete from the books. Whoever takes that role loses
# all the plans of his connection: it is a connection of its own, and keeps those of a hundred deletes.
# What a test has filled with thousands of rows is truncated all the same: deleted, they would be walked over, in the
# tables and in their indexes, by each of the tests that follow, until the server sweeps them away a minute later.
_ROLE = ("set session_replication_role = replica", "set lock_timeout = '5s'")
_SWOLLEN = 1 << 20  # bytes
_EMPTY = """
create function pg_temp.empty_all() returns void language plpgsql as $$
declare swollen text;
begin
    select string_agg(quote_ident(relname), ', ') into swollen from pg_class
        where relkind = 'r' and relnamespace = 'public'::regnamespace and pg_relation_size(oid) > {swollen};
    if swollen is not null then
        execute 'truncate ' || swollen || ' cascade';
    end if;
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


@asynccontextmanager
async def emptying(url: str) -> AsyncIterator[Empty]:
    """Yield what deletes all rows of all our tables and begins to count from one again."""
    tables = (f'"{table.name}"' for table in SQLModel.metadata.sorted_tables)
    deletes = "\n    ".join(f"delete from {table};" for table in tables)  # noqa: S608  (the names are our own)
    engine = make_engine(url, pool_size=1)

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(line: DBAPIConnection, _: object) -> None:
        for order in (*_ROLE, _EMPTY.format(deletes=deletes, swollen=_SWOLLEN)):
            line.cursor().execute(order)
        line.commit()

    lines = engine.execution_options(isolation_level="AUTOCOMMIT")

    async def empty() -> None:
        async with lines.connect() as connection:
            await connection.execute(text("select pg_temp.empty_all()"))

    yield empty
    await engine.dispose()


def run_aside(work: Coroutine[object, object, None]) -> None:
    """Run a coroutine to its end on a thread of its own, whether or not a loop runs here."""
    with ThreadPoolExecutor(max_workers=1) as aside:
        aside.submit(asyncio.run, work).result()


async def _order(url: str, order: str) -> None:
    engine = create_async_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(order))
    await engine.dispose()
