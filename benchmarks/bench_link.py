"""The link on which a plain master gets four of five purchases through, and the product over the same seeds.

Run it with `python -m benchmarks.bench_link [HOMES]`. Real verbs, real frames, real simulated meters, the product's
own jobs on PostgreSQL; what is not real is time, which passes on the wire alone (benchmarks/link). The loss is turned
until the baseline, "send up to three times in a row, then give up", gets 80 %.
"""

import asyncio
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from app.db import Begin, begin_factory, make_engine
from app.engines import engines
from app.migrate import upgrade
from app.settings import Settings
from benchmarks.link.story import BEGUN, Outcome, Product, plainly
from benchmarks.link.town import Home, hang, homes, open_module, settle
from benchmarks.link.weather import Weather, calibrated
from benchmarks.table import Line, percentile, show
from headend_client.software import SoftwareSecurityModule

SEED = 769_784
DAY_S = 86_400.0
MANY, SHORT = 2_000, 100
TARGET = 99.9
_TO_CALIBRATE = 500


@dataclass(frozen=True, slots=True)
class Scene:
    """One kind of bad link. `knob`: what of its weather is turned until the baseline gets 80 %."""

    name: str
    weather: Weather
    knob: str


SCENES = (
    Scene("every exchange alike", Weather(SEED), "lost"),
    Scene("spells, and a dead meter in 2,000", Weather(SEED, lost=0.05, dead=0.0005), "foul"),
)


@dataclass(frozen=True, slots=True)
class Compared:
    """Both masters on one link. `plain`: the baseline's share; `turned`: where the knob stood."""

    scene: Scene
    plain: float
    turned: Weather
    outcome: Outcome


async def compare(scene: Scene, begin: Begin, folder: Path, count: int) -> Compared:
    """Calibrate, then let both masters sell to `count` homes. The database is empty, and so is `folder`."""
    known = homes(scene.weather.seed, count, DAY_S)
    security = open_module(folder / "plain.tokens")
    turned = await _turn(scene, known[:_TO_CALIBRATE], security)
    plain = await plainly(known, turned, security)
    meters = hang(known, turned, BEGUN)
    async with begin() as db:
        await settle(db, known, BEGUN)
    product = Product(begin, Settings(timezone="Asia/Shanghai"), open_module(folder / "product.tokens"), meters)
    await product.sell(known)
    return Compared(scene, plain, turned, await product.outcome(known))


async def _turn(scene: Scene, known: list[Home], security: SoftwareSecurityModule) -> Weather:
    return await calibrated(scene.weather, scene.knob, lambda weather: plainly(known, weather, security))


def measure(count: int = MANY) -> list[Line]:
    """Measure on engines of its own."""
    lines: list[Line] = []
    for scene in SCENES:
        with tempfile.TemporaryDirectory(prefix="relight-bench-") as folder, engines(throwaway=True) as pair:
            upgrade(pair.database_url)
            lines += _lines(asyncio.run(_run(scene, pair.database_url, Path(folder), count)))
    return lines


async def _run(scene: Scene, url: str, folder: Path, count: int) -> Compared:
    engine = make_engine(url)
    try:
        return await compare(scene, begin_factory(engine), folder, count)
    finally:
        await engine.dispose()


def _lines(one: Compared) -> list[Line]:
    done, name = one.outcome, one.scene.name
    turned = one.turned.lost if one.scene.knob == "lost" else one.turned.foul
    return [
        Line(f"{name}: plain master", 100 * one.plain, "%"),
        Line(f"  lost so that it gets that ({one.scene.knob})", 100 * turned, "%"),
        Line("  product, credited within 24 h", 100 * done.share, "%", None, TARGET, more_is_better=True),
        Line("  of", done.sold, ""),
        *(
            Line(f"  time to credit, {word}", percentile(done.took_s, share) / 60, "min")
            for word, share in (("p50", 0.50), ("p95", 0.95), ("p99", 0.99))
        ),
        Line("  tries a purchase", done.tries / done.sold, ""),
        Line("  credited twice, or with another sum", done.twice, "", None, 0),
        Line("  said to be credited and not in the meter", done.lost, "", None, 0),
        Line("  in no state", done.stray, "", None, 0),
        Line("  the rest", done.rest, ""),
        Line("    without a work order", done.rest - done.with_order, "", None, 0),
        Line("    meter takes tokens, none sent", done.by_token - done.token_sent, "", None, 0),
    ]


if __name__ == "__main__":
    show(measure(int(sys.argv[1]) if len(sys.argv) > 1 else MANY))
