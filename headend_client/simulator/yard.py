"""The meters of one process, by address or number: what tests and the demo may look at and change from outside."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from headend_client.simulator.answers import Answerer
from headend_client.simulator.errors import NotThere, WorldError
from headend_client.simulator.faults import Behaviour
from headend_client.simulator.memory import Memory
from headend_client.simulator.meter import Meter, Surroundings
from headend_client.simulator.state import E5_PER_CENT, Cause, Credit, first_state
from headend_client.simulator.tariffs import Tariffs
from headend_client.simulator.world import MAX_CENTS, Limits, MeterSpec

T = TypeVar("T")
_A_TICK = 1_000  # a tick of a large world must not hold up its frames
_STATUS_WORDS = 7
_WRONG_AT_MOST_S = 10 * 366 * 86_400


@dataclass(frozen=True, slots=True)
class Inspection:
    """What is true in a meter, whatever anybody was told. `credits` has every accepted recharge and token ever.

    `tids`: the token identifiers it would know again, without those it was made with. Money in cents, except in
    `credits` (0.00001 yuan).
    """

    address: str
    number: str
    profile: str
    balance_cents: int
    overdraft_cents: int
    purchase_count: int
    energy_wh: int
    level: str
    relay_open: bool
    command_open: bool
    keep_power: bool
    account_open: bool
    customer: str
    tids: tuple[int, ...]
    credits: tuple[Credit, ...]
    behaviour: Behaviour
    played: int
    limits: Limits
    tariffs: Tariffs
    clock_ahead_s: int
    power_w: int


class Yard:
    """Meters with their memories. Whatever is changed here is saved before the call returns."""

    def __init__(self, memory: Memory, around: Surroundings, now: Callable[[], datetime]) -> None:
        self._memory = memory
        self._around = around
        self._now = now
        self._by_name: dict[str, Meter] = {}
        self._meters: list[Meter] = []
        self._next = -1

    def __iter__(self) -> Iterator[Meter]:
        return iter(self._meters)

    def settle_in(self, specs: Sequence[MeterSpec]) -> list[Answerer]:
        """Set meters up, as they remember themselves or as the world file describes them."""
        return [self._answerer(spec) for spec in specs]

    def meter(self, name: str) -> Meter:
        """Return the meter with this address or printed number, as it is now; NotThere."""
        meter = self._by_name.get(name)
        if meter is None:
            raise NotThere(f"no meter {name} here")
        meter.advance(self._now())
        return meter

    def has(self, address: str) -> bool:
        """Is there a meter of this address?"""
        return address in self._by_name

    def lay_hands_on(self, address: str, deed: Callable[[Meter, datetime], T]) -> T:
        """Do something to a meter that is in hand, other than over its line, and save it. NotThere."""
        meter = self.meter(address)
        try:
            return deed(meter, self._now())
        finally:
            self._save(meter)

    def live(self, at_most: int = _A_TICK) -> None:
        """Let so many meters live until now, those that waited longest, and save what that changed.

        A meter that is looked at late lives through the same as one that is looked at often.
        """
        for _ in range(min(at_most, len(self._meters))):
            self._next = (self._next + 1) % len(self._meters)
            meter = self._meters[self._next]
            before = _mark(meter)
            meter.advance(self._now())
            if _mark(meter) != before:
                self._save(meter)

    def save_all(self) -> None:
        """Let every meter live until now and save it, to the last hundredth of a cent."""
        for meter in self._meters:
            meter.advance(self._now())
            self._save(meter)

    def inspect(self, name: str) -> Inspection:
        """Return the truth about a meter."""
        meter = self.meter(name)
        state, spec = meter.state, meter.spec
        made_with = spec.sts.first_tid if spec.sts else 0
        tids = state.tokens.tids if state.tokens else []
        return Inspection(
            spec.address, spec.number, spec.profile.value,
            meter.balance_cents, meter.overdraft_cents, state.purchase_count, meter.energy_wh,
            state.level.name.lower(), state.relay.is_open, state.relay.command_open,
            state.keep_power, state.account_open, state.customer,
            tuple(tid for tid in tids if tid != made_with), tuple(state.credits), meter.behaviour, state.played,
            meter.limits, meter.tariffs, state.clock_ahead_s, meter.power_w,
        )  # fmt: skip

    def set_behaviour(self, name: str, behaviour: Behaviour) -> None:
        """Give a meter another script; its count of faults begins anew."""
        meter = self.meter(name)
        meter.play(behaviour)
        self._save(meter)

    def set_money(self, name: str, cents: int) -> None:
        """Set balance (or, below zero, overdraft); not a credit, so it joins no list of them."""
        if abs(cents) > MAX_CENTS:
            raise WorldError("cents", "no register holds this")
        meter = self.meter(name)
        meter.state.money_e5 = cents * E5_PER_CENT
        meter.settle()
        self._save(meter)

    def set_relay(self, name: str, *, is_open: bool) -> None:
        """Open the relay as an order would, or close it."""
        meter = self.meter(name)
        if is_open:
            meter.trip(Cause.ORDER)
        else:
            meter.close()
        meter.settle()
        self._save(meter)

    def set_load(self, name: str, load_w: int) -> None:
        """Change what the household draws."""
        if load_w < 0:
            raise WorldError("load_w", "this cannot be negative")
        meter = self.meter(name)
        meter.state.load_w = load_w
        self._save(meter)

    def set_clock(self, name: str, ahead_s: int) -> None:
        """Let a meter's clock be wrong by so many seconds; below zero it is behind."""
        if abs(ahead_s) > _WRONG_AT_MOST_S:
            raise WorldError("ahead_s", "ten years at most")
        meter, now = self.meter(name), self._now()
        meter.set_clock(now + timedelta(seconds=ahead_s), now)
        self._save(meter)

    def raise_status(self, name: str, word: int, bits: int) -> None:
        """Set bits of a status word (1 to 7) beside those that the meter sets itself; 0 takes them back."""
        if not (1 <= word <= _STATUS_WORDS and 0 <= bits <= 0xFFFF):
            raise WorldError("word", "words 1 to 7 of 16 bits")
        meter = self.meter(name)
        raised = meter.state.raised or [0] * _STATUS_WORDS
        meter.state.raised = [*raised[: word - 1], bits, *raised[word:]]
        self._save(meter)

    def press_key(self, name: str) -> None:
        """Let the resident press the key on the meter."""
        meter = self.meter(name)
        meter.press_key()
        self._save(meter)

    def _answerer(self, spec: MeterSpec) -> Answerer:
        state = self._memory.load(spec.address) or first_state(spec)
        meter = Meter(spec, state, self._around)
        self._meters.append(meter)
        for name in {spec.address, spec.number}:
            if name in self._by_name:
                raise WorldError("meters", f"{name} names two meters")
            self._by_name[name] = meter
        answerer = Answerer(meter, lambda: self._save(meter))
        meter.advance(self._now())
        self._save(meter)
        return answerer

    def _save(self, meter: Meter) -> None:
        self._memory.save(meter.spec.address, meter.state)


def _mark(meter: Meter) -> tuple[object, ...]:
    """Return what is worth a file when time alone changed it: whole cents, the relay, the day."""
    relay = meter.state.relay
    return (
        meter.state.money_e5 // E5_PER_CENT,
        meter.state.level,
        relay.is_open,
        relay.command_open,
        meter.state.frozen[-1:],
        meter.state.tariffs,
    )
