"""What carries a meter's frames: the link of a concentrator that dialled in, or one that we opened to a gateway.

Verbs know no more of the way than this: whose turn it is, and what came back for a frame.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from headend_client.errors import Unreachable
from headend_client.target import Priority
from headend_client.timing import Timing
from headend_client.trace import Trace
from meters_io.dlt645.frame import Frame


@dataclass(frozen=True, slots=True)
class Silence:
    """A passage that brought no word of the meter. `reason`: `meter_silent` (k = 0), `no_reply` (our deadline),
    `line_silent` (the same behind a gateway, of which nothing else can be told)."""

    reason: str


Passing = Callable[[Frame, Trace, float], Awaitable[bytes | Silence]]
"""Carries a frame to its meter and waits for so many seconds at most. Raises Unreachable, SessionClosed."""


class Turn:
    """The right to speak on one port or line, until the turn ends. No exchange goes on beyond loop time `until`.

    `answer_s`: the longest that an answer may take.
    """

    def __init__(self, passing: Passing, answer_s: float, until: float) -> None:
        self._passing, self._answer_s, self._until = passing, answer_s, until

    async def ask(self, request: Frame, trace: Trace) -> bytes | Silence:
        """Carry a question to its meter; return the bytes that came back for it, or that none did.

        Raises Unreachable when it was not passed on, or no time is left; SessionClosed when the link ended.
        """
        left_s = self._left_s()
        if left_s <= 0:
            raise Unreachable("no_time_left")
        return await self._passing(request, trace, left_s)

    async def tell(self, request: Frame, trace: Trace) -> bytes | Silence:
        """As `ask`, for what changes the meter: it does not leave unless there is time to wait for any answer."""
        left_s = self._left_s()
        if left_s < self._answer_s:
            raise Unreachable("no_time_left")
        return await self._passing(request, trace, left_s)

    def _left_s(self) -> float:
        return self._until - asyncio.get_running_loop().time()


class Link(Protocol):
    """A way to meters that is open."""

    @property
    def timing(self) -> Timing: ...

    def turn(self, port: int, priority: Priority, until: float) -> AbstractAsyncContextManager[Turn]:
        """Wait for a turn and hold it. Raises Unreachable: nothing of the caller's has been sent."""
