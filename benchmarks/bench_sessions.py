"""Ten thousand concentrators on one front-end process: memory, heartbeats, and all of them back after a restart.

`python -m benchmarks.bench_sessions [sessions]` (three minutes for 10,000; `--short` 500 in half a minute). The
front-end is the program of production, with PostgreSQL and Valkey beside it; the concentrators live in this process
and share the machine with it. The restart is a kill: no link is told, and the office is not there to clear up.
"""

import asyncio
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import psutil

from app.demo.run import seed_database
from app.demo.site import Site, open_site
from benchmarks.concentrators import REGION, Crowd
from benchmarks.rig import dark_town, running, until_listening
from benchmarks.table import Line, percentile, show

MANY, SHORT = 10_000, 500
HEARTBEAT_S = 60.0
TARGET_CONFIRM_MS, TARGET_BACK_S = 100.0, 30.0
_MOST_S = 300.0  # for all to log in, on a machine that is busy with something else
_SETTLE_S = 5.0
_FILL = """
    insert into concentrator (id, node_id, name, region, terminal, important_seen, normal_seen)
    select gen_random_uuid(), (select node_id from concentrator limit 1), 'C' || n, $1, n, 0, 0
    from generate_series(1, $2::int) as n
    on conflict do nothing
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured. `back_s`, `back_listening_s`: to the last login, from the kill and from when it listens again.

    `asked`: questions about events that the front-end put to those who logged in.
    """

    sessions: int
    memory_kb: float
    cores: float
    engine_cores: float
    confirms_ms: list[float]
    first_s: float
    back_s: float
    back_listening_s: float
    denied: int
    asked: int


