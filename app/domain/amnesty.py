"""Amnesty (免停电): nobody is cut while our own sale path is down, and for some hours after (SPEC M-5)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Trouble(StrEnum):
    """What of our own is down. `head_end_down`: no front-end beats. `links_down`: none of an area's concentrators has a
    link. `payments_down`: no payment provider answers. `tokens_down`: the security module issues none."""

    HEAD_END_DOWN = "head_end_down"
    LINKS_DOWN = "links_down"
    PAYMENTS_DOWN = "payments_down"
    TOKENS_DOWN = "tokens_down"


@dataclass(frozen=True, slots=True)
class Term:
    """For how long an amnesty holds. `until_at` None: until it is known; `ended_at`: it does not hold any more."""

    until_at: datetime | None
    ended_at: datetime | None = None


def followed(term: Term, rest: timedelta, now: datetime, *, down: bool) -> Term:
    """The term of an amnesty that a round opened, after looking again.

    Trouble that comes back within the rest makes it open-ended once more.
    """
    if down:
        return Term(None)
    if term.until_at is None:
        return Term(now + rest) if rest else Term(None, now)
    return Term(term.until_at, now) if term.until_at <= now else term
