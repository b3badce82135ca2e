"""The link to one concentrator after its login: who may speak, what was asked, which answer belongs to it.

verbs --turn--> port queue --ask, tell--> passage out, RSEQ in     jobs see Done, Refused, Unknown or Unreachable
      --converse--> its own queue -----> question out, parts in
concentrator --login, heartbeat, report--> confirmed, told         silence or logout ends the session
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC
from functools import partial
from typing import TypeVar

from headend_client.asked import Asked, AskedMeter, AskedTerminal, is_of_another_meter
from headend_client.clock import Clock
from headend_client.errors import SessionClosed, Unreachable
from headend_client.link import Silence, Turn
from headend_client.news import News
from headend_client.numbers import Numbers
from headend_client.pace import Pace
from headend_client.tally import Mishap
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
from meters_io.gdw1376.passage import NoAnswer, Passage, PassageAnswer, Passed, Route, build_passage
from meters_io.gdw1376.readings import Item, build_readings_request
from meters_io.gdw1376.units import TERMINAL_POINT

log = logging.getLogger(__name__)
_ANY_ZONE = UTC  # the clock in a heartbeat is not used
_ITSELF = 0  # the queue of those who talk with the concentrator; its ports count from 1
_ENDS = {str(mishap): mishap for mishap in (Mishap.FLOOD, Mishap.NOISE, Mishap.SLOW)}


@dataclass(frozen=True, slots=True)
class Talk:
    """A talk with the concentrator itself. `build`: the frame. `until`: loop time by which it ends.

    `changes`: it does not leave unless there is time to wait for any answer.
    """

    build: Callable[[Route], Frame]
    priority: Priority
    until: float
    changes: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """What a concentrator said, joined if it came in parts, and to what: AFN 00 where it only confirms or denies."""

    reply: Frame
    asked: Frame


A = TypeVar("A", AskedMeter, AskedTerminal)


class Session:
    """One concentrator that has logged in. `heard_at`: loop time of its last good frame."""

    def __init__(self, wire: Wire, terminal: Terminal, timing: Timing, now: Clock, news: News) -> None:
        self._wire, self.terminal, self._now, self._news = wire, terminal, now, news
        self.timing = timing
        self._loop = asyncio.get_running_loop()
        self._numbers = Numbers(timing.longest_s, self._loop.time)
        self._pace = Pace(self._loop.time)
        self._ports: dict[int, Turns] = {}
        self._asked: dict[int, Asked] = {}
        self._ended = ""
        self.address = address_of(terminal)
        self.host, self.peer = wire.host, wire.peer
        self.heard_at = self._loop.time()

    @asynccontextmanager
    async def turn(self, port: int, priority: Priority, until: float) -> AsyncIterator[Turn]:
        """Wait for a turn on `port` and hold it. Raises Unreachable: nothing of the caller's has been sent."""
        if self._ended:
            raise Unreachable(self._ended)
        turns = self._ports.setdefault(port, Turns())
        await turns.enter(priority, min(self.timing.turn_s, until - self._loop.time()))
        try:
            yield Turn(partial(self.forward, port), self.timing.of(port).answer_s, until)
        finally:
            turns.leave()

    async def forward(self, port: int, request: dlt645.Frame, trace: Trace, most_s: float) -> bytes | Silence:
        """Exchange, for whoever holds the turn on `port`; wait for `most_s` at most. Raises as `Turn.ask`."""
        timing = self.timing.of(port)
        passage = Passage(port, dlt645.encode(request), timing.line, timing.frame_timeout_ms)

        def make(route: Route) -> AskedMeter:
            return AskedMeter(build_passage(route, passage), trace, self._loop.create_future())

        with self._asking(make) as asked:
            answer = await _wait_for(asked.answer, min(most_s, timing.answer_s))
            if answer is None:
                return Silence("no_reply")
        if is_of_another_meter(answer, passage.inner):
            self._drop(Mishap.ANOTHER_METER)
        return _word_of(answer)

    async def converse(self, talk: Talk, trace: Trace) -> Heard | Silence:
        """Talk with the concentrator itself, in a turn of its own; each part of its answer is kept.

        Raises Unreachable when nothing has been sent, SessionClosed when the link ended, LocalError as `build`.
        """

        def make(route: Route) -> AskedTerminal:
            return AskedTerminal(talk.build(route), trace, self._loop.create_future())

        async with self.turn(_ITSELF, talk.priority, talk.until):
            if talk.until - self._loop.time() < (self.timing.terminal_s if talk.changes else 0):
                raise Unreachable("no_time_left")
            with self._asking(make) as asked:
                reply = await asked.whole(self.timing.terminal_s, talk.until)
        return Silence("no_reply") if reply is None else Heard(reply, asked.frame)

    async def is_alive(self, limit_s: float) -> bool:
        """Ask the concentrator what time it is; tell whether anything of it was heard within `limit_s`."""
        before = self.heard_at
        talk = Talk(_ask_clock, Priority.RESTORE, self._loop.time() + limit_s)
        with suppress(Unreachable, SessionClosed):
            await self.converse(talk, [])
        return not self._ended and self.heard_at > before

    def counts(self) -> dict[str, int]:
        """Return what of this link was dropped, and how often: by the names of `tally.Mishap`."""
        return self._news.tally.counts()

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
            if self._ended in _ENDS:
                self._drop(_ENDS[self._ended])
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

    @contextmanager
    def _asking(self, make: Callable[[Route], A]) -> Iterator[A]:
        """Send what `make` builds for a number of its own, and listen for its answer as long as the block goes on."""
        number = self._numbers.take()
        if number is None:
            raise Unreachable("no_number_free")
        sent = answered = False
        try:
            asked = make(Route(self.terminal, number))
            self._wire.write(asked.frame)
            sent, self._asked[number] = True, asked
            record(asked.trace, asked.frame, Direction.DOWN, self._now())
            yield asked
            answered = asked.answer.done() and not asked.answer.cancelled()
        finally:
            self._asked.pop(number, None)
            self._numbers.give_back(number, answered=answered or not sent)

    async def _hear(self, frame: Frame) -> None:
        if frame.terminal != self.terminal or not frame.control.up:
            self._drop(Mishap.FOREIGN)
            self._pay()
            return
        self.heard_at = self._loop.time()
        if frame.control.starts:
            self._pay()
            await self._hear_unasked(frame)
        else:
            self._hear_answer(frame)
            await self._confirm(frame)
        await self._news.look_at_counters(frame)

    async def _hear_unasked(self, frame: Frame) -> None:
        """Confirm login, heartbeat and logout, asked to or not: an unconfirmed terminal redials."""
        if is_link(frame):
            await self._wire.send(build_confirm(frame))
            if isinstance(_read_link(frame), Logout):
                self.close("logged_out")
        elif await self._news.is_taken(frame):
            await self._confirm(frame)

    async def _confirm(self, frame: Frame) -> None:
        if frame.seq.confirm:
            await self._wire.send(build_confirm(frame))

    def _hear_answer(self, frame: Frame) -> None:
        asked = self._asked_by(frame)
        mishap = asked.offer(frame, self._now()) if asked else self._numbers.what_was(frame.seq.number)
        if mishap is not None:
            self._drop(mishap)
            self._pay()

    def _asked_by(self, frame: Frame) -> Asked | None:
        """Return the question that a frame may answer: the parts of an answer count on from its number."""
        talks = (asked for asked in self._asked.values() if isinstance(asked, AskedTerminal))
        whole = next((asked for asked in talks if asked.goes_on_with(frame)), None)
        return whole or self._asked.get(frame.seq.number)

    def _drop(self, mishap: Mishap) -> None:
        log.info("link %s: dropped (%s)", self.peer, mishap)
        self._news.tally.note(mishap)

    def _pay(self) -> None:
        """Count a frame that nobody asked for. Raises SessionClosed when there are too many of them."""
        if not self._pace.spend():
            raise SessionClosed(Mishap.FLOOD, sent=False)


async def _wait_for(answer: asyncio.Future[PassageAnswer], limit_s: float) -> PassageAnswer | None:
    try:
        async with asyncio.timeout(limit_s):
            return await answer
    except TimeoutError:
        return None


def address_of(terminal: Terminal) -> ConcentratorAddress:
    """Return the address of the archive that a terminal of the wire has."""
    return ConcentratorAddress(terminal.region, terminal.number)


def _ask_clock(route: Route) -> Frame:
    return build_readings_request(route, Item.TERMINAL_CLOCK, (TERMINAL_POINT,))


def _read_link(frame: Frame) -> LinkMessage:
    """A heartbeat whose clock cannot be read is a heartbeat."""
    try:
        return parse_link(frame, _ANY_ZONE)
    except RemoteError:
        return Heartbeat()


def _word_of(answer: PassageAnswer) -> bytes | Silence:
    match answer:
        case Passed(inner=inner):
            return inner
        case NoAnswer():
            return Silence("meter_silent")
        case _:
            raise Unreachable("concentrator_refused")  # AFN 00 F2: it was not passed on