class _FrontEnd:
    """The program, which can be killed and started again."""

    def __init__(self, site: Site, log: int) -> None:
        self._site, self._log = site, log
        self._block = self._open()
        self.process = next(self._block)

    @property
    def port(self) -> int:
        return int(self._site.settings.frontend_port)

    def kill_and_start(self) -> None:
        """Kill it and start it anew under the same name."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.close()
        self._block = self._open()
        self.process = next(self._block)

    def close(self) -> None:
        """End it."""
        next(self._block, None)

    def memory_kb(self) -> float:
        """What it alone holds in memory."""
        return float(self.process.memory_full_info().uss) / 1024

    def spent_s(self) -> float:
        """Its processor seconds."""
        times = self.process.cpu_times()
        return float(times.user + times.system)

    def _open(self) -> Iterator[psutil.Process]:
        with running(("app", "frontend", "bench"), self._site.environment, self._log) as process:
            yield process


@contextmanager
def _open(sessions: int) -> Iterator[tuple[Site, int]]:
    for name in ("DATABASE_URL", "REDIS_URL"):  # given servers are not ours to fill
        os.environ.pop(name, None)
    with (
        tempfile.TemporaryDirectory(prefix="relight-bench-") as folder,
        open_site(Path(folder), dark_town(1, 1), throwaway=True) as site,
        (Path(folder) / "programs.log").open("wb") as log,
    ):
        asyncio.run(_seed(site, sessions))
        yield site, log.fileno()


async def _seed(site: Site, sessions: int) -> None:
    await seed_database(site.settings, site.town)
    line = await asyncpg.connect(site.settings.database_url.replace("+asyncpg", ""))
    try:
        await line.execute(_FILL, REGION, sessions)
        await line.execute("vacuum analyze concentrator")
    finally:
        await line.close()


async def _all_in(crowd: Crowd) -> float:
    """Wait until everybody is logged in; seconds. RuntimeError with how far it came."""
    begun = time.perf_counter()
    try:
        async with asyncio.timeout(_MOST_S):
            await crowd.full.wait()
    except TimeoutError:
        raise RuntimeError(f"{crowd.linked} of {crowd.size} logged in after {_MOST_S:.0f} s") from None
    return time.perf_counter() - begun


async def _beats(front_end: _FrontEnd, crowd: Crowd, engine: psutil.Process, span_s: float) -> tuple[float, float]:
    """Let them beat for a time; return the cores that the front-end and the database took."""
    await asyncio.sleep(_SETTLE_S)
    crowd.confirms.clear()
    before, engine_before, begun = front_end.spent_s(), _family_s(engine), time.perf_counter()
    await asyncio.sleep(span_s)
    span = time.perf_counter() - begun
    return (front_end.spent_s() - before) / span, (_family_s(engine) - engine_before) / span


def _family_s(process: psutil.Process) -> float:
    family = [process, *process.children()]
    return float(sum(times.user + times.system for times in (one.cpu_times() for one in family)))


async def _measure(front_end: _FrontEnd, sessions: int, span_s: float) -> Figures:
    await until_listening("127.0.0.1", front_end.port)
    await asyncio.sleep(_SETTLE_S)
    engine = next(each for each in psutil.Process().children() if each.name() == "postgres")
    empty_kb = front_end.memory_kb()
    crowd = Crowd(front_end.port, sessions, HEARTBEAT_S)
    crowd.dial()
    first_s = await _all_in(crowd)
    cores, engine_cores = await _beats(front_end, crowd, engine, span_s)
    memory_kb = (front_end.memory_kb() - empty_kb) / sessions
    confirms = [1000 * each for each in crowd.confirms]
    back_s, listening_s = await _restart(front_end, crowd)
    denied, asked = crowd.denied, crowd.asked
    crowd.hang_up()
    return Figures(sessions, memory_kb, cores, engine_cores, confirms, first_s, back_s, listening_s, denied, asked)


async def _restart(front_end: _FrontEnd, crowd: Crowd) -> tuple[float, float]:
    """Kill and start; seconds from the kill to the last login, and from the first that it listened."""
    killed_at = time.perf_counter()
    await asyncio.to_thread(front_end.kill_and_start)
    await until_listening("127.0.0.1", front_end.port)
    listened_at = time.perf_counter()
    await _all_in(crowd)
    return time.perf_counter() - killed_at, time.perf_counter() - listened_at


def measure(sessions: int = MANY, span_s: float = HEARTBEAT_S) -> list[Line]:
    """Measure on engines and a front-end of its own; RuntimeError if not everybody gets in."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with _open(sessions) as (site, log):
        front_end = _FrontEnd(site, log)
        try:
            return _lines(asyncio.run(_measure(front_end, sessions, span_s)))
        finally:
            front_end.close()


def _lines(found: Figures) -> list[Line]:
    """The table of what was found."""
    many = f"{found.sessions:,} sessions"
    confirms = found.confirms_ms
    return [
        Line(f"{many}: memory of the front-end for each", found.memory_kb, "kB"),
        Line(f"  cores of the front-end, a heartbeat each {HEARTBEAT_S:.0f} s", found.cores, ""),
        Line("  cores of PostgreSQL meanwhile", found.engine_cores, ""),
        Line("  heartbeat to its confirm, p50", percentile(confirms, 0.5), "ms"),
        Line("  heartbeat to its confirm, p99", percentile(confirms, 0.99), "ms", target=TARGET_CONFIRM_MS),
        Line("  heartbeats confirmed", len(confirms), ""),
        Line("  all dial at one moment: to the last login", found.first_s, "s"),
        Line("  killed and started: to the last login", found.back_s, "s", target=TARGET_BACK_S),
        Line("    of it, from the moment in which it listens", found.back_listening_s, "s"),
        Line("  logins turned away", found.denied, ""),
        Line("  asked for their events after a login", found.asked, ""),
    ]


if __name__ == "__main__":
    wanted = [int(word) for word in sys.argv[1:] if word.isdecimal()]
    short = "--short" in sys.argv
    show(measure(wanted[0] if wanted else SHORT if short else MANY, 10.0 if short else HEARTBEAT_S))
