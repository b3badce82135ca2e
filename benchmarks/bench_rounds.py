"""The daily round of a town: meters read a second, and how much of the channels' time is used for it.

`python -m benchmarks.bench_rounds` (four minutes; `--short` one). The front-end is the program of production; the
concentrators, their meters and the ways to them are the simulator's, with the latencies of its laboratory and none of
its losses. A concentrator does one thing at a time, so the channels allow so many reads a second as its exchanges take
time: the share of that is the time in which it was busy with a question of ours, of all the time from the promise of
its round to its last answer.

Two towns: one that tells frozen days in bulk (64 points an exchange, GPRS), and one whose meters are asked one by one
(broadband carrier, 4G). On two cores shared with the simulator the first is bound by processor, not by channels.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import asyncpg
import psutil

from app import outbox
from app.assembly import open_deps
from app.context import Deps
from app.demo.run import seed_database
from app.demo.site import Site, open_site
from app.outbox import Job
from benchmarks.rig import Rig, dark_town, engines_of_ours, running
from benchmarks.table import Line, show
from benchmarks.usage import Usage
from headend_client.simulator.lab.paths import PATHS
from headend_client.simulator.lab.spec import LabSpec
from headend_client.simulator.town import Town
from headend_client.simulator.world import FrontEndAddress, World

TARGET = 0.9
REGION = "3299"
_MOST_S = 300.0
_LOOK_S = 0.5
_FILL = (
    """
    insert into concentrator (id, node_id, name, region, terminal, important_seen, normal_seen)
    select gen_random_uuid(), (select node_id from concentrator limit 1), 'T' || n, $1, n, 0, 0
    from generate_series(1, $2::int) as n
    """,
    """
    insert into meter (id, number, address, model_id, account_id, concentrator_id, port, point, relay_policy,
        overdraft_limit_minor, hoarding_limit_minor, reclose_limit_minor, purchase_count, balance_source, supply,
        alarm_depth)
    select gen_random_uuid(), place.address, place.address, old.model_id, old.account_id, place.id, 31,
        case when $3::bool then n end, 'close', 0, 0, 0, 0, 'none', 'unknown', 0
    from (select model_id, account_id from meter limit 1) as old,
    lateral (select id, terminal, n, lpad((100000000000 + (terminal - 1) * $2::bigint + n)::text, 12, '0') as address
             from concentrator, generate_series(1, $2::int) as n where region = $1) as place
    """,
)
_SCHEME = """
    insert into collection_scheme (id, name, usual, "on", daily_from, fill_days, money, energy, scan_every_min, events)
    values (gen_random_uuid(), 'bench', true, true, '00:05', 1, true, true, 0, false)
"""
_BUSY = """
    with frame as (
        select coalesce(e.concentrator_id, m.concentrator_id) as place, e.direction, e.at,
            lead(e.direction) over one as next_direction, lead(e.at) over one as next_at
        from exchange e left join meter m on m.id = e.meter_id
        where e.verb = 'read_daily' and e.at >= $1
        window one as (partition by coalesce(e.concentrator_id, m.concentrator_id) order by e.at, e.direction)
    )
    select extract(epoch from sum(next_at - at) filter (where direction = 'down' or next_direction = 'up'))::float8,
        (select sum(extract(epoch from last - $1))::float8 from (select max(at) as last from frame group by place) as e)
    from frame
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """A town and the ways in it. `in_bulk`: its concentrators know their meters by points."""

    concentrators: int
    meters_each: int
    carrier: str
    uplink: str
    in_bulk: bool

    @property
    def figures(self) -> int:
        """Rows that a day is: balance and energy of each meter."""
        return 2 * self.concentrators * self.meters_each


BULK = Plan(1_000, 200, "broadband", "gprs", in_bulk=True)
SINGLY = Plan(60, 8, "broadband", "4g", in_bulk=False)
LONG = (BULK, SINGLY)
SHORT = (replace(BULK, concentrators=50, meters_each=64), replace(SINGLY, concentrators=20, meters_each=4))


