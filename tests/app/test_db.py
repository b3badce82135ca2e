"""The connection pool: connections that die while nobody looks, and who may take how many."""

import asyncio

import pytest
from sqlalchemy import text

from app import engines as embedded
from app.db import Begin, begin_factory, few_at_once, make_engine


async def test_a_connection_that_died_at_rest_is_not_used(database_url: str, engines: embedded.Engines) -> None:
    engine = make_engine(database_url)
    begin = begin_factory(engine)
    async with begin() as db:
        await db.execute(text("select 1"))
    engines.postgres.kill()
    engines.postgres.start()
    async with begin() as db:
        assert (await db.execute(text("select 2"))).scalar_one() == 2
    await engine.dispose()


async def test_work_that_nobody_waits_for_leaves_connections_to_others(begin: Begin) -> None:
    open_, most = 0, 0
    unhurried = few_at_once(begin, 2)

    async def work() -> None:
        nonlocal open_, most
        async with unhurried() as db:
            open_ += 1
            most = max(most, open_)
            await db.execute(text("select 1"))
            open_ -= 1

    await asyncio.gather(*(work() for _ in range(20)))
    assert (most, open_) == (2, 0)


async def test_a_transaction_that_fails_gives_its_turn_back(begin: Begin) -> None:
    unhurried = few_at_once(begin, 1)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            async with unhurried():
                _ = 1 / 0
    async with unhurried() as db:
        assert (await db.execute(text("select 3"))).scalar_one() == 3
