"""Serves applications on loopback ports inside the test's own loop."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.responses import Response
from starlette.types import ASGIApp


class HangUp(Response):
    """An answer that never comes: the line breaks first."""

    async def __call__(self, scope: object, receive: object, send: object) -> None:
        raise ConnectionAbortedError


def listening_socket() -> socket.socket:
    """A socket on a free loopback port. It takes callers at once, also before anybody serves it."""
    found = socket.socket()
    found.bind(("127.0.0.1", 0))
    found.listen(128)
    return found


def address_of(listening: socket.socket) -> str:
    """The URL of a listening socket."""
    return f"http://127.0.0.1:{listening.getsockname()[1]}"


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """Serve `app` with uvicorn for the length of the block; yields its URL.

    Without uvicorn's main loop, which would take the test run's signals and tenths of a second to stop.
    """
    listening = listening_socket()
    config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1)
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listening])
    try:
        yield address_of(listening)
    finally:
        await server.shutdown(sockets=[listening])
