"""Bare server-sent events, to compare with: Starlette's own streaming, one LISTEN, and none of the product's rules.

`python -m benchmarks.bare_events` is its process; what it needs stands in the environment.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

PORT, URL, CHANNEL = "BARE_PORT", "BARE_URL", "bare"
_waiting: dict[str, asyncio.Event] = {}


async def _live(request: Request) -> Response:
    moved = _waiting[request.path_params["n"]] = asyncio.Event()

    async def events() -> AsyncIterator[str]:
        yield "event: pace\ndata:\n\n"
        while True:
            await moved.wait()
            moved.clear()
            yield "event: story\ndata: moved\n\n"

    return StreamingResponse(events(), media_type="text/event-stream")


@asynccontextmanager
async def _listening(_: Starlette) -> AsyncIterator[None]:
    line = await asyncpg.connect(os.environ[URL])
    await line.add_listener(CHANNEL, lambda _line, _pid, _channel, n: _waiting[n].set())
    yield
    await line.close()


if __name__ == "__main__":
    app = Starlette(routes=[Route("/{n}", _live)], lifespan=_listening)
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.run(app, host="127.0.0.1", port=int(os.environ[PORT]), log_config=None, access_log=False)
