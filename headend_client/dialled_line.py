"""One TCP connection to a gateway, on which DL/T 645 frames go as they are: one exchange at a time, for the line
behind it is one pair of wires.

Frames have no number. Which answer belongs to a question is told by the meter, by what was asked (function code and
item), and by time: after a silence nothing is asked until what may come late has had time to come.
"""

import asyncio
import logging
from dataclasses import dataclass, replace

from headend_client.clock import Clock
from headend_client.errors import SessionClosed
from headend_client.link import Silence
from headend_client.pace import Pace
from headend_client.tally import Mishap, Tally
from headend_client.trace import Direction, Trace, record_inner
from headend_client.turns import Turns
from headend_client.wire import NOISE, READ_BUFFER
from meters_io.dlt645.frame import ANY_METER, MAX_PREAMBLE, Frame, encode
from meters_io.dlt645.names import FUNCTION, REFUSED, REPLY, Control
from meters_io.dlt645.reader import Reader

log = logging.getLogger(__name__)
_ITEM = slice(0, 4)
_NAMES_ITS_ITEM = (Control.READ, Control.READ_MORE, Control.SECURITY)
_ENDS = {str(mishap): mishap for mishap in (Mishap.FLOOD, Mishap.NOISE)}


@dataclass(frozen=True, slots=True)
class DialTiming:
    """`connect_s`: to open a connection. `answer_s`: for a meter's answer, a radio network on the way included.

    `hush_s`: how long a line is left alone after a silence. `gap_s`: how long a frame may pause. `retry_s`,
    `retry_most_s`: between two tries to connect, doubled each time. `silent_meters`: so many that are silent one after
    the other make a link that is dialled anew.
    """

    connect_s: float = 10.0
    answer_s: float = 6.0
    hush_s: float = 1.0
    gap_s: float = 1.5
    retry_s: float = 1.0
    retry_most_s: float = 60.0
    silent_meters: int = 3


USUAL = DialTiming()


@dataclass(slots=True)
class _Asked:
    request: Frame
    answer: asyncio.Future[Frame]


class Line:
    """One open connection. `turns`: whose exchange is next. `heard`: has any meter answered on it?

    `heard_at`: loop time of the last answer, or of the beginning.
    """

    def __init__(
        self, streams: tuple[asyncio.StreamReader, asyncio.StreamWriter], timing: DialTiming, now: Clock, tally: Tally
    ) -> None:
        self._reader, self._writer = streams
        self._timing, self._now, self._tally = timing, now, tally
        self._loop = asyncio.get_running_loop()
        self._codec, self._pace = Reader(), Pace(self._loop.time)
        self._noise = 0  # bytes since the last frame
        self._asked: _Asked | None = None
        self._quiet_at = 0.0
        self._ended = ""
        self.turns = Turns()
        self.silent: set[str] = set()  # meters that did not answer since one did
        self.heard = False
        self.heard_at = self._loop.time()

    async def exchange(self, request: Frame, trace: Trace, most_s: float) -> bytes | Silence:
        """Ask, for whoever has the turn; wait for `most_s` at most. Raises SessionClosed."""
        await asyncio.sleep(max(0.0, self._quiet_at - self._loop.time()))
        raw = encode(replace(request, preamble=MAX_PREAMBLE))
        if self._ended or self._writer.is_closing():
            raise SessionClosed(self._ended or "link_lost", sent=False)
        asked = self._asked = _Asked(request, self._loop.create_future())
        try:
            self._writer.write(raw)
            record_inner(trace, raw, Direction.DOWN, self._now())
            answer = await self._wait_for(asked, most_s)
        finally:
            self._asked = None
            if not asked.answer.done() or asked.answer.cancelled():
                self._quiet_at = self._loop.time() + self._timing.hush_s
        if answer is None:
            self.silent.add(request.address)
            return Silence("line_silent")
        came = encode(answer)
        record_inner(trace, came, Direction.UP, self._now())
        return came

    async def _wait_for(self, asked: _Asked, most_s: float) -> Frame | None:
        try:
            async with asyncio.timeout(min(most_s, self._timing.answer_s)):
                return await asyncio.shield(asked.answer)
        except TimeoutError:
            return None

    async def run(self) -> str:
        """Listen until the connection ends; return why."""
        reason = "link_lost"
        try:
            while not self._ended:
                for frame in await self._read():
                    self._hear(frame)
        except SessionClosed as closed:
            reason = str(closed)
        finally:
            self.close(reason)
        return self._ended

    def close(self, reason: str) -> None:
        """End it: what waits was not sent, what is on its way may have arrived."""
        if self._ended:
            return
        self._ended = reason
        if reason in _ENDS:
            self._drop(_ENDS[reason])
        self._writer.transport.abort()
        self.turns.close(reason)
        if self._asked is not None and not self._asked.answer.done():
            self._asked.answer.set_exception(SessionClosed(reason, sent=True))

    async def _read(self) -> list[Frame]:
        """Read once and return what became whole; after a pause in a frame, what hid behind its beginning."""
        try:
            async with asyncio.timeout(self._timing.gap_s if self._codec.held else None):
                chunk = await self._reader.read(READ_BUFFER)
        except TimeoutError:
            return self._codec.gap()
        except OSError:
            raise SessionClosed("link_lost", sent=False) from None
        if not chunk:
            raise SessionClosed("link_lost", sent=False)
        frames = self._codec.feed(chunk)
        self._noise = 0 if frames else self._noise + len(chunk)
        if self._noise > NOISE:
            raise SessionClosed(Mishap.NOISE, sent=False)
        if not frames:
            await asyncio.sleep(0)  # what is buffered is read without a pause otherwise, and others wait
        return frames

    def _hear(self, frame: Frame) -> None:
        mishap = self._mishap_of(frame)
        if mishap is None:
            return
        self._drop(mishap)
        if not self._pace.spend():
            raise SessionClosed(Mishap.FLOOD, sent=False)

    def _mishap_of(self, frame: Frame) -> Mishap | None:
        """Take the answer that is waited for, ignore an echo of the question, say why anything else is dropped."""
        asked = self._asked
        if not frame.control & REPLY:
            return None if asked and _is_echo(frame, asked.request) else Mishap.FOREIGN
        if asked is None:
            return Mishap.LATE if self._loop.time() < self._quiet_at else Mishap.UNASKED
        if asked.request.address not in (frame.address, ANY_METER):
            return Mishap.ANOTHER_METER
        if not _answers(frame, asked.request):
            return Mishap.LATE
        if asked.answer.done():
            return Mishap.DOUBLED
        asked.answer.set_result(frame)
        self.heard, self.heard_at = True, self._loop.time()
        self.silent.clear()
        return None

    def _drop(self, mishap: Mishap) -> None:
        self._tally.note(mishap)


def _is_echo(frame: Frame, request: Frame) -> bool:
    return (frame.address, frame.control, frame.data) == (request.address, request.control, request.data)


def _answers(reply: Frame, request: Frame) -> bool:
    """Tell whether a reply is about what was asked. A refusal names no item, nor does an answer without data."""
    if (reply.control & FUNCTION) != (request.control & FUNCTION):
        return False
    if reply.control & REFUSED or not reply.data or request.control & FUNCTION not in _NAMES_ITS_ITEM:
        return True
    return reply.data[_ITEM] == request.data[_ITEM]
