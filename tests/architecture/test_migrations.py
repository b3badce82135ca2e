"""Migrations build what the models say, and take it away again."""

from concurrent.futures import ThreadPoolExecutor

from alembic.script import ScriptDirectory
from sqlalchemy import inspect
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from sqlmodel import SQLModel

from app import migrate
from tests.each import each


async def test_migrations_go_up_and_down_and_up_again(bare_database_url: str) -> None:
    url = bare_database_url
    with ThreadPoolExecutor(max_workers=1) as aside:  # a migration runs a loop of its own
        aside.submit(migrate.upgrade, url).result()
        assert set(SQLModel.metadata.tables) <= await tables(url)

        aside.submit(migrate.downgrade, url).result()
        assert await tables(url) == {"alembic_version"}
        assert await functions(url) == []

        aside.submit(migrate.upgrade, url).result()
        aside.submit(migrate.check, url).result()


def test_migrations_are_one_line_of_descent() -> None:
    scripts = ScriptDirectory.from_config(migrate.config("postgresql+asyncpg://"))
    assert len(scripts.get_heads()) == 1
    assert len(scripts.get_bases()) == 1


@each(sorted(SQLModel.metadata.tables))
def test_each_table_has_a_primary_key(table: str) -> None:
    assert list(SQLModel.metadata.tables[table].primary_key)


async def tables(url: str) -> set[str]:
    """Names of the tables that a database holds."""
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        found = await connection.run_sync(lambda line: inspect(line).get_table_names())
    await engine.dispose()
    return set(found)


async def functions(url: str) -> list[str]:
    """Names of the functions that were made in a database."""
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        rows = await connection.exec_driver_sql(
            "select proname from pg_proc where pronamespace = 'public'::regnamespace"
        )
        found = [str(name) for (name,) in rows]
    await engine.dispose()
    return found
