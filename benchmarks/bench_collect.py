"""Daily figures of many meters stored, beside a bare COPY of as many rows into a table of the same shape.

`python -m benchmarks.bench_collect [meters]`. COPY writes rows and indexes and nothing else. The product stores
what comes from one concentrator at a time (200 meters, balance and energy): it never lets an older figure replace a
newer one, moves the meters, learns what they use a day, and holds their balances against their alarm levels. Some dozen
rounds are under way at once, as a front-end has them, and none goes on before its day is committed: what comes while
others are written goes into one transaction (`app.tasks.days`).
"""

import asyncio
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from uuid import UUID, uuid4

import asyncpg

from app.assembly import open_deps
from app.context import Deps
from app.demo.run import seed_database
from app.demo.site import open_site
from app.domain.wallet import ReadingKind
from app.services.collection.figures import DayFigure
from app.services.exchanges import About
from app.tasks.days import Told, keep
from benchmarks.bench_alarms import _FILL as FILL
from benchmarks.rig import dark_town
from benchmarks.table import Line, show

MANY, SHORT = 200_000, 20_000
TARGET = 0.3
_A_CONCENTRATOR = 200
_AT_ONCE = 50
_COPIES = 5  # the middle one counts: one and the same takes half as long again now and then
_COLUMNS = ("id", "meter_id", "day", "kind", "value", "source", "read_at")


def _figures(meters: list[UUID], at: datetime) -> list[DayFigure]:
    day = (at - timedelta(days=1)).date()
    return [
        DayFigure(meter_id, day, kind, value, at)
        for meter_id in meters
        for kind, value in ((ReadingKind.BALANCE, 7950), (ReadingKind.ENERGY, 123_456))
    ]


async def _fill(line: asyncpg.Connection, meters: int) -> list[UUID]:
    await line.execute(FILL[0], meters)
    await line.execute(FILL[2])
    await line.execute("update meter set balance_minor = 8000, balance_read_at = now() - interval '2 days'")
    await line.execute("truncate alarm, message, outbox, reading cascade")
    await line.execute("vacuum analyze")
    return [row["id"] for row in await line.fetch("select id from meter where number like '8%' order by id")]


async def _copy(line: asyncpg.Connection, figures: list[DayFigure]) -> float:
    """Rows a second of COPY, into a table with the same columns, key and indexes."""
    await line.execute("create table bare (like reading including all)")
    rows = [(uuid4(), f.meter_id, f.day, f.kind.value, f.value, "daily", f.read_at) for f in figures]
    begun = time.perf_counter()
    await line.copy_records_to_table("bare", records=rows, columns=_COLUMNS)
    rate = len(rows) / (time.perf_counter() - begun)
    await line.execute("drop table bare")
    return rate


async def _stored(deps: Deps, meters: list[UUID], at: datetime) -> float:
    """Rows a second of the product."""
    left = [meters[start : start + _A_CONCENTRATOR] for start in range(0, len(meters), _A_CONCENTRATOR)]

    async def work() -> None:
        while left:
            await keep(deps, Told(_figures(left.pop(), at), (), About("read_daily", None)))

    begun = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(_AT_ONCE)))
    return 2 * len(meters) / (time.perf_counter() - begun)


async def _measure(url: str, deps: Deps, meters: int) -> tuple[float, float]:
    line = await asyncpg.connect(url)
    try:
        ids = await _fill(line, meters)
        at = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        bare = median([await _copy(line, _figures(ids, at)) for _ in range(_COPIES)])
        return await _stored(deps, ids, at), bare
    finally:
        await line.close()


def measure(meters: int = MANY) -> list[Line]:
    """Measure on engines of its own; the ratio is that of the product to COPY."""
    with (
        tempfile.TemporaryDirectory(prefix="relight-bench-") as folder,
        open_site(Path(folder), dark_town(1, 1), throwaway=True) as site,
    ):

        async def run() -> tuple[float, float]:
            await seed_database(site.settings, site.town)
            async with open_deps(site.settings, "bench") as deps:
                return await _measure(site.settings.database_url.replace("+asyncpg", ""), deps, meters)

        ours, bare = asyncio.run(run())
    title = f"daily figures of {meters:,} meters stored"
    ours_line = Line(title, ours, "rows/s", ours / bare, target=TARGET, more_is_better=True, of_ratio=True)
    return [ours_line, Line("  a bare COPY of as many rows, the baseline", bare, "rows/s", 1.0)]


if __name__ == "__main__":
    show(measure(int(sys.argv[1]) if len(sys.argv) > 1 else MANY))
