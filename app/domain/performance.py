"""How well the utility keeps its word, in shares that anybody may check (SPEC M-18)."""

from dataclasses import dataclass
from datetime import date, timedelta

WITHIN = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30))
MONTHS = 12


@dataclass(frozen=True, slots=True)
class Share:
    """`kept` of `of`. Nothing to count is not a hundred per cent."""

    kept: int
    of: int

    @property
    def percent_tenths(self) -> int | None:
        """Tenths of a per cent, rounded down: 999 of 1000 is never shown as all of them."""
        return self.kept * 1000 // self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Month:
    """What was paid in one month and when it was lit. `within` goes with WITHIN; `open`: not yet, or with a person."""

    first: date
    within: tuple[Share, ...]
    open: int


@dataclass(frozen=True, slots=True)
class Performance:
    """The whole page. `since`, `until`: local days, the second not counted in."""

    since: date
    until: date
    within: tuple[Share, ...]
    open: int
    months: tuple[Month, ...]
    warned: Share
    estimates: Share
    revised: int


def month_of(day: date) -> date:
    """The first day of a day's month."""
    return day.replace(day=1)


def months_back(today: date, count: int = MONTHS) -> tuple[date, ...]:
    """The first days of the last `count` months, this one last."""
    found = [month_of(today)]
    while len(found) < count:
        found.append(month_of(found[-1] - timedelta(days=1)))
    return tuple(reversed(found))
