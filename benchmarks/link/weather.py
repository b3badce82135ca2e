"""What the way to a meter is like: seeded, and the same for whoever asks, in whatever order.

The n-th exchange with a meter meets the same fate whoever makes it, and bad spells lie at the same times. How long an
exchange takes is what the fault laboratory says of a narrow-band carrier behind a GPRS uplink: median 4 s and 0.8 s,
95 % within 10 s and 3 s; a silent meter is waited for from 60 to 90 s.
"""

from bisect import bisect_right
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from math import log
from random import Random

from headend_client.simulator.lab.dice import Z_95
from headend_client.simulator.lab.paths import PATHS, UPLINKS, Latency


def _spread(latency: Latency) -> tuple[float, float]:
    """Mean and deviation of the logarithm."""
    return log(latency.median_s), log(latency.slow_s / latency.median_s) / Z_95


_PATH = PATHS["narrow_band"]
_CARRIER, _UPLINK = _spread(_PATH.latency), _spread(UPLINKS["gprs"].latency)


@dataclass(frozen=True, slots=True)
class Weather:
    """`lost`: share of exchanges lost while the way is good, half of them before the meter hears.

    `foul`: share of time in which nothing gets through to a meter; such a spell lasts `foul_s` on the average.
    `dead`: share of meters that never answer. `uplink`: share of what is lost that is lost between us and the
    concentrator, so that not even "no answer" comes.
    """

    seed: int
    lost: float = 0.0
    foul: float = 0.0
    foul_s: float = 1200.0
    dead: float = 0.0
    uplink: float = 0.2


@dataclass(frozen=True, slots=True)
class Fate:
    """Of one exchange. `heard`: the meter hears it. `answered`: we hear the meter. `denied`: we hear "no answer"."""

    heard: bool
    answered: bool
    denied: bool
    takes_s: float


class Way:
    """The way to one meter. `at_s`: seconds since the story began."""

    def __init__(self, weather: Weather, name: str) -> None:
        self._weather, self._name = weather, f"{weather.seed}/{name}"
        self._spells = Random(self._name)
        self.dead = self._spells.random() < weather.dead
        self._begins_foul = self._spells.random() < weather.foul
        self._edges = [0.0]  # where the weather changes; it lasts to the last one at least
        self._asked = 0

    def fate(self, at_s: float) -> Fate:
        """What becomes of the next exchange."""
        dice = Random(f"{self._name}/{self._asked}")
        self._asked += 1
        takes_s = dice.lognormvariate(*_CARRIER) + dice.lognormvariate(*_UPLINK)
        lost = dice.random() < self._weather.lost
        before, at_uplink = dice.random() < 0.5, dice.random() < self._weather.uplink
        silent_s = dice.uniform(_PATH.wait_s, _PATH.wait_most_s)
        if self.dead or self._is_foul(at_s):
            return Fate(heard=False, answered=False, denied=True, takes_s=silent_s)
        if not lost:
            return Fate(heard=True, answered=True, denied=False, takes_s=takes_s)
        return Fate(heard=not before, answered=False, denied=not at_uplink, takes_s=silent_s)

    def _is_foul(self, at_s: float) -> bool:
        weather = self._weather
        if not weather.foul:
            return False
        while self._edges[-1] <= at_s:
            foul = self._foul_in(len(self._edges) - 1)
            mean_s = weather.foul_s if foul else weather.foul_s * (1 - weather.foul) / weather.foul
            self._edges.append(self._edges[-1] + self._spells.expovariate(1 / mean_s))
        return self._foul_in(bisect_right(self._edges, at_s) - 1)

    def _foul_in(self, spell: int) -> bool:
        return self._begins_foul == (spell % 2 == 0)


async def calibrated(
    weather: Weather, knob: str, share: Callable[[Weather], Awaitable[float]], wanted: float = 0.8
) -> Weather:
    """Turn `lost` or `foul` until `share` (which falls as it rises) gives what is wanted."""
    low, high = 0.0, 0.9
    for _ in range(10):
        middle = (low + high) / 2
        if await share(_turned(weather, knob, middle)) > wanted:
            low = middle
        else:
            high = middle
    return _turned(weather, knob, (low + high) / 2)


def _turned(weather: Weather, knob: str, to: float) -> Weather:
    return replace(weather, lost=to) if knob == "lost" else replace(weather, foul=to)
