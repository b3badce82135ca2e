"""Hundreds of concentrators on one front-end: let in, kept warm, and back after a restart."""

import asyncio
from pathlib import Path

from sqlalchemy import text
from sqlmodel import col, func, select

from app.db import Begin
from app.models import Concentrator
from benchmarks.concentrators import REGION, Crowd
from tests import build
from tests.app.test_headend import running
from tests.clocks import Clock

MANY = 200
_FILL = """
    insert into concentrator (id, node_id, name, region, terminal, important_seen, normal_seen)
    select gen_random_uuid(), (select node_id from concentrator limit 1), 'C' || n, :region, n, 0, 0
    from generate_series(2, :many) as n
"""


async def linked(begin: Begin) -> int:
    """How many concentrators are on line, by the rows."""
    async with begin() as db:
        return (await db.exec(select(func.count()).where(col(Concentrator.front_end).is_not(None)))).one()


async def test_hundreds_are_let_in_kept_warm_and_taken_back_by_the_next_front_end(
    begin: Begin, clock: Clock, tmp_path: Path
) -> None:
    async with begin() as db:
        await build.utility(db, clock(), linked=False)
        await db.execute(text(_FILL), {"region": REGION, "many": MANY})
    async with running(begin, clock, tmp_path) as site:
        crowd = Crowd(site.server.port, MANY, heartbeat_s=0.5)
        crowd.dial()
        await asyncio.wait_for(crowd.full.wait(), 30)
        assert await linked(begin) == MANY
        async with asyncio.timeout(30):
            while len(crowd.confirms) < MANY:  # noqa: ASYNC110 - each heartbeat is a confirm
                await asyncio.sleep(0.05)
    assert await linked(begin) == 0
    async with running(begin, clock, tmp_path) as again:
        crowd.port = again.server.port
        await asyncio.wait_for(crowd.full.wait(), 60)
        assert await linked(begin) == MANY
        crowd.hang_up()
    assert crowd.denied == 0
