"""How long whoever asks will listen: every verb ends before its job is ended, so that what it learned is kept.

A job of the front-end is several verbs, and each may wait for a lost answer. Whoever runs it says how long he listens;
each verb asks when it has to end. An order that changes a meter leaves only if its answer can still be waited for.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf

_ENDS_AT: ContextVar[float] = ContextVar("ends_at", default=inf)


@contextmanager
def patience(seconds: float) -> Iterator[None]:
    """Within the block, and in tasks begun there, no verb goes on for longer than `seconds` from now."""
    mark = _ENDS_AT.set(min(asyncio.get_running_loop().time() + seconds, _ENDS_AT.get()))
    try:
        yield
    finally:
        _ENDS_AT.reset(mark)


def ends_by(verb_s: float) -> float:
    """The loop time by which a verb that begins now, and may take `verb_s`, has to end."""
    return min(asyncio.get_running_loop().time() + verb_s, _ENDS_AT.get())
