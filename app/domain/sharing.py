"""How providers of one medium share its load (SPEC N-3; the mechanics are GOV.UK Notify's).

Each has a share in points. Who answers with errors, or is slow to deliver, loses points to the others at once; who does
well drifts back, a step at a time, to what staff want. Everyone who is not off keeps a floor, or nobody would ever
learn that it is well again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

ALL = 100
FLOOR = 5
LOST = 10
"""Points that an error or a slow quarter of an hour costs."""
REGAINED = 5
REST = timedelta(minutes=1)
"""One provider's errors move it at most so often: a burst is one event."""
DRIFTS_AFTER = timedelta(minutes=5)
LOOKED_BACK = timedelta(minutes=15)
SLOW_AFTER = timedelta(minutes=4)
SLOW_PERCENT = 30
FEWEST = 10
"""Of fewer messages nothing is concluded."""


class MoveReason(StrEnum):
    """Why shares moved."""

    ERRORS = "errors"
    SLOW = "slow"
    RECOVERED = "recovered"
    STAFF = "staff"
    CREDENTIALS = "credentials"


@dataclass(frozen=True, slots=True)
class Share:
    """What one provider gets, and what it would get at rest. `off`: nothing at all."""

    name: str
    points: int
    resting: int
    moved_at: datetime
    off: bool = False


@dataclass(frozen=True, slots=True)
class Pace:
    """What a provider took in the last quarter of an hour and had time to deliver, and what it was late with."""

    taken: int
    late: int


def choose(points: Mapping[str, int], dice: float) -> str | None:
    """Whose turn it is, by share. `dice` is in [0, 1). Nobody if there is nobody; all at nought count alike."""
    open_ = {name: max(0, share) for name, share in sorted(points.items())}
    total = sum(open_.values())
    if total == 0:
        open_ = dict.fromkeys(open_, 1)
        total = len(open_)
    left = dice * total
    for name, share in open_.items():
        left -= share
        if left < 0:
            return name
    return next(reversed(open_), None)


def even(count: int) -> int:
    """The share of each of `count` providers before anybody has said otherwise."""
    return ALL // max(1, count)


def may_move(share: Share, now: datetime) -> bool:
    """Has it rested since it was last moved?"""
    return not share.off and now - share.moved_at >= REST


def punished(name: str, shares: Sequence[Share]) -> dict[str, int]:
    """The new points of everybody when `name` loses some to the others that work. Empty: nothing moves."""
    culprit = next((s for s in shares if s.name == name and not s.off), None)
    others = [s for s in shares if s.name != name and not s.off]
    if culprit is None or not others:
        return {}
    lost = min(LOST, culprit.points - FLOOR)
    if lost <= 0:
        return {}
    return {name: culprit.points - lost} | _handed_out(lost, others)


def _handed_out(points: int, others: Sequence[Share]) -> dict[str, int]:
    """Divide evenly; the first few get what is left over. Nobody gets more than there is."""
    each, over = divmod(points, len(others))
    gains = (each + (1 if place < over else 0) for place in range(len(others)))
    return {s.name: min(ALL, s.points + gain) for s, gain in zip(others, gains, strict=True)}


def drifted(shares: Sequence[Share], now: datetime) -> dict[str, int]:
    """The new points when all have been left alone for a while: each a step towards its rest. Empty: nothing moves."""
    open_ = [s for s in shares if not s.off]
    if any(now - s.moved_at < DRIFTS_AFTER for s in open_):
        return {}
    return {s.name: _nearer(s) for s in open_ if s.points != s.resting}


def _nearer(share: Share) -> int:
    gap = share.resting - share.points
    return share.points + max(-REGAINED, min(REGAINED, gap))


def is_slow(pace: Pace) -> bool:
    """Was it late with too many, of enough to tell?"""
    return pace.taken >= FEWEST and pace.late * ALL >= SLOW_PERCENT * pace.taken
