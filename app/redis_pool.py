"""Connections to Redis that neither wait without end nor lose a cancellation."""

import asyncio
from collections.abc import Iterable
from typing import cast

from redis.asyncio import ConnectionPool
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
