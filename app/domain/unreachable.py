"""Meters whose remote credit is likely to fail, known from the tries of the last weeks (SPEC M-15)."""

from dataclasses import dataclass
from datetime import timedelta

LOOK_BACK = timedelta(days=14)  # a line that was mended is believed again after this long at the latest
LEAST_TRIES = 6  # fewer may be one bad evening
_ONE_IN = 3


@dataclass(frozen=True, slots=True)
class Record:
    """Tries within `LOOK_BACK` to carry something to a meter or to read it for somebody; how many got through."""

    tries: int = 0
    landed: int = 0


def likely_to_fail(record: Record) -> bool:
    """Is this meter known to be hard to reach: tried often, and fewer than one try in three got through?"""
    return record.tries >= LEAST_TRIES and record.landed * _ONE_IN < record.tries
