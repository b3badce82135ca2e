"""Whose turn it is on a concentrator port: the most urgent first, among equals the one that came first.

A concentrator does one passage at a time per port and refuses or delays a second one. A turn may hold several
exchanges: an identity authentication and the command it opens must not be torn apart.
"""

import asyncio
import heapq
from itertools import count

from headend_client.errors import Unreachable
from headend_client.target import Priority

Waiter = asyncio.Future[None]


class Turns:
    """The queue of one port."""

    def __init__(self) -> None:
        self._queue: list[tuple[Priority, int, Waiter]] = []
        self._order = count()
        self._busy = False
        self._closed = ""

    async def enter(self, priority: Priority, limit_s: float) -> None:
        """Return when it is the caller's turn; `leave` must follow.

        Raises Unreachable: `port_busy` after `limit_s`, or why the link closed.
        """
        if self._closed:
            raise Unreachable(self._closed)
        if not self._busy:
            self._busy = True
            return
        turn: Waiter = asyncio.get_running_loop().create_future()
        heapq.heappush(self._queue, (priority, next(self._order), turn))
        try:
            async with asyncio.timeout(limit_s):
                await turn
        except BaseException as ended:
            self._give_up(turn)
            if isinstance(ended, TimeoutError):
                raise Unreachable("port_busy") from None
            raise

    def leave(self) -> None:
        """End a turn: the next one begins."""
        while self._queue:
            _, _, turn = heapq.heappop(self._queue)
            if not turn.done():
                turn.set_result(None)
                return
        self._busy = False

    def close(self, reason: str) -> None:
        """Send everybody away who waits, and all who come later, with Unreachable(`reason`)."""
        self._closed = reason
        queue, self._queue = self._queue, []
        for _, _, turn in queue:
            if not turn.done():
                turn.set_exception(Unreachable(reason))

    def _give_up(self, turn: Waiter) -> None:
        """Pass the turn on if it came in the very moment its waiter went away."""
        if turn.done() and not turn.cancelled() and turn.exception() is None:
            self.leave()
