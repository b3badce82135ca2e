"""Remote fee control (远程费控): what a meter's day costs where the ledger holds the money (SPEC L-4, B-8).

Prices are 1/10000 of the currency unit per kWh, energy is Wh, so a cost is counted in 1/100000 of a minor unit (`e5`).
Whole minor units are charged; what is left over is carried into the next charge, so that rounding never adds up.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

E5_PER_MINOR = 100_000
MOST_TARIFFS, MOST_STEPS = 4, 6
_MOST_PRICE_E4 = 99_999_999
_LAST_DIGIT_WH = 10  # registers end in hundredths of a kWh, each cut off by itself
_A_DAY = timedelta(days=1)


class FeeControl(StrEnum):
    """Who holds the money of a meter: the meter itself (本地费控), or the ledger (远程费控)."""

    LOCAL = "local"
    REMOTE = "remote"


class StepPeriod(StrEnum):
    """After what the steps of a tiered price begin anew."""

    MONTH = "month"
    YEAR = "year"


class Doubt(StrEnum):
    """Why no rule may charge a day by what a meter said. `does_not_add_up`: its tariffs are not its total."""

    WENT_BACK = "went_back"
    JUMPED = "jumped"
    DOES_NOT_ADD_UP = "does_not_add_up"


@dataclass(frozen=True, slots=True)
class Step:
    """What is used in a period beyond `above_wh` costs `more_e4` more than below it."""

    above_wh: int
    more_e4: int


@dataclass(frozen=True, slots=True)
class Prices:
    """A set of prices. One price: flat; several: by time of use, for tariffs 1, 2, ... Steps come on top (阶梯)."""

    prices_e4: tuple[int, ...]
    steps: tuple[Step, ...] = ()
    period: StepPeriod = StepPeriod.MONTH

    def __post_init__(self) -> None:
        """Raise ValueError with the name of the field that cannot hold."""
        if not 1 <= len(self.prices_e4) <= MOST_TARIFFS or not all(0 <= p <= _MOST_PRICE_E4 for p in self.prices_e4):
            raise ValueError("prices")
        above = [step.above_wh for step in self.steps]
        if len(above) > MOST_STEPS or above != sorted(set(above)) or any(each <= 0 for each in above):
            raise ValueError("steps")
        if not all(0 <= step.more_e4 <= _MOST_PRICE_E4 for step in self.steps):
            raise ValueError("steps")

    @property
    def by_time(self) -> bool:
        """Does the price hang on the time of use?"""
        return len(self.prices_e4) > 1


@dataclass(frozen=True, slots=True)
class Registers:
    """What a meter has counted: in all, and by tariff as far as that was read."""

    total_wh: int
    by_tariff_wh: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Counted:
    """Up to where a meter is charged: the end of `day`, these registers.

    `carried_e5`: what was charged too little so far, below one minor unit. `used_wh`: charged in the present period.
    """

    day: date
    registers: Registers
    carried_e5: int = 0
    used_wh: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a charge. `tariff`: of the time of use, 0 where there is one price; `step`: 0 for the price itself."""

    energy_wh: int
    price_e4: int
    tariff: int = 0
    step: int = 0


@dataclass(frozen=True, slots=True)
class Charge:
    """What a span of days costs, from `first` to `last`, both included, and up to where the meter is charged then."""

    first: date
    last: date
    energy_wh: int
    amount_minor: int
    parts: tuple[Part, ...]
    after: Counted


def charge(
    counted: Counted, last: date, now: Registers, prices: Prices, *, most_wh_a_day: int | None
) -> Charge | Doubt:
    """Charge what was used since `counted` until the end of `last`, or say what a person must look at.

    `most_wh_a_day` None: a person believes this reading, however far it jumps.
    """
    energies = _used(counted.registers, now, prices)
    if isinstance(energies, Doubt):
        return energies
    energy, days = sum(energies), (last - counted.day).days
    if most_wh_a_day is not None and energy > most_wh_a_day * max(days, 1):
        return Doubt.JUMPED
    before = counted.used_wh if _same_period(counted.day, last, prices.period) else 0
    parts = (*_at_price(energies, prices), *_on_top(before, before + energy, prices.steps))
    cost_e5 = counted.carried_e5 + sum(part.energy_wh * part.price_e4 for part in parts)
    amount, carried = divmod(cost_e5, E5_PER_MINOR)
    after = Counted(last, now, carried, before + energy)
    return Charge(counted.day + _A_DAY, last, energy, amount, parts, after)


