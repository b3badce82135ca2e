"""How far "read now" has come: a resident who asks the meter wants an honest end (SPEC R-3)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class Asking(StrEnum):
    """`idle`: nobody asked lately. `no_link`: it waits for the meter's concentrator. `late`: the tries go on, but it is
    not worth watching. `silent`: the tries are over, and the meter has not answered."""

    IDLE = "idle"
    ASKING = "asking"
    NO_LINK = "no_link"
    LATE = "late"
    ANSWERED = "answered"
    SILENT = "silent"


UNDER_WAY = (Asking.ASKING, Asking.NO_LINK)
PATIENCE = timedelta(seconds=60)  # a phone at 2 % does not watch for longer
REMEMBERED = timedelta(minutes=5)
JUST_NOW = timedelta(minutes=1)
FRESH = timedelta(seconds=20)  # what was read this lately is not read again


@dataclass(frozen=True, slots=True)
class Question:
    """The newest promise to read a meter. `kept`: the job has finished, with or without a figure."""

    asked_at: datetime
    kept: bool


def asking(question: Question | None, read_at: datetime | None, now: datetime, *, linked: bool) -> Asking:
    """Say how far the newest question to a meter has come, given when its balance was last read."""
    if question is None:
        return Asking.IDLE
    if read_at is not None and read_at >= question.asked_at:
        return Asking.ANSWERED if now - read_at <= JUST_NOW else Asking.IDLE
    if question.kept:
        return Asking.SILENT if now - question.asked_at <= REMEMBERED else Asking.IDLE
    if now - question.asked_at > PATIENCE:
        return Asking.LATE
    return Asking.ASKING if linked else Asking.NO_LINK


def worth_asking(read_at: datetime | None, now: datetime) -> bool:
    """Would another reading tell more than the last one?"""
    return read_at is None or now - read_at > FRESH
