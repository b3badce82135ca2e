"""Questions on their way, and which frames answer them: a passage to a meter, or a talk with the concentrator itself.

An answer that does not fit is dropped, and the question goes on waiting for the right one. Only what fits is kept.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from headend_client.tally import Mishap
from headend_client.trace import Direction, Trace, record
from meters_io.errors import RemoteError
from meters_io.gdw1376.exchange import check_answer, next_number
from meters_io.gdw1376.frame import Afn, Frame
from meters_io.gdw1376.joining import Joiner
from meters_io.gdw1376.passage import PassageAnswer, Passed, parse_passed

_ADDRESS = slice(1, 7)  # in a frame of DL/T 645
_ANYBODY = b"\xaa" * 6


@dataclass(slots=True)
class AskedMeter:
    """A passage: the frame, who collects it, and its answer to come."""

    frame: Frame
    trace: Trace
    answer: asyncio.Future[PassageAnswer]

    def offer(self, frame: Frame, at: datetime) -> Mishap | None:
        """Take an answer, or say why it is dropped."""
        if self.answer.done():
            return Mishap.DOUBLED
        try:
            answer = parse_passed(frame, self.frame)
        except RemoteError:
            return Mishap.UNREADABLE
        record(self.trace, frame, Direction.UP, at)
        self.answer.set_result(answer)
        return None


@dataclass(slots=True)
class AskedTerminal:
    """A question to the concentrator. `parts`: how many frames of its answer have come; `_last`: the newest of them.

    A part of another answer, one that came too late, is dropped by itself: those that are here wait for their own.
    """

    frame: Frame
    trace: Trace
    answer: asyncio.Future[Frame]
    parts: int = 0
    _last: Frame | None = None
    _joiner: Joiner = field(default_factory=Joiner)

    def offer(self, frame: Frame, at: datetime) -> Mishap | None:
        """Take an answer or a part of one, or say why it is dropped."""
        if self.answer.done():
            return Mishap.DOUBLED
        if not self._is_fit(frame):
            return Mishap.UNREADABLE
        if not self._goes_on(frame):
            return Mishap.BROKEN
        joined = self._joiner.take(frame)
        if frame in joined.dropped:
            return Mishap.DOUBLED if joined.reason == "repeated" else Mishap.BROKEN
        record(self.trace, frame, Direction.UP, at)
        self.parts += 1
        self._last = frame
        if joined.whole is not None:
            self.answer.set_result(joined.whole)
        return Mishap.BROKEN if joined.dropped else None

    def goes_on_with(self, frame: Frame) -> bool:
        """Tell whether a frame can only be a further part of this answer: its number is not that of the question."""
        return not frame.seq.first and frame.afn == self.frame.afn

    async def whole(self, gap_s: float, until: float) -> Frame | None:
        """Wait for all of the answer: `gap_s` for each part, to loop time `until` at most; None: it did not come."""
        loop = asyncio.get_running_loop()
        heard = -1
        while heard < self.parts and loop.time() < until and not self.answer.done():
            heard = self.parts
            await asyncio.wait({self.answer}, timeout=min(gap_s, until - loop.time()))
        return self.answer.result() if self.answer.done() else None

    def _goes_on(self, frame: Frame) -> bool:
        """Tell whether a frame is a beginning, the part that is next, or the newest one once more."""
        if frame.seq.first or frame == self._last:
            return True
        return self._last is not None and frame.seq.number == next_number(self._last.seq.number)

    def _is_fit(self, frame: Frame) -> bool:
        """The first frame has the number of the question; those behind it count on, which the joiner looks after."""
        numbered = frame if frame.seq.first else frame._replace(seq=self.frame.seq)
        try:
            check_answer(numbered, self.frame)
        except RemoteError:
            return False
        alone = frame.seq.first and frame.seq.final
        return frame.afn == self.frame.afn or (frame.afn == Afn.CONFIRM and alone)


Asked = AskedMeter | AskedTerminal


def is_of_another_meter(answer: PassageAnswer | None, asked: bytes) -> bool:
    """Tell whether a passage of the frame `asked` brought the frame of a meter with another number."""
    if not isinstance(answer, Passed):
        return False
    wanted, came = asked.lstrip(b"\xfe")[_ADDRESS], answer.inner.lstrip(b"\xfe")
    return wanted != _ANYBODY and came[:1] == b"\x68" and came[_ADDRESS] != wanted
