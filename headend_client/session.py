"""The link to one concentrator after its login: who may speak, what was asked, which answer belongs to it.

verbs --turn--> port queue --ask, tell--> passage out, RSEQ in     jobs see Done, Refused, Unknown or Unreachable
concentrator --login, heartbeat, report--> confirmed               silence or logout ends the session
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC

from headend_client.clock import Clock
from headend_client.errors import SessionClosed, Unreachable
from headend_client.numbers import Numbers
from headend_client.target import ConcentratorAddress, Priority
from headend_client.timing import Timing
from headend_client.trace import Direction, Trace, record
from headend_client.turns import Turns
from headend_client.wire import Wire
from meters_io.dlt645 import frame as dlt645
from meters_io.errors import RemoteError
from meters_io.gdw1376.frame import Frame, Terminal
from meters_io.gdw1376.link import Heartbeat, LinkMessage, Logout, build_confirm, is_link, parse_link
from meters_io.gdw1376.master import MISSED_LIMIT
from meters_io.gdw1376.passage import NoAnswer, Passage, PassageAnswer, Passed, Route, build_passage, parse_passed

log = logging.getLogger(__name__)
_ANY_ZONE = UTC  # the clock in a heartbeat is not used


@dataclass(frozen=True, slots=True)
class Silence:
    """A passage that brought no word of the meter. `reason`: `meter_silent` (k = 0), `no_reply` (our deadline)."""

    reason: str


@dataclass(slots=True)
class _Asked:
    """A passage on its way: the frame, who collects it, and its answer to come."""

    frame: Frame
    trace: Trace
    answer: asyncio.Future[PassageAnswer]


class Turn:
    """The right to speak on one port, until the turn ends. No exchange goes on beyond loop time `until`."""

    def __init__(self, session: "Session", port: int, until: float) -> None:
        self._session, self._port, self._until = session, port, until

    async def ask(self, request: dlt645.Frame, trace: Trace) -> bytes | Silence:
        """Carry a question to its meter; return the bytes that came back for it, or that none did.

        Raises Unreachable when the concentrator refused to pass it on, or no time is left; SessionClosed when the
        link ended.
        """
        left_s = self._left_s()
        if left_s <= 0:
            raise Unreachable("no_time_left")
        return await self._session.forward(self._port, request, trace, left_s)

    async def tell(self, request: dlt645.Frame, trace: Trace) -> bytes | Silence:
        """As `ask`, for what changes the meter: it does not leave unless there is time to wait for any answer."""
        left_s = self._left_s()
        if left_s < self._session.timing.of(self._port).answer_s:
            raise Unreachable("no_time_left")
        return await self._session.forward(self._port, request, trace, left_s)

    def _left_s(self) -> float:
        return self._until - asyncio.get_running_loop().time()


class Session:
    """One concentrator that has logged in. `heard_at`: loop time of its last good frame."""

    def __init__(self, wire: Wire, terminal: Terminal, timing: Timing, now: Clock) -> None:
        self._wire, self._terminal, self._now = wire, terminal, now
        self.timing = timing
        self._loop = asyncio.get_running_loop()
        self._numbers = Numbers(timing.longest_s, self._loop.time)
        self._ports: dict[int, Turns] = {}
        self._asked: dict[int, _Asked] = {}
        self._ended = ""
        self.address = address_of(terminal)
        self.peer = wire.peer
        self.heard_at = self._loop.time()

    @asynccontextmanager
    async def turn(self, port: int, priority: Priority, until: float) -> AsyncIterator[Turn]:
        """Wait for a turn on `port` and hold it. Raises Unreachable: nothing of the caller's has been sent."""
        if self._ended:
            raise Unreachable(self._ended)
        turns = self._ports.setdefault(port, Turns())
        await turns.enter(priority, min(self.timing.turn_s, until - self._loop.time()))
        try:
            yield Turn(self, port, until)
        finally:
            turns.leave()

    async def forward(self, port: int, request: dlt645.Frame, trace: Trace, most_s: float) -> bytes | Silence:
        """Exchange, for whoever holds the turn on `port`; wait for `most_s` at most. Raises as `Turn.ask`."""
        number = self._numbers.take()
        if number is None:
            raise Unreachable("no_number_free")
        sent = answered = False
        try:
            asked = self._passage(port, request, number, trace)
            self._wire.write(asked.frame)
            sent, self._asked[number] = True, asked
            record(trace, asked.frame, Direction.DOWN, self._now())
            answer = await _wait_for(asked, min(most_s, self.timing.of(port).answer_s))
            answered = answer is not None
            return _word_of(answer)
        finally:
            self._asked.pop(number, None)
            self._numbers.give_back(number, answered=answered or not sent)

    async def run(self) -> str:
        """Listen until the link ends: logout, silence, a lost connection, `close`. Return which."""
        limit_s = (MISSED_LIMIT + 1) * self.timing.heartbeat_s
        reason = "link_lost"
        try:
            while not self._ended:
                await self._hear(await self._wire.next_frame(self.heard_at + limit_s))
        except TimeoutError:
            reason = "link_silent"
        except SessionClosed as closed:
            reason = str(closed)
        finally:
            self.close(reason)
        return self._ended

    def close(self, reason: str) -> None:
        """End the session: what waits was not sent, what is on its way may have arrived."""
        if self._ended:
            return
        self._ended = reason
        self._wire.close()
        for turns in self._ports.values():
            turns.close(reason)
        for asked in self._asked.values():
            if not asked.answer.done():
                asked.answer.set_exception(SessionClosed(reason, sent=True))

    def _passage(self, port: int, request: dlt645.Frame, number: int, trace: Trace) -> _Asked:
        timing = self.timing.of(port)
        inner = dlt645.encode(request)
        passage = Passage(port, inner, timing.line, timing.frame_timeout_ms)
        frame = build_passage(Route(self._terminal, number), passage)
        return _Asked(frame, trace, self._loop.create_future())

    async def _hear(self, frame: Frame) -> None:
        if frame.terminal != self._terminal or not frame.control.up:
            log.info("link %s: a frame that is not its own is dropped", self.peer)
            return
        self.heard_at = self._loop.time()
        if frame.control.starts and is_link(frame):
            await self._hear_link(frame)
            return
        if not frame.control.starts:
            self._hear_answer(frame)
        if frame.seq.confirm:
            await self._wire.send(build_confirm(frame))

    async def _hear_link(self, frame: Frame) -> None:
        """Confirm login, heartbeat and logout, asked to or not: an unconfirmed terminal redials."""
        await self._wire.send(build_confirm(frame))
        if isinstance(_read_link(frame), Logout):
            self.close("logged_out")

    def _hear_answer(self, frame: Frame) -> None:
        asked = self._asked.get(frame.seq.number)
        if asked is None or asked.answer.done():
            log.info("link %s: an answer that nobody waits for is dropped", self.peer)
            return
        try:
            answer = parse_passed(frame, asked.frame)
        except RemoteError as error:
            log.info("link %s: an answer is dropped (%s)", self.peer, error.code)
            return
        record(asked.trace, frame, Direction.UP, self._now())
        asked.answer.set_result(answer)


async def _wait_for(asked: _Asked, limit_s: float) -> PassageAnswer | None:
    try:
        async with asyncio.timeout(limit_s):
            return await asked.answer
    except TimeoutError:
        return None


def address_of(terminal: Terminal) -> ConcentratorAddress:
    """Return the address of the archive that a terminal of the wire has."""
    return ConcentratorAddress(terminal.region, terminal.number)


def _read_link(frame: Frame) -> LinkMessage:
    """A heartbeat whose clock cannot be read is a heartbeat."""
    try:
        return parse_link(frame, _ANY_ZONE)
    except RemoteError:
        return Heartbeat()


def _word_of(answer: PassageAnswer | None) -> bytes | Silence:
    match answer:
        case Passed(inner=inner):
            return inner
        case NoAnswer():
            return Silence("meter_silent")
        case None:
            return Silence("no_reply")
        case _:
            raise Unreachable("concentrator_refused")  # AFN 00 F2: it was not passed on
