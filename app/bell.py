"""Rings after a commit: hands due promises to arq. The queue is only a wake-up; the outbox is the truth."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from arq.connections import ArqRedis
from redis.exceptions import RedisError

from app import outbox
from app.context import hand_out
from app.db import Begin

log = logging.getLogger(__name__)

_BACKSTOP_S = 0.5
_ALONE = {"isolation_level": "AUTOCOMMIT"}  # one statement commits itself, in one round trip instead of three


class Bell:
    """Hands out what is due; any number of bells may ring at once, each note goes out once a lease."""

    def __init__(self, begin: Begin, queue: ArqRedis, now: Callable[[], datetime]) -> None:
        self._begin, self._queue, self._now = begin, queue, now

    async def ring(self) -> int:
        """Lease due notes and enqueue them; return how many. The lease is committed before Redis is touched."""
        async with self._begin() as db:
            await db.connection(execution_options=_ALONE)
            handouts = await outbox.lease(db, self._now())
        if handouts:
            await hand_out(self._queue, handouts)
        return len(handouts)

    async def ring_quietly(self) -> None:
        """Ring, and do not mind if that fails: the loop rings again."""
        try:
            await self.ring()
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("bell: queue not reached (%s); the backstop will ring again", type(error).__name__)

    async def ring_for_ever(self) -> None:
        """The backstop: ring in a loop, whatever happens."""
        while True:
            try:
                await self.ring()
            except Exception as error:
                log.warning("bell: %s; trying again", type(error).__name__)
            await asyncio.sleep(_BACKSTOP_S)
