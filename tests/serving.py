"""Serves applications on loopback ports inside the test's own loop."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.responses import Response
from starlette.types import ASGIApp

from headend_client.simulator.serving import listening_socket, served_on

__all__ = ["HangUp", "address_of", "listening_socket", "served"]


class HangUp(Response):
    """An answer that never comes: the line breaks first."""

    async def __call__(self, scope: object, receive: object, send: object) -> None:
        raise ConnectionAbortedError


def address_of(listening: socket.socket) -> str:
    """The URL of a listening socket."""
    return f"http://127.0.0.1:{listening.getsockname()[1]}"


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """Serve `app` for the length of the block; yields its URL."""
    listening = listening_socket()
    async with served_on(listening, app):
        yield address_of(listening)
