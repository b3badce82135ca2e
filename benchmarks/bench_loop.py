"""From the callback to the relay: what our software adds to what the meters take.

Run it with `python -m benchmarks.bench_loop [--short]`. Real processes (web, front-end, office, notifier, simulated
concentrators), real PostgreSQL and Valkey, on this machine; the load generator plays the payment provider. Every
moment is the wall clock of this machine: the load generator's own just before it connects, then what the programs
wrote beside their frames.
"""

import asyncio
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from app.assembly import open_deps
from app.context import Deps
from benchmarks.bare import bare_hops_ms
from benchmarks.load import Payers, Sent, meters_in_order
from benchmarks.rig import Rig, dark_town, open_rig, until_ready
from benchmarks.table import Line, percentile, show
from benchmarks.trips import Trip, lit_trips, ms
from benchmarks.usage import Usage

RATE = 20.0
TARGET_MS = 50.0
TARGET_RATIO = 1.05
EXCHANGE_MS = 300
_DARK_S = 30.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured. `warm_s`, `load_s`, `bare_s`: seconds at `RATE`; `rounds`: slow purchases a meter."""

    concentrators: int = 20
    meters_each: int = 20
    warm_s: float = 5.0
    load_s: float = 60.0
    bare_s: float = 20.0
    slow_meters: int = 6
    rounds: int = 3


SHORT = Plan(meters_each=10, warm_s=2.0, load_s=8.0, bare_s=4.0, slow_meters=3, rounds=1)


def measure(plan: Plan = Plan()) -> list[Line]:
    """Measure both towns; RuntimeError if a purchase did not end in light."""
    with open_rig(dark_town(plan.concentrators, plan.meters_each)) as rig:
        quick = asyncio.run(_quick(rig, plan))
    with open_rig(dark_town(plan.slow_meters, 1, EXCHANGE_MS)) as rig:
        slow = asyncio.run(_slow(rig, plan))
    return [*quick, *slow]


async def _quick(rig: Rig, plan: Plan) -> list[Line]:
    async with open_deps(rig.site.settings, "bench") as deps:
        await until_ready(rig, deps)
        payers = Payers(rig, deps, await meters_in_order(deps))
        await payers.pay_at_rate(RATE, int(RATE * plan.warm_s))
        usage = Usage(rig)
        with usage.watched():
            sent = await payers.pay_at_rate(RATE, int(RATE * plan.load_s))
        trips = await _all_lit(deps, sent)
        bare = await bare_hops_ms(rig, RATE, int(RATE * plan.bare_s))
    return [*_lines(sent, trips, bare), *_stages(sent, trips), *_usage_lines(usage, plan)]


async def _all_lit(deps: Deps, sent: list[Sent]) -> dict[str, Trip]:
    """Wait until the last purchase has ended in light."""
    wrong = [each.status for each in sent if each.status != 200]
    dark = [each.ref for each in sent]
    for _ in range(int(_DARK_S)):
        trips = await lit_trips(deps)
        dark = [each.ref for each in sent if each.ref not in trips]
        if not dark and not wrong:
            return trips
        await asyncio.sleep(1.0)
    raise RuntimeError(f"{len(dark)} of {len(sent)} purchases did not end in light; callbacks not taken: {wrong}")


def _lines(sent: list[Sent], trips: dict[str, Trip], bare: list[float]) -> list[Line]:
    paired = [(each.at, trips[each.ref]) for each in sent]
    first = [ms(at, trip.first_byte_at) for at, trip in paired]
    received = [ms(trip.received_at, trip.first_byte_at) for _, trip in paired]
    between = [(trip, ms(trip.read_back_at, trip.order_at)) for _, trip in paired]
    order = [span - trip.waited_ms(trip.read_back_at, trip.order_at) for trip, span in between]
    return [
        *_spread("callback to first byte", first, bare, TARGET_MS),
        *_spread("  from its arrival in the hook", received, bare),
        *_spread("read-back to relay order", order, bare, TARGET_MS),
        *_spread("  with the meter's two answers", [span for _, span in between], bare),
        *_spread("bare hop: POST, row, job", bare),
    ]


def _spread(name: str, spans: list[float], bare: Iterable[float] = (), target: float | None = None) -> list[Line]:
    base = list(bare)
    return [
        Line(
            f"{name}, {word}",
            percentile(spans, share),
            "ms",
            percentile(spans, share) / percentile(base, share) if base else None,
            target if word == "p99" else None,
        )
        for word, share in (("p50", 0.50), ("p99", 0.99))
    ]


def _stages(sent: list[Sent], trips: dict[str, Trip]) -> list[Line]:
    """Where the time goes: medians and 99th percentiles of the parts."""
    paired = [(each.at, trips[each.ref]) for each in sent]
    parts = {
        "POST to hook": [ms(at, trip.received_at) for at, trip in paired],
        "hook, first byte": [ms(trip.received_at, trip.first_byte_at) for _, trip in paired],
        "read-back, conclusion begins": [ms(trip.read_back_at, trip.credited_at) for _, trip in paired],
        "conclusion, bell, queue, look": [ms(trip.credited_at, trip.look_at) for _, trip in paired],
        "look, order, without answers": [
            ms(trip.look_at, trip.order_at) - trip.waited_ms(trip.look_at, trip.order_at) for _, trip in paired
        ],
        "callback to light, all in all": [ms(at, trip.lit_at) for at, trip in paired],
    }
    return [line for name, spans in parts.items() for line in _spread(f"  part: {name}", spans)]


def _usage_lines(usage: Usage, plan: Plan) -> list[Line]:
    return [Line(f"  cores used: {name}", cores, "") for name, cores in usage.cores.items()]


async def _slow(rig: Rig, plan: Plan) -> list[Line]:
    """Every meter's purchases one after the other; a meter a concentrator, so that nobody waits for a line."""
    async with open_deps(rig.site.settings, "bench") as deps:
        await until_ready(rig, deps)
        payers = Payers(rig, deps, await meters_in_order(deps))
        sent: list[Sent] = []
        trips: dict[str, Trip] = {}
        for _ in range(plan.rounds):
            sent += await payers.pay_at_rate(plan.slow_meters, plan.slow_meters)
            trips = await _all_lit(deps, sent)
    ratios = [ms(each.at, trip.lit_at) / trip.waited_ms(each.at, trip.lit_at) for each, trip in _paired(sent, trips)]
    added = [ms(each.at, trip.lit_at) - trip.waited_ms(each.at, trip.lit_at) for each, trip in _paired(sent, trips)]
    return [
        Line(
            f"whole loop over its exchanges of {EXCHANGE_MS} ms, p50",
            percentile(ratios, 0.5),
            "times",
            None,
            TARGET_RATIO,
        ),
        Line(f"whole loop over its exchanges of {EXCHANGE_MS} ms, worst", max(ratios), "times"),
        Line("  what it adds to them, p50", percentile(added, 0.5), "ms"),
    ]


def _paired(sent: list[Sent], trips: dict[str, Trip]) -> list[tuple[Sent, Trip]]:
    return [(each, trips[each.ref]) for each in sent]


if __name__ == "__main__":
    show(measure(SHORT if "--short" in sys.argv else Plan()))
