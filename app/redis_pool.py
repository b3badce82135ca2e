"""Connections to Redis that neither wait without end nor lose a cancellation, and an ear for what is said there."""

import asyncio
from collections.abc import Iterable
from typing import cast

from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.client import PubSub
from redis.asyncio.connection import AbstractConnection

_SOCKET_S = 1.0  # without it a stalled Redis is waited for without end


def open_pool(redis_url: str) -> ConnectionPool:
    """Open a pool on redis://, rediss:// or unix://. Its errors: redis.exceptions.RedisError, OSError, TimeoutError."""
    pool = ConnectionPool.from_url(redis_url, socket_timeout=_SOCKET_S, socket_connect_timeout=_SOCKET_S)
    pool.connection_class = cast(
        type[AbstractConnection], type("CancellableConnection", (_Cancellable, pool.connection_class), {})
    )
    return pool


class _Cancellable(AbstractConnection):
    """Sends under `asyncio.timeout` instead of redis-py's `asyncio.wait_for`.

    Before Python 3.12 `wait_for` forgets a cancellation that comes in the moment its work is done (CPython issue
    86296), and a loop that sends often, as a worker that polls, could then not be stopped.
    """

    async def send_packed_command(self, command: bytes | str | Iterable[bytes], check_health: bool = True) -> None:  # noqa: FBT001, FBT002
        limit, self.socket_timeout = self.socket_timeout, None
        try:
            async with asyncio.timeout(limit):
                await super().send_packed_command(command, check_health)
        finally:
            self.socket_timeout = limit


class Ear:
    """Hears that something was said on a channel; what was said while nobody listened is not told later."""

    def __init__(self, redis: Redis, channel: str) -> None:
        self._redis, self._channel = redis, channel
        self._line: PubSub | None = None

    async def wait(self, limit_s: float) -> None:
        """Return when something is said, or after `limit_s`. Raises RedisError, OSError; the next wait listens anew."""
        try:
            line = await self._listening()
            heard = await line.get_message(timeout=limit_s)
            while heard is not None:  # all that was said until now is one call
                heard = await line.get_message(timeout=0)
        except Exception:
            await self.aclose()
            raise

    async def aclose(self) -> None:
        """Stop listening."""
        line, self._line = self._line, None
        if line is not None:
            await line.aclose()  # type: ignore[no-untyped-call]

    async def _listening(self) -> PubSub:
        if self._line is None:
            self._line = self._redis.pubsub()
            await self._line.subscribe(self._channel)
        return self._line
