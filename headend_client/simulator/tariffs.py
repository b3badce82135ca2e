"""Prices by time of day: two sets of year zones and of day periods, prices in force and in backup, and the switches.

A year zone says which table of day periods holds from a date on, a period which tariff holds from a time on. Prices
are swapped at their switch time and the old ones go to the backup; zones and periods are not moved, the other set is
used then. After a switch its time reads as none.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TypeVar

TARIFFS = 4  # tip, peak, flat, valley
MAX_ZONES = MAX_PERIODS = 14
MAX_TABLES = 8
_DAY = timedelta(days=1)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Period:
    """From `begins`, minutes after midnight, `tariff` holds."""

    begins: int
    tariff: int


@dataclass(frozen=True, slots=True)
class Zone:
    """From this day of the year the table of day periods with this number holds."""

    month: int
    day: int
    table: int


USUAL_ZONES = (Zone(1, 1, 1),)
USUAL_DAY = tuple(
    Period(60 * hour, tariff) for hour, tariff in ((0, 4), (7, 3), (10, 2), (15, 3), (18, 1), (21, 2), (23, 4))
)


@dataclass(frozen=True, slots=True)
class TableSet:
    """One of the two sets. `days`: the tables, the one with number n at n - 1."""

    zones: tuple[Zone, ...] = USUAL_ZONES
    days: tuple[tuple[Period, ...], ...] = (USUAL_DAY,)


@dataclass(frozen=True, slots=True)
class Switches:
    """When which pair of sets changes over; None: nothing is planned."""

    zones: datetime | None = None
    days: datetime | None = None
    prices: datetime | None = None
    steps: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tariffs:
    """Prices in yuan/10000 per kWh, by tariff. `zones_of`, `days_of`: which of the two `sets` is in use, 0 or 1.

    `steps`, `steps_backup`: tables of steps as they are on the wire, as hex; kept and swapped, and nobody is charged
    by them here.
    """

    prices: tuple[int, ...]
    backup: tuple[int, ...]
    sets: tuple[TableSet, ...] = (TableSet(), TableSet())
    zones_of: int = 0
    days_of: int = 0
    switches: Switches = Switches()
    steps: str = ""
    steps_backup: str = ""

    def tariff_at(self, local: datetime) -> int:
        """Return which tariff holds, 1 to 4."""
        minute = 60 * local.hour + local.minute
        return _last_begun(self._day(local), lambda period: period.begins <= minute).tariff

    def next_change(self, local: datetime) -> datetime:
        """Return when the next period begins, or the next day, in local time."""
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        minute = 60 * local.hour + local.minute
        later = min((period.begins for period in self._day(local) if period.begins > minute), default=None)
        return midnight + (_DAY if later is None else timedelta(minutes=later))

    def next_switch(self, after: datetime) -> datetime | None:
        """Return the next switch that is planned."""
        planned = self.switches
        moments = (planned.zones, planned.days, planned.prices, planned.steps)
        return min((moment for moment in moments if moment is not None and moment > after), default=None)

    def switched(self, now: datetime) -> "Tariffs":
        """Return what holds once every switch has been made that is due at `now`; itself where none is."""
        after, switches = self, self.switches
        if _is_due(switches.zones, now):
            after = replace(after, zones_of=1 - self.zones_of)
        if _is_due(switches.days, now):
            after = replace(after, days_of=1 - self.days_of)
        if _is_due(switches.prices, now):
            after = replace(after, prices=self.backup, backup=self.prices)
        if _is_due(switches.steps, now):
            after = replace(after, steps=self.steps_backup, steps_backup=self.steps)
        return self if after is self else replace(after, switches=_still_planned(switches, now))

    def _day(self, local: datetime) -> tuple[Period, ...]:
        today = (local.month, local.day)
        zone = _last_begun(self.sets[self.zones_of].zones, lambda zone: (zone.month, zone.day) <= today)
        days = self.sets[self.days_of].days
        return days[min(zone.table, len(days)) - 1]


@lru_cache(256)
def usual_tariffs(price_e4: int) -> Tariffs:
    """Return the tariffs of a meter that nobody told any: one price at all hours."""
    prices = (price_e4,) * TARIFFS
    return Tariffs(prices, prices)


def _last_begun(rows: Sequence[T], has_begun: Callable[[T], bool]) -> T:
    """Return the last row that has begun; before the first one has, the last row still holds."""
    return next((row for row in reversed(rows) if has_begun(row)), rows[-1])


def _is_due(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment <= now


def _still_planned(switches: Switches, now: datetime) -> Switches:
    moments = (switches.zones, switches.days, switches.prices, switches.steps)
    return Switches(*(None if _is_due(moment, now) else moment for moment in moments))
