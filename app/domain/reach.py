"""Is a meter likely to take what is sent to it? Said before money is taken (SPEC M-15)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.unreachable import Record, likely_to_fail


class Reach(StrEnum):
    """`poor`: it may take longer. `down`: what is paid now will hardly get there over the line."""

    GOOD = "good"
    POOR = "poor"
    DOWN = "down"


LOOK_BACK = timedelta(days=3)  # older failures say nothing about today
BLINK = timedelta(minutes=2)  # a concentrator that logs in again is away for less
MANY = 3  # tries in a row without an answer


@dataclass(frozen=True, slots=True)
class Contact:
    """What is known of the way to a meter. `link_heard_at`: when its concentrator was heard last.

    `unanswered`: tries within `LOOK_BACK` to reach the meter that failed since it was last heard. `work_orders`:
    purchases within `LOOK_BACK` that the network could not carry in time, whatever became of them. `record`: how tries
    of the last weeks ended.
    """

    linked: bool
    link_heard_at: datetime | None
    silent_after: datetime | None
    unanswered: int = 0
    work_orders: int = 0
    record: Record = field(default_factory=Record)


def reach(known: Contact, now: datetime) -> Reach:
    """Judge the way to a meter."""
    if not known.linked:
        blinked = known.link_heard_at is not None and now - known.link_heard_at <= BLINK
        return Reach.POOR if blinked else Reach.DOWN
    silent = known.silent_after is not None and now > known.silent_after
    if known.unanswered >= MANY or (silent and known.unanswered):
        return Reach.DOWN
    bad = silent or known.unanswered or known.work_orders or likely_to_fail(known.record)
    return Reach.POOR if bad else Reach.GOOD
