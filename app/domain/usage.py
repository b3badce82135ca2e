"""What a home uses, told from the figures of its meter: by day, by month, and beside last year (SPEC R-6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from app.domain.alarm import AlarmTone, MoneyLevel

_LEAST, _MOST = timedelta(hours=10), timedelta(hours=38)  # what may lie between two figures that are called a day


class BalanceState(StrEnum):
    """How a day's balance stands to the meter's own warning levels."""

    NORMAL = "normal"
    BELOW_A = "below_a"
    BELOW_B = "below_b"
    ARREARS = "arrears"


@dataclass(frozen=True, slots=True)
class Taken:
    """A figure of a day: a balance in minor units, or a register in Wh, and when the meter held it."""

    at: datetime
    value: int


@dataclass(frozen=True, slots=True)
class Credit:
    """Money that came into the meter."""

    at: datetime
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Day:
    """One day. None is a gap: the meter was not read, or what it says does not add up to a use."""

    day: date
    balance_minor: int | None = None
    state: BalanceState | None = None
    use_minor: int | None = None
    energy_wh: int | None = None


@dataclass(frozen=True, slots=True)
class Month:
    """One month's sum over the days that are known: `known` of `days`. None where no day is known."""

    first: date
    use_minor: int | None
    energy_wh: int | None
    known: int
    days: int

    @property
    def whole(self) -> bool:
        """Is every day of it known?"""
        return self.known == self.days


_TONES = {
    AlarmTone.NOTICE: BalanceState.BELOW_A,
    AlarmTone.URGENT: BalanceState.BELOW_B,
    AlarmTone.OWING: BalanceState.ARREARS,
}


def state_of(balance_minor: int, levels: Sequence[MoneyLevel]) -> BalanceState:
    """Judge one balance by the deepest level it is below. A balance on a level is not below it."""
    if balance_minor < 0:
        return BalanceState.ARREARS
    below = [level for level in levels if balance_minor < level.below_minor]
    return _TONES[max(below, key=lambda level: level.depth).tone] if below else BalanceState.NORMAL


def use_between(first: Taken, last: Taken, credits: Sequence[Credit]) -> int | None:
    """What was used between two balances, minor units: what was there, and came, and is gone.

    None for figures that lie no day apart, and where the meter gained what we know nothing of.
    """
    came = sum(credit.amount_minor for credit in credits if first.at < credit.at <= last.at)
    used = first.value + came - last.value
    return used if used >= 0 and _LEAST <= last.at - first.at <= _MOST else None


def days(
    balances: Mapping[date, Taken],
    registers: Mapping[date, Taken],
    credits: Mapping[date, Sequence[Credit]],
    levels: Sequence[MoneyLevel],
) -> dict[date, Day]:
    """Every day that a figure is known of. `credits` by local day; the use of a day ends with that day's figure."""
    told = {}
    for day in sorted(balances.keys() | registers.keys()):
        before, balance = day - timedelta(days=1), balances.get(day)
        near = [*credits.get(before, ()), *credits.get(day, ())]
        use = use_between(balances[before], balance, near) if balance and before in balances else None
        told[day] = Day(
            day,
            balance.value if balance else None,
            state_of(balance.value, levels) if balance else None,
            use,
            _energy(registers.get(before), registers.get(day)),
        )
    return told


def _energy(first: Taken | None, last: Taken | None) -> int | None:
    return use_between(Taken(first.at, -first.value), Taken(last.at, -last.value), ()) if first and last else None


def span(told: Mapping[date, Day], last: date, length: int) -> tuple[Day, ...]:
    """The `length` days that end with `last`, gaps and all."""
    first = last - timedelta(days=length - 1)
    return tuple(told.get(first + timedelta(days=n), Day(first + timedelta(days=n))) for n in range(length))


def month(told: Mapping[date, Day], first: date, today: date) -> Month:
    """The month that begins with `first`; of the present one the days until `today`."""
    end = min(_next(first), today + timedelta(days=1))
    length = max((end - first).days, 0)
    inside = [told[day] for n in range(length) if (day := first + timedelta(days=n)) in told]
    uses = [day.use_minor for day in inside if day.use_minor is not None]
    energies = [day.energy_wh for day in inside if day.energy_wh is not None]
    return Month(first, sum(uses) if uses else None, sum(energies) if energies else None, len(uses), length)


def months(told: Mapping[date, Day], today: date, count: int) -> tuple[tuple[Month, Month], ...]:
    """The last `count` months, each with the same one a year before; of the present one as many days on both sides."""
    found, first = [], today.replace(day=1)
    for _ in range(count):
        year_ago = first.replace(year=first.year - 1)
        then = _same_day_last_year(today) if first == today.replace(day=1) else _next(year_ago)
        found.append((month(told, first, today), month(told, year_ago, then)))
        first = (first - timedelta(days=1)).replace(day=1)
    return tuple(reversed(found))


def _next(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)


def _same_day_last_year(day: date) -> date:
    return day.replace(year=day.year - 1, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=day.year - 1)
