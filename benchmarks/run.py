"""`relight bench`: everything that is measured, in one run and one table. docs/performance.md explains the figures."""

import sys

from benchmarks import (
    bench_alarms,
    bench_collect,
    bench_dlt645,
    bench_fees,
    bench_first_load,
    bench_fronts,
    bench_gdw1376,
    bench_imports,
    bench_kiosk,
    bench_link,
    bench_loop,
    bench_messages,
    bench_pages,
    bench_rounds,
    bench_sessions,
    bench_sts,
    bench_trackers,
)
from benchmarks.table import Line, show


def run() -> int:
    """Measure and print; 0 whether targets are met or not, since a figure is no proof of a defect."""
    print("measuring the codecs (half a minute) ...", flush=True)
    lines = [*_codecs()]
    print("measuring the whole loop on real processes (three minutes) ...", flush=True)
    lines += bench_loop.measure(bench_loop.SHORT if "--short" in sys.argv else bench_loop.Plan())
    print("measuring both masters on a bad link (ten minutes) ...", flush=True)
    lines += bench_link.measure(bench_link.SHORT if "--short" in sys.argv else bench_link.MANY)
    print("measuring messages, alone and beside a bulk send (three minutes) ...", flush=True)
    lines += bench_messages.measure(bench_messages.SHORT if "--short" in sys.argv else None)
    print("measuring the alarm levels of a million accounts (five minutes) ...", flush=True)
    lines += bench_alarms.measure(50_000 if "--short" in sys.argv else bench_alarms.MANY)
    print("measuring the daily figures of 200,000 meters stored (a minute) ...", flush=True)
    lines += bench_collect.measure(bench_collect.SHORT if "--short" in sys.argv else bench_collect.MANY)
    print("measuring a day charged under remote fee control (a minute) ...", flush=True)
    lines += bench_fees.measure(bench_fees.SHORT if "--short" in sys.argv else bench_fees.MANY)
    print("measuring ten thousand sessions on one front-end (three minutes) ...", flush=True)
    lines += bench_sessions.measure(bench_sessions.SHORT if "--short" in sys.argv else bench_sessions.MANY)
    print("measuring the daily round of a town (four minutes) ...", flush=True)
    lines += bench_rounds.measure(bench_rounds.SHORT if "--short" in sys.argv else bench_rounds.LONG)
    print("measuring purchases through one front-end and through two (two minutes) ...", flush=True)
    lines += bench_fronts.measure(bench_fronts.SHORT if "--short" in sys.argv else bench_fronts.Plan())
    print("measuring a terminal at its meters (a few seconds) ...", flush=True)
    lines += bench_kiosk.lines()
    print("measuring open trackers (a minute) ...", flush=True)
    lines += bench_trackers.measure()
    print("measuring pages under a hundred residents (a minute) ...", flush=True)
    lines += bench_pages.measure()
    print("measuring first loads on a slow phone (half a minute) ...", flush=True)
    lines += bench_first_load.measure()
    show(lines)
    return 0


def _codecs() -> list[Line]:
    frames = bench_dlt645.measure()
    return [
        Line(
            "DL/T 645 frame of 24 bytes, encode and decode",
            frames["dlt645_per_s"],
            "/s",
            frames["dlt645_ratio"],
            target=9,
            more_is_better=True,
            of_ratio=True,
        ),
        Line(
            "DL/T 645 frame of 200 bytes, encode and decode",
            frames["dlt645_long_per_s"],
            "/s",
            frames["dlt645_long_ratio"],
            target=9,
            more_is_better=True,
            of_ratio=True,
        ),
        Line(
            "  24 bytes with a new address in every frame",
            frames["dlt645_cold_ratio"] * frames["dlt645_peer_per_s"],
            "/s",
            frames["dlt645_cold_ratio"],
        ),
        Line("  PyPI dlt645 3.2.0, 24 bytes, the baseline", frames["dlt645_peer_per_s"], "/s", 1.0),
        *bench_gdw1376.lines(),
        *bench_sts.lines(),
        *bench_imports.lines(),
    ]
