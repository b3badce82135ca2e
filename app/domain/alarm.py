"""Alarm levels: balances below which a resident is warned (SPEC N-1, N-2)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class AlarmLevel(StrEnum):
    NORMAL = "normal"
    A = "a"
    B = "b"


class AlarmTone(StrEnum):
    """How a level speaks. `owing`: the meter runs below zero, or arrears stand."""

    NOTICE = "notice"
    URGENT = "urgent"
    OWING = "owing"


class AlertUnit(StrEnum):
    """`percent`: of the last purchase."""

    MONEY = "money"
    DAYS = "days"
    PERCENT = "percent"


class AlertCycle(StrEnum):
    """`none`: never. `once`: when a level is reached. `daily`: and again each day at the hour while it lasts."""

    NONE = "none"
    ONCE = "once"
    DAILY = "daily"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Levels in minor units, `a_minor` the higher. A level clears only `margin_minor` above where it was raised."""

    a_minor: int
    b_minor: int
    margin_minor: int = 100


_DEPTH = {AlarmLevel.NORMAL: 0, AlarmLevel.A: 1, AlarmLevel.B: 2}


def _level(balance_minor: int, thresholds: Thresholds, lift: int) -> AlarmLevel:
    if balance_minor < thresholds.b_minor + lift:
        return AlarmLevel.B
    if balance_minor < thresholds.a_minor + lift:
        return AlarmLevel.A
    return AlarmLevel.NORMAL


def step(before: AlarmLevel, balance_minor: int, thresholds: Thresholds) -> AlarmLevel:
    """Return the level after a reading of `balance_minor`; between raise and clear it stays as it was."""
    falling = _level(balance_minor, thresholds, 0)
    if _DEPTH[falling] >= _DEPTH[before]:
        return falling
    rising = _level(balance_minor, thresholds, thresholds.margin_minor)
    return rising if _DEPTH[rising] < _DEPTH[before] else before


def raised(before: AlarmLevel, after: AlarmLevel) -> AlarmLevel | None:
    """The level whose episode opens on this edge, if one does. Falling past A straight to B opens B only."""
    return after if _DEPTH[after] > _DEPTH[before] else None


def cleared(before: AlarmLevel, after: AlarmLevel) -> tuple[AlarmLevel, ...]:
    """The levels whose episodes close on this edge."""
    if _DEPTH[after] >= _DEPTH[before]:
        return ()
    return tuple(level for level, depth in _DEPTH.items() if depth > _DEPTH[after])


@dataclass(frozen=True, slots=True)
class Wish:
    """What the holders of a meter want to be warned at: minor units or days left, by `unit`; `first` the higher."""

    unit: AlertUnit
    first: int
    second: int


def wished(wish: Wish | None, usual: Thresholds, daily_use_minor: int | None) -> Thresholds:
    """The levels in money that a meter is watched at: its holders' wish, else the utility's `usual` ones.

    Days become money by what is used a day; while that is not known, the usual levels watch.
    """
    if wish is None or (wish.unit is AlertUnit.DAYS and not daily_use_minor):
        return usual
    factor = daily_use_minor or 0 if wish.unit is AlertUnit.DAYS else 1
    return Thresholds(wish.first * factor, wish.second * factor, usual.margin_minor)


def told_next(cycle: AlertCycle, hour: int, now: datetime, zone: ZoneInfo) -> datetime | None:
    """When an episode that lasts is told again after `now`: on the next local day at `hour`; None: not again."""
    if cycle is not AlertCycle.DAILY:
        return None
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, hour, tzinfo=zone).astimezone(now.tzinfo)
