"""The bare hop, to compare with: HTTP POST, one committed row, one arq job that does nothing.

The same web server, database driver, queue and worker as the product's, and none of its rules. `python -m
benchmarks.bare web` and `... worker` are its two processes; what they need stands in the environment.
"""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from app.context import Ctx, Deps, hand_out, make_worker, open_queue, run_worker, utc_now
from app.db import begin_factory, make_engine
from app.demo.site import free_port
from app.outbox import Handout, Job
from app.settings import settings
from benchmarks.load import at_rate, post, until
from benchmarks.rig import Rig, running, until_listening
from benchmarks.trips import ms

_QUEUE = "office:bare"
_DONE, _PORT = "BARE_DONE", "BARE_PORT"


async def bare_hops_ms(rig: Rig, rate: float, total: int) -> list[float]:
    """Do `total` hops at `rate` a second; return what each took from before its POST to the start of its job."""
    done, port = rig.log.with_name("bare.txt"), free_port()
    environment = {**rig.site.environment, _DONE: str(done), _PORT: str(port)}
    with ExitStack() as stack, rig.log.open("ab") as log:
        for part in ("worker", "web"):
            stack.enter_context(running(("benchmarks.bare", part), environment, log.fileno()))
        await until_listening("127.0.0.1", port)
        await _hop(port, 0)
        sent = await at_rate(rate, total, lambda n, when: _timed_hop(port, n + 1, when))
        await asyncio.sleep(1.0)
    ended = {int(n): float(at) for n, at in (line.split() for line in done.read_text().splitlines())}
    return [ms(at, datetime.fromtimestamp(ended[n + 1], UTC)) for n, at in enumerate(sent)]


async def _timed_hop(port: int, n: int, when: float) -> datetime:
    await until(when)
    at = datetime.fromtimestamp(time.time(), UTC)
    await _hop(port, n)
    return at


async def _hop(port: int, n: int) -> None:
    if await post(port, f"/hop/{n}", {}, b"{}") != 200:
        raise RuntimeError("the bare hop failed")


@asynccontextmanager
async def _web(app: Starlette) -> AsyncIterator[None]:
    engine, queue = make_engine(settings().database_url), open_queue(settings().redis_url)
    app.state.begin, app.state.queue = begin_factory(engine), queue
    async with app.state.begin() as db:
        await db.execute(text("create table if not exists bare_hop (n integer primary key)"))
    try:
        yield
    finally:
        await queue.aclose()
        await engine.dispose()


async def _take(request: Request) -> PlainTextResponse:
    number, state = request.path_params["n"], request.app.state
    async with state.begin() as db:
        await db.execute(text("insert into bare_hop values (:n)"), {"n": number})

    async def ring() -> None:
        await hand_out(state.queue, [Handout(number, Job.RENDER_RECEIPT, _QUEUE, 0)])

    return PlainTextResponse("success", background=BackgroundTask(ring))


async def render_receipt(_: Ctx, note_id: int) -> None:
    """Do nothing under the name of a job, and say when."""
    print(note_id, time.time(), file=_sink, flush=True)


class _NoBell:
    async def ring_quietly(self) -> None:
        """Nothing follows a bare hop."""


async def _work() -> None:
    engine = make_engine(settings().database_url)
    deps = Deps(begin_factory(engine), _NoBell(), utc_now, settings())
    try:
        await run_worker(make_worker([render_receipt], _QUEUE, settings().redis_url, deps))
    finally:
        await engine.dispose()


if __name__ == "__main__":
    if sys.argv[1] == "worker":
        _sink = Path(os.environ[_DONE]).open("w", encoding="utf-8")  # noqa: SIM115  (open for the worker's life)
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(_work())
    else:
        app = Starlette(routes=[Route("/hop/{n:int}", _take, methods=["POST"])], lifespan=_web)
        uvicorn.run(app, port=int(os.environ[_PORT]), log_config=None, access_log=False, server_header=False)
