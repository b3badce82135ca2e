"""What goes on between terminal and platform by itself: beats, facts told once, what is kept, the board.

Each round is one method, so that a test can take it step by step; `run` puts them on their beats. After a failure a
round comes later and later, up to five minutes, and at once when the platform answers another round again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from kiosk.answers import State
from kiosk.api import Platform, Posted, Tagged
from kiosk.body import Body
from kiosk.cache import Cache
from kiosk.clock import Clock
from kiosk.counter import Counter
from kiosk.desk import Desk
from kiosk.errors import KioskError
from kiosk.gate import Gate
from kiosk.journal import Journal
from kiosk.paying import PayDesk
from kiosk.shapes import Trouble

MOST_TOLD = 200
FIRST_WAIT_S, LONGEST_WAIT_S = 2.0, 300.0
SLIPS_KEPT = timedelta(days=1)
PRINTER_S = 30.0
BODY_S, TELL_S, SETTLE_S, WATCH_S = 1.0, 2.0, 30.0, 0.5
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the rounds work on."""

    platform: Platform
    journal: Journal
    cache: Cache
    clock: Clock
    gate: Gate
    body: Body
    desk: Desk
    paying: PayDesk
    counter: Counter
    version: str
    cache_s: float


class Sync:
    """The rounds. Each returns whether the platform answered."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._most = MOST_TOLD

    async def run(self) -> None:
        """Go round until cancelled."""
        parts = self._parts
        parts.platform.on_bar = self._barred
        async with asyncio.TaskGroup() as group:
            group.create_task(_every(lambda: float(parts.cache.remote.beat_s), self.beat))
            group.create_task(_every(lambda: TELL_S, self.tell))
            group.create_task(_every(lambda: parts.cache_s, self.refresh))
            group.create_task(_every(lambda: WATCH_S, self.watch))
            group.create_task(_every(lambda: SETTLE_S, self.settle))
            group.create_task(_every(lambda: BODY_S, self.look_at_body))
            group.create_task(_every(lambda: PRINTER_S, self.look_at_printer))

    async def beat(self) -> bool:
        """Say how we are; take over what staff set and whether we are locked."""
        parts = self._parts
        health = await parts.counter.health()
        said = await parts.platform.beat(parts.version, dict(health))
        if isinstance(said, Trouble):
            await self._shut(said.code)
            return not said.unreachable
        parts.clock.put_right(said.server_time)
        await parts.cache.put_remote(said.settings)
        untold, _ = await parts.journal.queue()
        if said.state == State.LOCKED.value:
            await parts.gate.move(State.LOCKED)
        elif untold == 0 and parts.body.door != "open":  # else it does not know yet why we locked ourselves
            await parts.gate.move(State.OPEN)
        return True

    async def tell(self) -> bool:
        """Tell the oldest untold facts. What the platform will not have, alone, is passed over."""
        parts = self._parts
        entries = await parts.journal.untold(self._most)
        if not entries:
            return True
        to = await parts.platform.tell(entries)
        if isinstance(to, int):
            await parts.journal.told(min(to, entries[-1].number))
            self._most = MOST_TOLD
            return True
        await self._shut(to.code)
        if to.code == "bad_request" and len(entries) == 1:
            log.error("entry %d (%s) is not accepted by the platform", entries[0].number, entries[0].kind)
            await parts.journal.told(entries[0].number)
        elif to.code == "bad_request":
            self._most = max(len(entries) // 2, 1)
        return to.code == "bad_request"

    async def refresh(self) -> bool:
        """Fetch what is kept for off-line times, and close what was abandoned."""
        parts = self._parts
        fetched = await parts.platform.fetch(parts.cache.tag)
        if isinstance(fetched, Trouble):
            await self._shut(fetched.code)
            return False
        if isinstance(fetched, Tagged):
            await parts.cache.put(fetched.kept, fetched.tag)
        await parts.paying.close_abandoned()
        await parts.cache.drop_old_slips(parts.clock() - SLIPS_KEPT)
        return True

    async def watch(self) -> bool:
        """Wait for the board to change."""
        parts = self._parts
        posted = await parts.platform.watch(parts.cache.board_tag)
        if isinstance(posted, Posted):
            await parts.cache.put_board(posted.board.announcements, posted.tag, parts.clock())
            return True
        return False

    async def settle(self) -> bool:
        """Ask meters about tokens whose fate is open; without the platform, carry in what waits."""
        parts = self._parts
        if parts.gate.state is State.OPEN and parts.desk.has_line:
            await parts.desk.settle()
            if not parts.platform.reachable:
                await parts.desk.carry_waiting()
        return True

    async def look_at_body(self) -> bool:
        """Look at door and unit."""
        await self._parts.body.look(self._parts.journal, self._parts.gate, self._parts.clock)
        return True

    async def look_at_printer(self) -> bool:
        """Look at the paper."""
        await self._parts.counter.look_at_printer()
        return True

    def _barred(self, code: str) -> None:
        """A screen's question was refused: be shut now, and let the next beat write it down."""
        self._parts.gate.state = State.OUT_OF_SERVICE if code == "revoked" else State.LOCKED

    async def _shut(self, code: str) -> None:
        if code == "revoked":
            await self._parts.gate.move(State.OUT_OF_SERVICE)
        elif code == "locked":
            await self._parts.gate.move(State.LOCKED)


async def _every(period_s: Callable[[], float], go: Callable[[], Awaitable[bool]]) -> None:
    """Go round and round; a round that fails waits longer each time."""
    wait_s = FIRST_WAIT_S
    while True:
        try:
            went_well = await go()
        except KioskError:
            log.exception("a round failed")
            went_well = False
        wait_s = FIRST_WAIT_S if went_well else min(2 * wait_s, LONGEST_WAIT_S)
        await asyncio.sleep(period_s() if went_well else max(wait_s, period_s()))
