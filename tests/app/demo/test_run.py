"""The demo keeps its engines running, whoever kills them."""

import asyncio

import redis.asyncio as redis
from redis.exceptions import RedisError
from sqlalchemy import text

from app.db import make_engine
from app.demo.run import keep_engines
from app.engines import Engines
from app.steady import AWAY


async def answers(engines: Engines) -> bool:
    """Do both engines answer?"""
    database = make_engine(engines.database_url)
    try:
        async with database.connect() as line:
            await line.execute(text("select 1"))
        async with redis.Redis.from_url(engines.redis_url) as queue:
            return bool(await queue.ping())
    except (*AWAY, RedisError):
        return False
    finally:
        await database.dispose()


async def test_engines_that_were_killed_are_back_soon(engines: Engines) -> None:
    await asyncio.to_thread(engines.postgres.kill)
    await asyncio.to_thread(engines.valkey.kill)
    assert not await answers(engines)
    keeping = asyncio.create_task(keep_engines(engines))
    async with asyncio.timeout(30):
        while not await answers(engines):  # noqa: ASYNC110  (the fact lies outside)
            await asyncio.sleep(0.05)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
