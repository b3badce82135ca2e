"""Carrying a purchase to a meter: what a read-back proves, and what to do when it proves nothing (SPEC L-5, H-7)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Verdict(StrEnum):
    """`landed`: in the meter. `not_yet`: surely not in the meter. `confused`: a person must look."""

    LANDED = "landed"
    NOT_YET = "not_yet"
    CONFUSED = "confused"


def verdict(number: int, count: int, *, maybe_sent: bool) -> Verdict:
    """Judge a purchase sent (or to be sent) under `number` by the purchase `count` that the meter holds.

    A meter that already holds our number although we never sent it was loaded by somebody else.
    """
    if count == number - 1:
        return Verdict.NOT_YET
    if count == number and maybe_sent:
        return Verdict.LANDED
    return Verdict.CONFUSED


def by_record(credit_minor: int, record_minor: int | None) -> Verdict:
    """Judge whose purchase stands under our number, by the sum of the meter's newest purchase record (DL/T 645, 0333).

    For where the count alone cannot tell: ours may have been lost, and somebody else's have come in under its number.
    None: a meter that keeps no such record; then the count is all there is. Another's of the very same sum passes.
    """
    return Verdict.LANDED if record_minor in (None, credit_minor) else Verdict.CONFUSED


RECORDS = 10
"""How many purchase records a meter keeps (DL/T 645, 0333nn with nn from 01, the newest, to 0A)."""


@dataclass(frozen=True, slots=True)
class Record:
    """One purchase as the meter itself wrote it down: its count after it, and its sum."""

    count: int
    amount_minor: int


def places_of(number: int, count: int) -> tuple[int, ...]:
    """Where the record of purchase `number` may stand in a meter that counts `count`, 1 the newest.

    A meter that was set back counts less: what it wrote down before may still be there, at any place.
    """
    place = count - number + 1
    if place < 1:
        return tuple(range(1, RECORDS + 1))
    return (place,) if place <= RECORDS else ()


def by_number(number: int, credit_minor: int, record: Record | None) -> Verdict:
    """Judge ours, sent under `number`, by the record that the meter should have of that number.

    `landed`: ours. `not_yet`: another's, so ours is surely not in the meter and can never come in under that number.
    `confused`: the meter keeps no record of that number, so nothing is proved.
    """
    if record is None or record.count != number:
        return Verdict.CONFUSED
    return Verdict.LANDED if record.amount_minor == credit_minor else Verdict.NOT_YET


TRAVELS = timedelta(hours=1)
"""How long after it left us an order may still get to its meter, at the very most: through every queue on its way."""

RIGHT = timedelta(minutes=5)
"""A clock within this of ours is right."""


def moment_may_tell(last_sent: datetime, now: datetime) -> bool:
    """Is it so long since ours left that the moment of a record can tell it from another of the same sum?"""
    return now - last_sent > TRAVELS + 2 * RIGHT


def is_of_another_moment(recorded: datetime, clock: datetime, last_sent: datetime, now: datetime) -> bool:
    """Did the meter take what stands under our number when nothing of ours can have been on its way any more?

    `recorded`: the moment in its record, to the minute; `clock`: what its clock shows now, which must be right. That
    proves nothing of a clock that somebody set in between, so that a person looks before anything is sent anew.
    """
    is_right = abs(clock - now) <= RIGHT
    return is_right and last_sent + TRAVELS + RIGHT < recorded <= now + RIGHT


class Confusion(StrEnum):
    """Why a person must look. `number_of_another`: the meter's record of our number is of another sum. `set_back`: it
    counts less than it is known to have taken. `loaded_by_others`: it counts more, and ours was never sent.
    `another_moment`: its record of our number is of our sum, and of a moment at which ours was not on its way.
    `went_beyond`: it counts more, and none of its records is of our number.
    """

    NUMBER_OF_ANOTHER = "number_of_another"
    SET_BACK = "set_back"
    LOADED_BY_OTHERS = "loaded_by_others"
    WENT_BEYOND = "went_beyond"
    ANOTHER_MOMENT = "another_moment"


def confusion(number: int, count: int, *, maybe_sent: bool) -> Confusion:
    """Say why nothing is proved of ours, to be sent or sent under `number`, where the meter counts `count`."""
    if count < number - 1:
        return Confusion.SET_BACK
    if not maybe_sent:
        return Confusion.LOADED_BY_OTHERS
    return Confusion.NUMBER_OF_ANOTHER if count == number else Confusion.WENT_BEYOND


QUICK_TRIES = 3
_QUICK = timedelta(seconds=2)
_STEPS = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(minutes=30))


_NEAR = timedelta(minutes=2)
_NEAR_TRIES = 20


def back_off(attempts: int, *, heard: bool = False) -> timedelta:
    """Wait this long after the `attempts`-th try: three in a row, then further and further apart.

    `heard`: the meter answered something in that try. Then the way is bad and not gone, and for `_NEAR_TRIES` it is
    worth a try every two minutes; what does not get there in so many has another reason than the way.
    """
    if attempts < QUICK_TRIES:
        return _QUICK
    step = _STEPS[min(attempts - QUICK_TRIES, len(_STEPS) - 1)]
    return min(step, _NEAR) if heard and attempts < _NEAR_TRIES else step


def needs_work_order(attempts: int) -> bool:
    """After three tries staff get a work order; the tries go on."""
    return attempts >= QUICK_TRIES


def token_shown(attempts: int, *, linked: bool) -> bool:
    """Show the token to the resident as soon as the remote path has failed once or does not exist."""
    return attempts >= 1 or not linked
