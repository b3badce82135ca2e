"""Serves HTTP inside a loop that is somebody else's: a simulator's, or a test's."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.types import ASGIApp

from headend_client.simulator.local_line import LOOPBACK

_CALLERS = 128


def listening_socket(port: int = 0) -> socket.socket:
    """Return a socket on a port of loopback, 0 for a free one. It takes callers at once, also before anybody serves it.

    Raises OSError.
    """
    return socket.create_server((LOOPBACK, port), backlog=_CALLERS)


@asynccontextmanager
async def served_on(listening: socket.socket, app: ASGIApp) -> AsyncIterator[None]:
    """Serve `app` with uvicorn for the length of the block, and close the socket.

    Without uvicorn's main loop, which would take the program's signals and tenths of a second to stop.
    """
    config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1)
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listening])
    try:
        yield
    finally:
        await server.shutdown(sockets=[listening])
