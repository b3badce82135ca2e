"""Two thousand open trackers on one web process: its memory, and the time from a fact's commit to the event's bytes.

`python -m benchmarks.bench_trackers` takes about a minute. The events of the product hold the changed part of the page;
those of the baseline (benchmarks/bare_events.py) hold one word.
"""

import asyncio
import resource
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from uuid import UUID, uuid4

import asyncpg
import psutil
from sqlalchemy import insert
from sqlmodel import select

from app.assembly import open_deps
from app.context import utc_now
from app.db import table_of
from app.demo.run import seed_database
from app.demo.site import Site, free_port, open_site
from app.models import Meter, Purchase
from app.services.purchases import new_ref
from benchmarks import bare_events
from benchmarks.rig import dark_town, running, until_listening
from benchmarks.table import Line, percentile, show

TRACKERS, FACTS, A_SECOND = 2000, 1000, 40
_SETTLE_S = 3.0  # a page made this long after a fact has surely seen it (app.web.live)
_MB = 1 << 20


@dataclass(slots=True)
class Trip:
    """What one server did. `took_ms`: from before the fact's statement to the last byte of its event."""

    memory_mb: float = 0.0
    processor_ms: float = 0.0
    took_ms: list[float] = field(default_factory=list)


class Reader:
    """An open page: it notes when each story arrives."""

    def __init__(self, path: str) -> None:
        self.path, self.arrived = path, asyncio.Event()
        self.at = 0.0

    async def read(self, port: int, opened: asyncio.Semaphore, ready: asyncio.Event) -> None:
        """Open the stream and read it until cancelled."""
        async with opened:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
            writer.write(f"GET {self.path} HTTP/1.1\r\nhost: relight\r\naccept-language: en\r\n\r\n".encode())
            await reader.readuntil(b"event: pace")
        ready.set()
        while True:
            await reader.readuntil(b"event: story")
            await reader.readuntil(b"\n\n")
            self.at = time.perf_counter()
            self.arrived.set()


async def _watch(
    process: psutil.Process, port: int, readers: list[Reader], fact: Callable[[int], Awaitable[None]]
) -> Trip:
    before, trip = process.memory_info().rss, Trip()
    opened, ready = asyncio.Semaphore(50), [asyncio.Event() for _ in readers]
    tasks = [asyncio.create_task(r.read(port, opened, e)) for r, e in zip(readers, ready, strict=True)]
    async with asyncio.timeout(60):
        await asyncio.gather(*(each.wait() for each in ready))
    trip.memory_mb = (process.memory_info().rss - before) / _MB
    spent = process.cpu_times()
    dice, begun, trips = Random(1), time.perf_counter(), []
    for n in range(FACTS):
        await asyncio.sleep(max(begun + n / A_SECOND - time.perf_counter(), 0))
        trips.append(asyncio.create_task(_one(readers, dice.randrange(len(readers)), fact)))
    trip.took_ms = [took for took in await asyncio.gather(*trips) if took is not None]
    now = process.cpu_times()
    trip.processor_ms = (now.user + now.system - spent.user - spent.system) * 1000 / FACTS
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return trip


async def _one(readers: list[Reader], place: int, fact: Callable[[int], Awaitable[None]]) -> float | None:
    reader = readers[place]
    reader.arrived.clear()
    at = time.perf_counter()
    await fact(place)
    async with asyncio.timeout(20):
        await reader.arrived.wait()
    return (reader.at - at) * 1000 if reader.at > at else None


async def _fill(site: Site) -> list[tuple[UUID, str]]:
    """Purchases that are on their way: their trackers are open."""
    async with open_deps(site.settings, "bench") as deps, deps.begin() as db:
        meter_id = (await db.exec(select(Meter.id).limit(1))).one()
        made = [(uuid4(), new_ref()) for _ in range(TRACKERS)]
        row = {"meter_id": meter_id, "amount_minor": 5000, "credit_minor": 5000, "arrears_minor": 0, "sends": 0}
        row |= {"kind": "sale", "state": "paid", "created_at": utc_now()}
        line = await db.connection()
        await line.execute(insert(table_of(Purchase)), [row | {"id": key, "ref": ref} for key, ref in made])
    return made


async def _run(site: Site, process: psutil.Process, bare: tuple[psutil.Process, int], url: str) -> tuple[Trip, Trip]:
    await until_listening(site.settings.host, site.settings.port)
    await until_listening("127.0.0.1", bare[1])
    made = await _fill(site)
    await asyncio.sleep(_SETTLE_S)
    since = int(utc_now().timestamp() * 1000)
    async with asyncpg.create_pool(url, min_size=4, max_size=4) as pool:

        async def happens(place: int) -> None:
            await pool.execute("update purchase set sends = sends + 1 where id = $1", made[place][0])

        async def said(place: int) -> None:
            await pool.execute("select pg_notify('bare', $1)", str(place))

        plain = await _watch(bare[0], bare[1], [Reader(f"/{n}") for n in range(TRACKERS)], said)
        readers = [Reader(f"/purchases/{ref}/live?since={since}") for _, ref in made]
        return await _watch(process, site.settings.port, readers, happens), plain


def measure() -> list[Line]:
    """Measure on engines of its own."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard if hard > 0 else 20_000, hard))
    with tempfile.TemporaryDirectory(prefix="relight-bench-") as folder:
        log, port = Path(folder) / "programs.log", free_port()
        with open_site(Path(folder), dark_town(1, 1), throwaway=True) as site, log.open("wb") as said:
            asyncio.run(seed_database(site.settings, site.town))
            web = next(program for program in site.programs() if program.name == "web")
            url = site.settings.database_url.replace("+asyncpg", "")
            environment = {bare_events.PORT: str(port), bare_events.URL: url}
            with (
                running(("app", *web.arguments), dict(web.environment), said.fileno()) as process,
                running(("benchmarks.bare_events",), environment, said.fileno()) as bare,
            ):
                return _lines(*asyncio.run(_run(site, process, (bare, port), url)))


def _lines(ours: Trip, bare: Trip) -> list[Line]:
    name = f"{TRACKERS:,} open trackers, {A_SECOND} facts a second:"
    p50, p99 = (percentile(ours.took_ms, share) for share in (0.5, 0.99))
    base50, base99 = (percentile(bare.took_ms, share) for share in (0.5, 0.99))
    return [
        Line(f"{name} commit to event, p50", p50, "ms", p50 / base50),
        Line("  p99", p99, "ms", p99 / base99, target=500),
        Line(
            "  memory of a tracker", ours.memory_mb * 1024 / TRACKERS, "kB", ours.memory_mb / max(bare.memory_mb, 0.1)
        ),
        Line("  memory of all", ours.memory_mb, "MB"),
        Line("  processor of the web process for a fact", ours.processor_ms, "ms"),
        Line("  bare server-sent events, the baseline, p50", base50, "ms", 1.0),
        Line("  the same, p99", base99, "ms", 1.0),
    ]


if __name__ == "__main__":
    show(measure())
    sys.exit(0)
