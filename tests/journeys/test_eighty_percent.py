"""A link on which a plain master gets four of five purchases through: the product gets them all, each once.

Real verbs, frames and simulated meters; time passes on the wire alone. `python -m benchmarks.bench_link` has the long
form, with thousands of homes.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from app.db import Begin
from benchmarks.bench_link import SCENES, SEED, Scene, compare
from benchmarks.link.weather import Way, Weather

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
HOMES = 40


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.knob)
async def test_what_a_plain_master_gets_through_at_80_percent_the_product_gets_through_once_and_whole(
    scene: Scene, begin: Begin, tmp_path: Path
) -> None:
    living = replace(scene, weather=replace(scene.weather, dead=0.0))
    compared = await compare(living, begin, tmp_path, HOMES)
    done = compared.outcome
    assert 0.7 <= compared.plain <= 0.9  # of so few homes
    assert done.share == 1.0
    assert (done.twice, done.lost, done.stray) == (0, 0, 0)


async def test_what_no_network_can_carry_has_a_work_order_and_its_token_is_on_its_way_to_the_resident(
    begin: Begin, tmp_path: Path
) -> None:
    done = (await compare(Scene("dead", Weather(SEED, dead=0.5), "lost"), begin, tmp_path, 8)).outcome
    assert 0 < done.rest < done.sold
    assert 0 < done.by_token < done.rest
    assert (done.with_order, done.token_sent) == (done.rest, done.by_token)
    assert (done.twice, done.lost, done.stray) == (0, 0, 0)


def test_the_same_seed_is_the_same_weather_whoever_asks_and_in_whatever_order() -> None:
    weather = Weather(SEED, lost=0.3, foul=0.3)
    first, second = ([Way(weather, name) for name in ("a", "b")] for _ in range(2))
    moments = [1.0, 5000.0, 90.0, 80_000.0, 40_000.0]
    told = [[way.fate(at) for at in moments] for way in first]
    again = [[way.fate(at) for at in moments] for way in reversed(second)]
    assert told == list(reversed(again))
    assert told[0] != told[1]
