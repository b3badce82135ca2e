"""Any frame to the terminal itself in, the frames of its answer out."""

from collections.abc import Callable
from datetime import datetime, tzinfo

from headend_client.simulator.answers import Answerer
from headend_client.simulator.terminal.knowledge import HasRead, Knowledge
from headend_client.simulator.terminal.orders import After, Obeyed, Orders
from headend_client.simulator.terminal.parts import answer_in_parts, units_of
from headend_client.simulator.terminal.state import TerminalState
from meters_io.errors import CodecError
from meters_io.gdw1376.asking import Piece
from meters_io.gdw1376.clock import tag_at
from meters_io.gdw1376.frame import Afn, Frame
from meters_io.gdw1376.link import build_denial
from meters_io.gdw1376.tail import Tail, split_tail

_QUESTIONS: dict[int, Callable[[Knowledge, Frame], list[Piece]]] = {
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
            return self._say(asked, now)
        except CodecError:
            return (build_denial(asked, Tail(events=self.state.events.waiting())),), After.NOTHING

    def tail(self, asked: Tail, now: datetime) -> Tail:
        """Return the end of an answer: the own time where it was asked with one, and how many events wait."""
        tag = None
        if asked.tag is not None:
            own = datetime.fromtimestamp(now.timestamp() + self.state.ahead_s, self._zone)
            tag = tag_at(asked.tag.count, own, self._zone, asked.tag.allowed_min)
        return Tail(events=self.state.events.waiting(), tag=tag)

    def _say(self, asked: Frame, now: datetime) -> tuple[tuple[Frame, ...], After]:
        self.state.groups.advance(now, self.state.happened, keeps_power=self.state.keeps_power)
        tail = self.tail(split_tail(asked)[1], now)
        if asked.afn in _ORDERS:
            obeyed = _ORDERS[asked.afn](Orders(self.state, now, self._zone), asked, tail)
            self.state.groups.keep()
            return (obeyed.frame,), obeyed.after
        if asked.afn not in _QUESTIONS:
            return (build_denial(asked, tail),), After.NOTHING
        knowledge = Knowledge(self.state, self._meter, self._has_read, now, self._zone)
        units = knowledge.day_in_bulk(asked) or units_of(asked, _QUESTIONS[asked.afn](knowledge, asked))
        return answer_in_parts(asked, units, tail, self.state.spec.frame_bytes), After.NOTHING
