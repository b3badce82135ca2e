"""Alarm levels: balances below which a resident is warned (SPEC N-1, N-2)."""

from dataclasses import dataclass
from enum import StrEnum


class AlarmLevel(StrEnum):
    NORMAL = "normal"
    A = "a"
    B = "b"


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
