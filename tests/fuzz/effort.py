"""How much work a call does, counted in calls of functions: a measure that no neighbour on the machine disturbs."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")


def effort_of(work: Callable[[], T]) -> tuple[T | Exception, int]:
    """Return what `work` returned or raised, and how many functions it called, those written in C included."""
    calls = 0

    def count(frame: FrameType, event: str, argument: Any) -> None:  # noqa: ANN401 -- the interpreter's own signature
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        outcome: T | Exception = work()
    except Exception as error:  # the caller looks at it
        outcome = error
    finally:
        sys.setprofile(before)
    return outcome, calls


def within(work: Callable[[], T], limit: int) -> T:
    """Return what `work` returns; AssertionError where that took more than `limit` calls."""
    outcome, calls = effort_of(work)
    assert calls <= limit, f"{calls} calls of functions, where {limit} are enough"
    if isinstance(outcome, Exception):
        raise outcome
    return outcome
