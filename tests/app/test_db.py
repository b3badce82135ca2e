"""The connection pool: what happens to connections that die while nobody looks."""

from sqlalchemy import text

from app import engines as embedded
from app.db import begin_factory, make_engine


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
