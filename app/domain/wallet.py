"""What is known of the money in a meter, and what it means for the resident."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil


class BalanceSource(StrEnum):
    """Where a balance comes from: read back from the meter, frozen daily, or nowhere yet. `ledger`: ours to say."""

    NONE = "none"
    READBACK = "readback"
    DAILY = "daily"
    LEDGER = "ledger"


class ReadingKind(StrEnum):
    """Kinds of readings. Money in minor units (overdraft makes a balance negative), energy in Wh: all, or by tariff."""

    BALANCE = "balance"
    ENERGY = "energy"
    ENERGY_1 = "energy_1"
    ENERGY_2 = "energy_2"
    ENERGY_3 = "energy_3"
    ENERGY_4 = "energy_4"


BY_TARIFF = (ReadingKind.ENERGY_1, ReadingKind.ENERGY_2, ReadingKind.ENERGY_3, ReadingKind.ENERGY_4)


@dataclass(frozen=True, slots=True)
class Restoration:
    """What it takes to get light back. `least_minor` is the smallest payable amount that does it; whole units."""

    least_minor: int
    arrears_minor: int
    overdraft_minor: int


UNIT_MINOR = 100


def split(amount_minor: int, arrears_minor: int) -> tuple[int, int]:
    """Divide a payment into (arrears, credit). Arrears are settled first (SPEC L-3)."""
    arrears = min(amount_minor, arrears_minor)
    return arrears, amount_minor - arrears


def restoration(balance_minor: int, arrears_minor: int, reclose_limit_minor: int) -> Restoration:
    """What must be paid so that the balance rises above the reclose limit (SPEC M-4).

    The limit must be exceeded, because some meters compare strictly (DL/T 645-2007, 04001005).
    """
    missing = reclose_limit_minor - balance_minor + 1
    need = arrears_minor + max(missing, 0)
    least = ceil(need / UNIT_MINOR) * UNIT_MINOR
    return Restoration(max(least, UNIT_MINOR), arrears_minor, max(-balance_minor, 0))


@dataclass(frozen=True, slots=True)
class Figure:
    """A balance in minor units, and when the meter held it."""

    at: datetime
    balance_minor: int


USE_SPAN = timedelta(days=8)  # one week, and the figure before it
LEAST_SPAN = timedelta(hours=20)  # two figures closer together say nothing of a day


def daily_use(first: Figure, last: Figure, credited_minor: int) -> int | None:
    """Minor units used a day between two figures, given what was credited between them.

    None where nothing can be said: too short a time, or the meter gained money that we know nothing of.
    """
    span = last.at - first.at
    used = first.balance_minor + credited_minor - last.balance_minor
    if span < LEAST_SPAN or used < 0:
        return None
    return round(used * timedelta(days=1) / span)


def days_left(balance_minor: int, daily_use_minor: int | None) -> int | None:
    """Whole days that the balance lasts at present use; None where use is not known."""
    if not daily_use_minor or daily_use_minor <= 0:
        return None
    return max(balance_minor, 0) // daily_use_minor


FRESH_FOR = timedelta(hours=26)  # one day and two hours of grace: the daily reading comes late before it is missed


def silent_after(read_at: datetime) -> datetime:
    """When a meter that was read at `read_at` counts as silent, unless it is heard again before."""
    return read_at + FRESH_FOR


def is_stale(read_at: datetime | None, now: datetime, limit: timedelta = FRESH_FOR) -> bool:
    """Is a figure too old to be trusted without saying so?"""
    return read_at is None or now - read_at > limit