@contextmanager
def _open(plan: Plan) -> Iterator[Rig]:
    for name in ("DATABASE_URL", "REDIS_URL"):  # given servers are not ours to fill
        os.environ.pop(name, None)
    with (
        tempfile.TemporaryDirectory(prefix="relight-bench-") as folder,
        open_site(Path(folder), dark_town(1, 1), throwaway=True) as site,
        (Path(folder) / "programs.log").open("wb") as log,
        ExitStack() as stack,
    ):
        asyncio.run(_seed(site, plan))
        _town(site, plan).save(Path(folder) / "town.json")
        words = {"front-end": ("frontend", "bench"), "meters": ("simulate", "--world", str(Path(folder) / "town.json"))}
        started: dict[str, psutil.Process] = {
            name: stack.enter_context(running(("app", *each), site.environment, log.fileno()))
            for name, each in words.items()
        }
        yield Rig(site, Path(folder) / "programs.log", started | engines_of_ours())


def _town(site: Site, plan: Plan) -> World:
    """The town, whose carrier takes its time and loses nothing: what is lost waits, and is no one's limit."""
    way = replace(PATHS[plan.carrier], name="lossless", loss=0.0, bad_share=0.0)
    return World(
        front_ends=(FrontEndAddress("127.0.0.1", int(site.settings.frontend_port)),),
        concentrators=(),
        state_dir="",
        lab=LabSpec(carrier="lossless", uplink=plan.uplink, own_paths=(way,)),
        town=Town(
            concentrators=plan.concentrators,
            meters_each=plan.meters_each,
            master_key_hex="00" * 32,
            region=REGION,
        ),
    )


async def _seed(site: Site, plan: Plan) -> None:
    await seed_database(site.settings, site.town)
    line = await _line(site)
    try:
        await line.execute(_FILL[0], REGION, plan.concentrators)
        await line.execute(_FILL[1], REGION, plan.meters_each, plan.in_bulk)
        await line.execute("delete from collection_scheme")
        await line.execute(_SCHEME)
        await line.execute("truncate reading, outbox cascade")
        await line.execute("vacuum analyze")
    finally:
        await line.close()


async def _line(site: Site) -> asyncpg.Connection:
    return await asyncpg.connect(site.settings.database_url.replace("+asyncpg", ""))


async def _until(line: asyncpg.Connection, question: str, wanted: int, log: Path) -> float:
    """Look until the answer is `wanted`; seconds. RuntimeError with how far it came."""
    begun = time.perf_counter()
    found = 0
    while time.perf_counter() - begun < _MOST_S:
        found = int(await line.fetchval(question, REGION))
        if found >= wanted:
            return time.perf_counter() - begun
        await asyncio.sleep(_LOOK_S)
    raise RuntimeError(f"{found:,} of {wanted:,} after {_MOST_S:.0f} s\n{_end_of(log)}")


def _end_of(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-10:])


_LINKED = "select count(*) from concentrator where region = $1 and front_end is not null"
_STORED = "select count(*) from reading where $1 <> ''"


async def _measure(rig: Rig, plan: Plan) -> tuple[float, float, Usage]:
    """Meters a second from the promise to the last figure, and the share of the channels' time."""
    usage, line = Usage(rig), await _line(rig.site)
    try:
        async with open_deps(rig.site.settings, "bench") as deps:
            await _until(line, _LINKED, plan.concentrators, rig.log)
            with usage.watched():
                begun = await _promise(deps, line)
                took = await _until(line, _STORED, plan.figures, rig.log)
        busy, spans = await line.fetchrow(_BUSY, begun)
        return plan.figures / 2 / took, busy / spans, usage
    finally:
        await line.close()


async def _promise(deps: Deps, line: asyncpg.Connection) -> object:
    """Promise everybody's round at one moment; return it."""
    now = deps.now()
    ids = await line.fetch("select id from concentrator where region = $1", REGION)
    async with deps.begin() as db:
        for each in ids:
            await outbox.promise(db, Job.READ_DAILY, each["id"], now, concentrator_id=each["id"])
    return now


def measure(plans: tuple[Plan, ...] = LONG) -> list[Line]:
    """Measure the towns; RuntimeError if a figure is missing after five minutes."""
    lines: list[Line] = []
    for plan in plans:
        with _open(plan) as rig:
            rate, share, usage = asyncio.run(_measure(rig, plan))
        how = "in bulk" if plan.in_bulk else "one by one"
        title = f"{plan.figures // 2:,} meters behind {plan.concentrators:,}, {how}"
        lines.append(Line(title, rate, "/s", share, target=TARGET, more_is_better=True, of_ratio=True))
        lines += [Line(f"  cores used: {name}", cores, "") for name, cores in usage.cores.items()]
    return lines


if __name__ == "__main__":
    show(measure(SHORT if "--short" in sys.argv else LONG))
