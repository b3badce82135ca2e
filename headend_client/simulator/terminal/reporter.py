"""Reports that a terminal makes by itself: one after the other, each repeated until a master confirms it."""

import asyncio
from collections.abc import Awaitable, Callable

from headend_client.simulator.terminal.state import TerminalState
from meters_io.gdw1376.reports import Report

Say = Callable[[Report], Awaitable[bool]]


class Reporter:
    """What waits to be reported. It lives longer than any link: what one link did not confirm the next one tells."""

    def __init__(self, state: TerminalState) -> None:
        self._state = state
        self._news: asyncio.Future[None] | None = None

    def wake(self) -> None:
        """Say that something has happened."""
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    async def run(self, say: Say) -> None:
        """Report for as long as a link lasts. `say` sends a report, again and again, and tells when it is confirmed."""
        while True:
            while self._state.outgoing:
                report = self._state.outgoing[0]
                if await say(report):
                    self._state.outgoing.remove(report)
                    self._state.events.confirmed(report)
            self._news = asyncio.get_running_loop().create_future()
            await self._news
