"""One connection of a concentrator to a front-end: log in, keep it warm, answer, until it breaks."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from headend_client.simulator.lab.mangling import pieces
from headend_client.simulator.lab.weather import Weather
from headend_client.simulator.terminal.state import TerminalState
from headend_client.simulator.timing import Timing, within
from headend_client.simulator.world import ConcentratorSpec
from meters_io.errors import RemoteError
from meters_io.gdw1376.clock import is_stale
from meters_io.gdw1376.exchange import next_number
from meters_io.gdw1376.frame import Afn, Frame, Terminal, encode
from meters_io.gdw1376.link import Heartbeat, LinkMessage, Login, Logout, build_link
from meters_io.gdw1376.reader import Reader
from meters_io.gdw1376.reports import Report, build_report
from meters_io.gdw1376.tail import split_tail

LOGIN_TRIES = 3
MISSED_HEARTBEATS = 3
PAUSE_S = 0.2  # between the pieces of a frame
_CHUNK = 65_536

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wire:
    """The two ends of a TCP connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


@dataclass(frozen=True, slots=True)
class Post:
    """Where a concentrator stands, what it remembers, and its clock."""

    spec: ConcentratorSpec
    zone: ZoneInfo
    timing: Timing
    state: TerminalState
    weather: Weather

    @property
    def terminal(self) -> Terminal:
        """Its address."""
        return Terminal(self.spec.region, self.spec.terminal)

    def clock(self) -> datetime:
        """Its own idea of now."""
        return self.timing.now() + timedelta(seconds=self.state.ahead_s)


@dataclass(frozen=True, slots=True)
class Duties:
    """What a concentrator does on its link, each in a task of its own.

    `forward` is called with every AFN 10 frame, `ask` with any other; `report` once, when the login is confirmed.
    """

    forward: Callable[["Link", Frame], Awaitable[None]]
    ask: Callable[["Link", Frame], Awaitable[None]]
    report: Callable[["Link"], Awaitable[None]]


class Link:
    """A connection."""

    def __init__(self, post: Post, wire: Wire, duties: Duties) -> None:
        self.post = post
        self.logged_in = False
        self._wire = wire
        self._duties = duties
        self._number = 0
        self._forgotten = False
        self._mouth = asyncio.Lock()
        self._arrives = datetime.min.replace(tzinfo=UTC)  # when what was sent last is there
        self._unconfirmed: dict[int, asyncio.Future[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._name = post.spec.name

    async def run(self) -> None:
        """Live until the connection ends, then let everything go that hung on it."""
        self._start(self._keep_alive())
        try:
            await self._receive()
        except OSError as broken:
            log.info("%s link broke: %s", self._name, broken)
        finally:
            await self._end()

    async def send(self, frame: Frame) -> None:
        """Send a frame; OSError if the connection is gone."""
        await self.send_bytes(encode(frame))

    async def send_bytes(self, *pieces: bytes) -> None:
        """Send bytes as they are; with a pause between pieces, and nobody else's bytes between them."""
        await self._travel()
        async with self._mouth:
            for place, piece in enumerate(pieces):
                if place:
                    await self.post.timing.sleep(PAUSE_S)
                self._wire.writer.write(piece)
                await self._wire.writer.drain()

    async def answer(self, frame: Frame) -> None:
        """Send an answer, as the laboratory lets it go out."""
        await self.send_bytes(*pieces(frame, *self.post.weather.of_answer()))

    def forget(self) -> None:
        """End without a word: for the far side the connection stands, until `break_off`."""
        self._forgotten = True

    def close(self) -> None:
        """End the connection after what was sent; one that is forgotten stands."""
        if not self._forgotten:
            self._wire.writer.close()

    def break_off(self) -> None:
        """End the connection at once (RST)."""
        self._wire.writer.transport.abort()

    async def log_out(self) -> None:
        """Say goodbye, as a concentrator does that is switched off in good order."""
        try:
            await self.send(self._link_frame(Logout()))
        except OSError:
            return
        self.close()

    async def report(self, report: Report) -> bool:
        """Report, and report again, until it is confirmed; True then."""
        self._number = next_number(self._number)
        frame = build_report(self.post.terminal, report, self._number, self.post.zone)
        if self.post.weather.repeats_reports():
            await self.send(frame)
        while not await self._is_confirmed(frame):
            log.info("%s report not confirmed", self._name)
        return True

    async def _receive(self) -> None:
        frames = Reader()
        while chunk := await self._wire.reader.read(_CHUNK):
            for frame in frames.feed(chunk):
                await self._take(frame)
        log.info("%s link closed", self._name)

    async def _take(self, frame: Frame) -> None:
        if frame.control.up or frame.to_group or frame.terminal != self.post.terminal:
            return
        if frame.afn == Afn.CONFIRM:
            self._confirmed(frame.seq.number)
        elif self._is_stale(frame):
            log.info("%s frame dropped: its time tag is too old", self._name)
        elif frame.afn == Afn.FORWARD:
            self._start(self._duties.forward(self, frame))
        else:
            self._start(self._duties.ask(self, frame))

    def _is_stale(self, frame: Frame) -> bool:
        try:
            tag = split_tail(frame)[1].tag
        except RemoteError:
            return False  # whoever reads it will refuse it
        return tag is not None and is_stale(tag, self.post.clock(), self.post.zone)

    async def _keep_alive(self) -> None:
        if not await self._log_in():
            log.info("%s login not confirmed", self._name)
            self.close()
            return
        self._start(self._duties.report(self))
        missed = 0
        while missed <= MISSED_HEARTBEATS:
            await self.post.timing.sleep(self.post.state.heartbeat_s)
            missed = 0 if await self._say(Heartbeat(self.post.clock())) else missed + 1
        log.info("%s %d heartbeats not confirmed", self._name, missed)
        self.close()

    async def _log_in(self) -> bool:
        for _ in range(LOGIN_TRIES):
            if await self._say(Login()):
                self.logged_in = True
                log.info("%s logged in", self._name)
                return True
        return False

    async def _say(self, message: LinkMessage) -> bool:
        """Send a link message; tell whether it was confirmed in time."""
        return await self._is_confirmed(self._link_frame(message))

    async def _travel(self) -> None:
        """Let a frame take its time to the front-end; none overtakes another."""
        takes_s = self.post.weather.travel_s()
        if takes_s <= 0:
            return
        now = self.post.timing.now()
        self._arrives = max(self._arrives, now + timedelta(seconds=takes_s))
        await self.post.timing.sleep((self._arrives - now).total_seconds())

    async def _is_confirmed(self, frame: Frame) -> bool:
        confirmed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._unconfirmed[frame.seq.number] = confirmed
        await self.send(frame)
        try:
            return await within(self.post.timing, self.post.spec.confirm_s, confirmed)
        finally:
            self._unconfirmed.pop(frame.seq.number, None)

    def _link_frame(self, message: LinkMessage) -> Frame:
        self._number = next_number(self._number)
        return build_link(self.post.terminal, message, self._number, self.post.zone)

    def _confirmed(self, number: int) -> None:
        waiting = self._unconfirmed.get(number)
        if waiting is not None and not waiting.done():
            waiting.set_result(None)

    def _start(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(_until_the_link_breaks(work))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("%s defect of the simulator", self._name, exc_info=error)

    async def _end(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.close()


async def _until_the_link_breaks(work: Awaitable[None]) -> None:
    try:
        await work
    except OSError:
        return  # the reading side notices too, and ends the link
