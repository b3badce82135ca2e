"""One concentrator's share of a laboratory: what becomes of each exchange, each answer, each link.

Whatever is decided about the n-th exchange with a meter is decided by the seed, the meter and n; out of reach (a
spell) it is by the seed, the meter and the time. So whom else a master asks, and in which order, changes nothing.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from headend_client.simulator.faults import Behaviour, Script
from headend_client.simulator.lab.dice import Dice
from headend_client.simulator.lab.faults import OF_BYTES, OF_EXCHANGES, OF_LINKS, OF_METERS, Fault, Rate
from headend_client.simulator.lab.paths import Path
from headend_client.simulator.lab.spec import CARRIER_PORT, LabSpec
from headend_client.simulator.world import MeterSpec

NIGHT_TRIES = 3


@dataclass(frozen=True, slots=True)
class Passing:
    """What becomes of one exchange with a meter.

    `there`: the meter hears it; `back`: its answer comes. `takes_s`: how long that is; `wait_s`: how long a silent
    meter is waited for. `late_s`: of a late answer.
    """

    there: bool = True
    back: bool = True
    takes_s: float = 0.0
    wait_s: float | None = None
    fault: Fault | None = None
    late_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Trouble:
    """What happens to a link, so long after its login. `seconds`: how long it lasts."""

    fault: Fault
    after_s: float
    seconds: float


class Weather:
    """The laboratory as one concentrator, `name`, has it."""

    def __init__(self, lab: LabSpec, name: str) -> None:
        self._lab, self._name, self._dice = lab, name, Dice(lab.seed)
        self._turns: Counter[str] = Counter()
        self._of_exchanges, self._of_bytes = lab.rates(OF_EXCHANGES), lab.rates(OF_BYTES)
        self._of_links = lab.rates(OF_LINKS)
        self._way_up = lab.way_up().latency

    def passing(self, address: str, port: int, now: datetime) -> Passing:
        """Say what becomes of the next exchange with a meter."""
        self._turns[address] += 1
        turn, path, roll = self._turns[address], self._lab.path(port), self._dice.roll
        wait_s = None
        if self._lab.path(port).latency.median_s:
            wait_s = path.wait_s + (path.wait_most_s - path.wait_s) * roll(address, "wait", turn)
        if self._is_away(path, address, now):
            return Passing(there=False, wait_s=wait_s)
        passing = Passing(takes_s=path.latency.seconds(roll(address, "latency", turn)), wait_s=wait_s)
        if roll(address, "loss", turn) < self._loss(path, address):
            back = roll(address, "back", turn) < path.back
            return replace(passing, there=back, back=False)
        rate = _pick(self._of_exchanges, roll(address, "fault", turn))
        if rate is None:
            return passing
        heard = rate.fault not in (Fault.NO_ANSWER, Fault.DENIED)
        return replace(passing, there=heard, fault=rate.fault, late_s=rate.seconds)

    def of_answer(self) -> tuple[Fault | None, float]:
        """Say what becomes of the bytes of the next answer, and where they are cut."""
        turn = self._next("answer")
        rate = _pick(self._of_bytes, self._dice.roll(self._name, "bytes", turn))
        return rate.fault if rate else None, self._dice.roll(self._name, "cut", turn)

    def travel_s(self) -> float:
        """Return how long the next frame takes to the front-end, the way of what it answers included."""
        if not self._way_up.median_s:
            return 0.0
        return self._way_up.seconds(self._dice.roll(self._name, "uplink", self._next("uplink")))

    def trouble(self) -> Trouble | None:
        """Say what will happen to the next link, if anything does."""
        turn = self._next("link")
        rate = _pick(self._of_links, self._dice.roll(self._name, "link", turn))
        if rate is None or rate.fault is Fault.REPORT_TWICE:
            return None
        return Trouble(rate.fault, rate.within_s * self._dice.roll(self._name, "when", turn), rate.seconds)

    def repeats_reports(self) -> bool:
        """Tell whether the next report is sent twice."""
        share = sum(rate.share for rate in self._of_links if rate.fault is Fault.REPORT_TWICE)
        return self._dice.roll(self._name, "report", self._next("report")) < share

    def has_read(self, address: str, day: date) -> bool:
        """Tell whether a meter's frozen day came through in one of the tries of the night (behind port 31)."""
        lost = self._loss(self._lab.path(CARRIER_PORT), address)
        return not lost or self._dice.roll(address, "night", day.toordinal()) >= lost**NIGHT_TRIES

    def clock_ahead_s(self, otherwise_s: float) -> float:
        """Return how wrong the concentrator's clock is."""
        rate = _pick(self._lab.rates((Fault.CLOCK_AHEAD,)), self._dice.roll(self._name, "clock"))
        return rate.seconds if rate else otherwise_s

    def _is_away(self, path: Path, address: str, now: datetime) -> bool:
        if not path.spell_share:
            return False
        spell = int(now.timestamp() // path.spell_s)
        return self._dice.roll(address, "spell", spell) < path.spell_share

    def _loss(self, path: Path, address: str) -> float:
        is_bad = path.bad_share > 0 and self._dice.roll(address, "bad") < path.bad_share
        return path.bad_loss if is_bad else path.loss

    def _next(self, what: str) -> int:
        self._turns[what] += 1
        return self._turns[what]


def cast(lab: LabSpec, spec: MeterSpec) -> MeterSpec:
    """Return a meter with the part that the laboratory gives it, if it gives it one."""
    rates = lab.rates(OF_METERS)
    rate = _pick(rates, Dice(lab.seed).roll(spec.address, "part")) if rates else None
    match rate:
        case Rate(fault=Fault.DEAD_METER):
            return replace(spec, behaviour=Behaviour(Script.DEAD))
        case Rate(fault=Fault.LAZY_RELAY):
            return replace(spec, behaviour=Behaviour(Script.LAZY_RELAY))
        case Rate(fault=Fault.METER_CLOCK_BEHIND, seconds=seconds):
            return replace(spec, first=replace(spec.first, clock_ahead_s=-int(seconds)))
    return spec


def _pick(rates: Sequence[Rate], roll: float) -> Rate | None:
    """Return the rate in whose share of the whole a roll falls; None beyond all of them."""
    for rate in rates:
        roll -= rate.share
        if roll < 0:
            return rate
    return None
