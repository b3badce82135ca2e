"""Server-sent events (HTML Living Standard, 9.2): what is sent, and how long a stream is kept."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

_HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}  # proxies pass each event on at once
PING = ":\n\n"


def event(name: str, data: str, event_id: int | None = None) -> str:
    """One event as it goes over the wire; every line of `data` needs its own field."""
    lines = [f"event: {name}"] + ([] if event_id is None else [f"id: {event_id}"])
    return "\n".join([*lines, *(f"data: {line}" for line in data.splitlines() or [""])]) + "\n\n"


class EventStream(Response):
    """Sends what `events()` yields until it ends or the reader has gone, which also ends `events`."""

    media_type = "text/event-stream"

    def __init__(self, events: Callable[[], AsyncIterator[str]]) -> None:
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One task besides this one, which waits for the reader to leave."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        sending = asyncio.ensure_future(self._send_all(send))
        leaving = asyncio.ensure_future(_gone(receive))
        try:
            await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (sending, leaving):
                task.cancel()
            with suppress(asyncio.CancelledError, OSError):
                await sending

    async def _send_all(self, send: Send) -> None:
        async for text in self._events():
            await send({"type": "http.response.body", "body": text.encode(), "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
