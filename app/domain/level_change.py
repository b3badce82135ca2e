"""Alarm levels for many accounts: what may be set, and thresholds from what is really used (SPEC N-1, B-6)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil

from app.domain.alarm import AlertUnit
from app.domain.wallet import UNIT_MINOR

PERIODS = (7, 14, 30, 90)
"""Days of readings that an average is made of."""
PREVIEW_LASTS = timedelta(hours=24)


class ChangeKind(StrEnum):
    """`policy`: accounts use another one, and what was set for them goes. `levels`: figures. `use`: from real use."""

    POLICY = "policy"
    LEVELS = "levels"
    USE = "use"


class ChangeState(StrEnum):
    """`drafted`: the preview is whole. `stopped`: somebody stopped it; what was applied stays."""

    DRAFTING = "drafting"
    DRAFTED = "drafted"
    APPLYING = "applying"
    APPLIED = "applied"
    STOPPED = "stopped"


class Kept(StrEnum):
    """Why an account stays as it was. `changed`: somebody changed it between preview and application."""

    NO_DATA = "no_data"
    SAME = "same"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class SetLevel:
    """What a change sets at one depth. Of kind `use`: `value` are days, and `least_minor` is the lowest figure."""

    depth: int
    unit: AlertUnit
    value: int
    on: bool = True
    least_minor: int = 0


@dataclass(frozen=True, slots=True)
class Used:
    """Balances of a meter at both ends of a period, minor units, and what was credited between them."""

    first_at: datetime
    first_minor: int
    last_at: datetime
    last_minor: int
    credited_minor: int = 0


def average(used: Used | None, period: timedelta) -> int | None:
    """Minor units used a day; None where too little is known: half of the period at least must lie between the figures.

    A meter that gained what we know nothing of says nothing either.
    """
    if used is None:
        return None
    span = used.last_at - used.first_at
    gone = used.first_minor + used.credited_minor - used.last_minor
    if span * 2 < period or gone < 0:
        return None
    return round(gone * timedelta(days=1) / span)


def from_use(average_minor: int, level: SetLevel) -> int:
    """A threshold from use: the average times days, in whole currency units, never under the least."""
    units = ceil(average_minor * level.value / UNIT_MINOR)
    return max(units * UNIT_MINOR, level.least_minor)
