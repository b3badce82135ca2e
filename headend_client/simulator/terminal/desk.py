"""Any frame to the terminal itself in, the frames of its answer out."""

from collections.abc import Callable
from datetime import datetime, tzinfo

from headend_client.simulator.answers import Answerer
from headend_client.simulator.terminal.knowledge import HasRead, Knowledge
from headend_client.simulator.terminal.orders import After, Obeyed, Orders
from headend_client.simulator.terminal.state import TerminalState
from meters_io.errors import CodecError
from meters_io.gdw1376.clock import tag_at
from meters_io.gdw1376.frame import Afn, Frame
from meters_io.gdw1376.joining import split_message
from meters_io.gdw1376.link import build_denial
from meters_io.gdw1376.message import read_message
from meters_io.gdw1376.tail import Tail, split_tail

_HEAD_BYTES = 8
_QUESTIONS: dict[int, Callable[[Knowledge, Frame, Tail], Frame]] = {
    Afn.QUERY: Knowledge.parameters,
    Afn.CURRENT: Knowledge.current,
    Afn.HISTORY: Knowledge.history,
    Afn.EVENTS: Knowledge.events,
}
_ORDERS: dict[int, Callable[[Orders, Frame, Tail], Obeyed]] = {
    Afn.RESET: Orders.reset,
    Afn.SET: Orders.set,
    Afn.CONTROL: Orders.control,
}


class Desk:
    """Where a terminal is asked and ordered.

    `meter`: finds the meter with an address on its lines; `has_read`: tells whether its frozen day was read in time.
    """

    def __init__(
        self, state: TerminalState, meter: Callable[[str], Answerer | None], zone: tzinfo, has_read: HasRead
    ) -> None:
        self.state = state
        self._meter, self._zone, self._has_read = meter, zone, has_read

    def answer(self, asked: Frame, now: datetime) -> tuple[tuple[Frame, ...], After]:
        """Return the answer, in as many frames as the terminal's frames are short, and what follows. `now`: true."""
        try:
            obeyed = self._say(asked, now)
        except CodecError:
            obeyed = Obeyed(build_denial(asked, Tail(events=self.state.events.waiting())))
        return self._in_parts(obeyed.frame), obeyed.after

    def tail(self, asked: Tail, now: datetime) -> Tail:
        """Return the end of an answer: the own time where it was asked with one, and how many events wait."""
        tag = None
        if asked.tag is not None:
            own = datetime.fromtimestamp(now.timestamp() + self.state.ahead_s, self._zone)
            tag = tag_at(asked.tag.count, own, self._zone, asked.tag.allowed_min)
        return Tail(events=self.state.events.waiting(), tag=tag)

    def _say(self, asked: Frame, now: datetime) -> Obeyed:
        tail = self.tail(split_tail(asked)[1], now)
        if asked.afn in _ORDERS:
            return _ORDERS[asked.afn](Orders(self.state, now, self._zone), asked, tail)
        if asked.afn in _QUESTIONS:
            knowledge = Knowledge(self.state, self._meter, self._has_read, now, self._zone)
            return Obeyed(_QUESTIONS[asked.afn](knowledge, asked, tail))
        return Obeyed(build_denial(asked, tail))

    def _in_parts(self, frame: Frame) -> tuple[Frame, ...]:
        most = self.state.spec.frame_bytes
        if len(frame.body) + _HEAD_BYTES <= most:
            return (frame,)
        return split_message(read_message(frame), most)
