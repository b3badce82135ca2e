"""How often a sign-in code may be asked for, and how long one is good (OWASP ASVS 2.2, 2.7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

MOST_TRIES = 5
REMEMBERED = timedelta(days=1)  # the longest span below


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` in any `span`."""

    span: timedelta
    most: int


PER_NUMBER = (Limit(timedelta(minutes=1), 1), Limit(timedelta(hours=1), 5), Limit(timedelta(days=1), 10))
PER_ADDRESS = (Limit(timedelta(hours=1), 30),)  # a household, or many behind one address of a mobile network


def free_at(asked: Sequence[datetime], limits: Sequence[Limit], now: datetime) -> datetime | None:
    """When the next code may be asked for after those `asked` for; None: now."""
    waits = [_wait(sorted(asked), limit, now) for limit in limits]
    return max((wait for wait in waits if wait is not None), default=None)


def _wait(asked: Sequence[datetime], limit: Limit, now: datetime) -> datetime | None:
    recent = [at for at in asked if at > now - limit.span]
    return recent[-limit.most] + limit.span if len(recent) >= limit.most else None


class CodeTrouble(StrEnum):
    """Why a typed code opens nothing. `old`: used, over, or not of this browser. `spent`: too many wrong ones."""

    OLD = "code_old"
    SPENT = "code_spent"
    WRONG = "code_wrong"


def trouble_before(tries: int, *, used: bool, over: bool) -> CodeTrouble | None:
    """Why a code is not even compared; None if it is."""
    if used or over:
        return CodeTrouble.OLD
    return CodeTrouble.SPENT if tries >= MOST_TRIES else None
