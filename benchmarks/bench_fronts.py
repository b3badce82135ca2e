"""Purchases a second with the whole loop, from callback to light, through one front-end process and through two.

`python -m benchmarks.bench_fronts` (two minutes; `--short` half of that). Everything is paid within a few seconds and
waits; counted are the purchases between the first and the last that ended in light. The programs are those of
production, each once but for the front-end; with two, half of the concentrators dial each. All of it and the simulated
meters share one machine, so the cores that are used stand beside the figures: where both are full, a second front-end
cannot add anything.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from app.assembly import open_deps
from app.context import Deps
from app.demo.run import seed_database
from app.demo.seed import REGION
from app.demo.site import FRONT_END, Site, free_port, open_site
from benchmarks.load import Payers, Sent, at_rate, meters_in_order, until
from benchmarks.rig import Rig, dark_town, engines_of_ours, running, until_ready
from benchmarks.table import Line, show
from benchmarks.trips import Trip, lit_trips
from benchmarks.usage import Usage
from headend_client.simulator.world import FrontEndAddress, World

_AHEAD_S = 5.0
_A_SECOND = 60.0  # how fast they are paid: faster than any machine of two cores lights them
_DARK_S = 240.0
_OTHERS = ("web", "office", "notifier")


@dataclass(frozen=True, slots=True)
class Plan:
    """How many concentrators with how many meters; each meter is paid for once."""

    concentrators: int = 30
    meters_each: int = 10


SHORT = Plan(meters_each=4)


@contextmanager
def _open(plan: Plan, fronts: int) -> Iterator[Rig]:
    for name in ("DATABASE_URL", "REDIS_URL"):  # given servers are not ours to fill
        os.environ.pop(name, None)
    with (
        tempfile.TemporaryDirectory(prefix="relight-bench-") as folder,
        open_site(Path(folder), dark_town(plan.concentrators, plan.meters_each), throwaway=True) as site,
        (Path(folder) / "programs.log").open("wb") as log,
        ExitStack() as stack,
    ):
        asyncio.run(seed_database(site.settings, site.town))
        started: dict[str, psutil.Process] = {}
        for name, words, environment in _programs(site, fronts):
            started[name] = stack.enter_context(running(("app", *words), environment, log.fileno()))
        yield Rig(site, Path(folder) / "programs.log", started | engines_of_ours())


def _programs(site: Site, fronts: int) -> Iterator[tuple[str, tuple[str, ...], dict[str, str]]]:
    for each in site.programs():
        if each.name in _OTHERS:
            yield each.name, each.arguments, dict(each.environment)
    for number in range(fronts):
        name = f"{FRONT_END} {number + 1}"
        port = int(site.settings.frontend_port) if number == 0 else free_port()
        environment = {**site.environment, "RELIGHT_FRONTEND_PORT": str(port)}
        yield name, ("frontend", name.replace(" ", "-")), environment
        yield f"meters {number + 1}", _meters(site, port, number, fronts), {}


def _meters(site: Site, port: int, number: int, fronts: int) -> tuple[str, ...]:
    """The simulator of every `fronts`-th concentrator, which all dial one front-end."""
    path = site.world.with_name(f"world-{number + 1}.json")
    replace(World.load(site.world), front_ends=(FrontEndAddress("127.0.0.1", port),)).save(path)
    mine = range(1 + number, site.town.concentrators + 1, fronts)
    return ("simulate", "--world", str(path), *(word for n in mine for word in ("--concentrator", f"{REGION}-{n}")))


async def _paid(payers: Payers, total: int) -> list[Sent]:
    async def one(n: int, when: float) -> Sent:
        payment = await payers.begin(n)
        await until(when)
        return await payers.call_back(payment)

    return await at_rate(_A_SECOND, total, one, ahead_s=_AHEAD_S)


async def _all_lit(deps: Deps, sent: list[Sent]) -> list[Trip]:
    trips: dict[str, Trip] = {}
    for _ in range(int(_DARK_S)):
        trips = await lit_trips(deps)
        if all(each.ref in trips for each in sent):
            return [trips[each.ref] for each in sent]
        await asyncio.sleep(1.0)
    raise RuntimeError(f"{len(trips)} of {len(sent)} purchases ended in light after {_DARK_S:.0f} s")


async def _measure(rig: Rig, plan: Plan) -> tuple[float, Usage]:
    """Purchases a second, and who used the processors meanwhile."""
    usage = Usage(rig)
    async with open_deps(rig.site.settings, "bench") as deps:
        await until_ready(rig, deps)
        payers = Payers(rig, deps, await meters_in_order(deps))
        with usage.watched():
            sent = await _paid(payers, plan.concentrators * plan.meters_each)
            trips = await _all_lit(deps, sent)
    ends = sorted(trip.lit_at for trip in trips)
    return (len(ends) - 1) / (ends[-1] - ends[0]).total_seconds(), usage


def measure(plan: Plan = Plan()) -> list[Line]:
    """Measure both; RuntimeError if a purchase did not end in light."""
    rates: list[float] = []
    lines: list[Line] = []
    for fronts in (1, 2):
        with _open(plan, fronts) as rig:
            rate, usage = asyncio.run(_measure(rig, plan))
        rates.append(rate)
        ratio = rate / rates[0]
        lines.append(Line(f"purchases with the whole loop, front-ends: {fronts}", rate, "/s", ratio))
        lines += [Line(f"  cores used: {name}", cores, "") for name, cores in usage.cores.items()]
    return lines


if __name__ == "__main__":
    show(measure(SHORT if "--short" in sys.argv else Plan()))
