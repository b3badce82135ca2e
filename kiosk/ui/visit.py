"""One visit at the terminal: what is pressed, typed or scanned moves it on. The terminal serves one person at a time.

Whatever takes its time runs aside, under a screen that says so; pressing again changes nothing meanwhile.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from kiosk.answers import Scan
from kiosk.answers import State as Service
from kiosk.codes import CodeKind
from kiosk.counter import Counter
from kiosk.shapes import Trouble
from kiosk.ui import states as at
from kiosk.ui.meters import MeterActs
from kiosk.ui.paying import PayActs
from kiosk.ui.states import State

log = logging.getLogger(__name__)

_STORY_EVERY = timedelta(seconds=1)


class Visit:
    """`state` is where the visitor is; `version` grows with each change, so a screen knows whether to look."""

    def __init__(self, counter: Counter, now: Callable[[], datetime]) -> None:
        self.counter, self._now = counter, now
        self.state: State = at.Attract()
        self.version = 0
        self.language = counter.remote.language
        self.touched_at = now()
        self._work: asyncio.Task[None] | None = None
        self._looked_at = now()
        self.meters, self.paying = MeterActs(self), PayActs(self)

    def go(self, state: State) -> None:
        """Be somewhere else."""
        self.state = state
        self.version += 1

    def touch(self) -> None:
        """Somebody is here."""
        self.touched_at = self._now()

    @property
    def working(self) -> bool:
        """Is something under way that must end first?"""
        return self._work is not None and not self._work.done()

    def run(self, code: str, work: Awaitable[State]) -> None:
        """Do something that takes its time, and be where it leads. A second one is not begun."""
        if self.working:
            if asyncio.iscoroutine(work):
                work.close()
            return
        self.go(at.Working(code))
        self._work = asyncio.ensure_future(self._finish(work))

    async def _finish(self, work: Awaitable[State]) -> None:
        try:
            self.go(await work)
        except Exception:
            log.exception("an act at the screen broke")
            self.go(at.Failed(Trouble("broken")))
        self.touch()

    async def settled(self) -> None:
        """Wait until nothing is under way."""
        while self._work is not None and not self._work.done():
            await asyncio.wait([self._work])

    async def press(self, act: str, value: str = "") -> None:
        """A choice was made."""
        self.touch()
        if self.working:
            return
        match act:
            case "start":
                self.go(at.Home())
            case "back":
                await self.back()
            case "stop":
                await self.end()
            case "language":
                self.language = "en" if self.language == "zh" else "zh"
                self.version += 1
            case "notices":
                self.go(at.ShowNotices(self.counter.notices()))
            case "next_notice" if isinstance(self.state, at.ShowNotices):
                count = max(len(self.state.notices.announcements), 1)
                self.go(at.ShowNotices(self.state.notices, (self.state.place + 1) % count))
            case "inbox" if isinstance(self.state, at.Card) and self.state.card.inbox:
                self.go(at.ShowInbox(self.state.card))
            case "next_posted" if isinstance(self.state, at.ShowInbox):
                self.go(at.ShowInbox(self.state.card, (self.state.place + 1) % len(self.state.card.inbox)))
            case "still_out" if isinstance(self.state, at.Card):
                await self.counter.say_still_out(self.state.card.number)
                self.go(at.SaidStillOut(self.state.card))
            case "stay":
                self.version += 1
            case _:
                self.meters.press(act, value) or self.paying.press(act, value)

    async def back(self) -> None:
        """One step back; an order that was shown is closed."""
        match self.state:
            case at.PayQr() as shown:
                await self.counter.leave_payment(shown.begun.ref)
                self.go(at.Card(shown.card))
            case at.AskAmount(own=True) as asked:
                self.go(at.AskAmount(asked.card))
            case (
                at.AskAmount()
                | at.AskWay()
                | at.Brake()
                | at.AskPayerCode()
                | at.ShowInbox()
                | at.SaidStillOut() as asked
            ):
                self.go(at.Card(asked.card))
            case at.Attract():
                return
            case at.Home():
                await self.end()
            case _:
                self.go(at.Home())

    async def key(self, key: str) -> None:
        """A key of the keypad, or one that was typed: a digit, "back" (takes one off) or "enter"."""
        self.touch()
        if self.working:
            return
        if isinstance(self.state, at.Attract):
            self.go(at.Home())
            return
        self.meters.key(key) or self.paying.key(key)

    async def scan(self, text: str) -> None:
        """A code was held before the scanner, which types or speaks through the browser."""
        await self.scanned(await self.counter.scan(text))

    async def scanned(self, scan: Scan) -> None:
        """A code is known: go where it leads. A payer's code is taken where it was asked for and nowhere else."""
        self.touch()
        if self.working:
            return
        if isinstance(self.state, at.AskPayerCode):
            self.paying.scanned(self.state, scan)
            return
        if isinstance(self.state, at.PayQr):
            return  # an order is open: it is paid by its own code, or left first
        match scan.kind:
            case CodeKind.METER:
                self.meters.look(scan.text)
            case CodeKind.TOKEN:
                self.meters.scanned_token(scan)
            case CodeKind.RECEIPT | CodeKind.PURCHASE:
                self.paying.print(scan.text, again=True)
            case CodeKind.PAYER:
                self.go(at.NoSuchCode("payer_not_now"))
            case CodeKind.ACCOUNT:
                self.go(at.AskNumber(wrong="account_number"))
            case _:
                self.go(at.NoSuchCode(scan.kind.value))

    async def tick(self) -> None:
        """Look at the clock: follow an open payment, warn who says nothing, and wipe after they have left."""
        if not self.working and self._now() - self._looked_at >= _STORY_EVERY:
            self._looked_at = self._now()
            await self.paying.follow()
        if self.idle_left <= timedelta() and not isinstance(self.state, at.Attract) and not self.working:
            await self.end()

    @property
    def idle_left(self) -> timedelta:
        """How long this visit goes on if nobody moves."""
        return self.touched_at + timedelta(seconds=self.counter.remote.idle_s) - self._now()

    @property
    def warns(self) -> bool:
        """Is it time to ask whether somebody is still there?"""
        at_rest = isinstance(self.state, at.Attract) or self.working
        return not at_rest and self.idle_left <= timedelta(seconds=self.counter.remote.warn_s)

    async def end(self) -> None:
        """The visit is over: close what was left open, and forget everything of it."""
        if isinstance(self.state, at.PayQr):
            await self.counter.leave_payment(self.state.begun.ref)
        self.counter.wipe()
        self.language = self.counter.remote.language
        self.go(at.Attract())

    async def service(self) -> Service:
        """Is this terminal in use at all?"""
        return (await self.counter.works()).state