def _used(before: Registers, now: Registers, prices: Prices) -> tuple[int, ...] | Doubt:
    """Energy by price: one figure for a flat price, else one for each tariff."""
    total = now.total_wh - before.total_wh
    if total < 0:
        return Doubt.WENT_BACK
    if not prices.by_time:
        return (total,)
    width = len(prices.prices_e4)
    if len(before.by_tariff_wh) < width or len(now.by_tariff_wh) < width:
        return Doubt.DOES_NOT_ADD_UP
    each = tuple(b - a for a, b in zip(before.by_tariff_wh[:width], now.by_tariff_wh[:width], strict=True))
    if min(each) < 0:
        return Doubt.WENT_BACK
    if abs(sum(each) - total) > _LAST_DIGIT_WH * (width + 1):
        return Doubt.DOES_NOT_ADD_UP
    return each


def _at_price(energies: tuple[int, ...], prices: Prices) -> list[Part]:
    numbered = zip(energies, prices.prices_e4, strict=True)
    first = 1 if prices.by_time else 0
    return [Part(energy, price, tariff=n) for n, (energy, price) in enumerate(numbered, first) if energy]


def _on_top(from_wh: int, to_wh: int, steps: Sequence[Step]) -> list[Part]:
    """What of a span of use lies in each step, at what that step costs more than the price."""
    found = []
    for n, step in enumerate(steps, 1):
        until = steps[n].above_wh if n < len(steps) else to_wh
        inside = min(to_wh, until) - max(from_wh, step.above_wh)
        if inside > 0 and step.more_e4:
            found.append(Part(inside, step.more_e4, step=n))
    return found


def _same_period(before: date, last: date, period: StepPeriod) -> bool:
    """Is this still the period that was being counted? Of a span that reaches into a new one, all counts there."""
    same_year = last.year == before.year
    return same_year if period is StepPeriod.YEAR else same_year and last.month == before.month


def period_begins(day: date, period: StepPeriod) -> date:
    """The first day of the period of steps that a day lies in."""
    return day.replace(month=1, day=1) if period is StepPeriod.YEAR else day.replace(day=1)


def used_before(then_wh: int, now_wh: int, days: int, most_wh_a_day: int) -> int | None:
    """What a meter counted locally since its period of steps began, `days` days ago; None: that cannot be.

    `then_wh`: what it had frozen at the end of the day before the period.
    """
    used = now_wh - then_wh
    return used if 0 <= used <= most_wh_a_day * max(days, 1) else None


def begin(today: date, now: Registers, used_wh: int, period: StepPeriod) -> Counted:
    """Up to where a meter is charged whose money came into the ledger today. `used_wh`: locally in this period.

    What is used today from now on is charged as today's. On the first day of a period it goes with the next day, where
    something was used already: a charge of the day before would end with the period that is over.
    """
    begins_today = period_begins(today, period) == today
    return Counted(today if used_wh and begins_today else today - _A_DAY, now, 0, used_wh)


def restart(counted: Counted, day: date, now: Registers) -> Counted:
    """A person says that the meter counts from here on: nothing is charged for what lies between."""
    return replace(counted, day=day, registers=now)


def next_due(counted: date, known: Sequence[date], today: date, waits_days: int) -> date | None:
    """The end of the next span that is charged; None: nothing yet. `known`: days with a reading, any order.

    A day that is missing is waited for, so that each day is charged by its own prices; once it is `waits_days` late,
    the next day that is known is charged with it. A day that is not over is never charged.
    """
    wanted = counted + _A_DAY
    after = sorted(day for day in known if wanted <= day < today)
    if not after:
        return None
    late = (today - wanted).days > waits_days
    return after[0] if after[0] == wanted or late else None


def in_force(sets: Sequence[tuple[date, Prices]], day: date) -> Prices | None:
    """The set that holds on a day: the newest that begins on it or before it. None: none does."""
    begun = [each for each in sets if each[0] <= day]
    return max(begun, key=lambda each: each[0])[1] if begun else None


def to_download(held_minor: int, in_meter_minor: int) -> int | None:
    """What a meter must be given so that it holds what the ledger held; None: it holds more already.

    Below zero is overdraft, on both sides.
    """
    missing = held_minor - in_meter_minor
    return missing if missing >= 0 else None
