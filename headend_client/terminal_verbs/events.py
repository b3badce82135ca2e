"""Events of a concentrator (AFN 0E): those behind the counters up to which we have them, a stretch at a time."""

from dataclasses import dataclass, field

from headend_client.errors import Unreachable
from headend_client.orders import CollectEvents
from headend_client.outcome import Readings, Refused, Unknown
from headend_client.terminal_verbs.call import DENIED, TerminalCall
from meters_io.errors import RemoteError
from meters_io.gdw1376.asking import Piece, build_request, fields_of, number_in, only, pieces_of_answer
from meters_io.gdw1376.events import TerminalEvent
from meters_io.gdw1376.frame import Afn, Frame
from meters_io.gdw1376.reports import Pointers, Report, build_events_request, missing, parse_events
from meters_io.gdw1376.units import TERMINAL_POINT

_COUNTERS = 7  # AFN 0C
_AT_ONCE = 16
_RING = 256


@dataclass(slots=True)
class _Ring:
    """One ring: how far we are, up to where it counts, what we have got."""

    known: int
    counter: int
    important: bool
    events: list[TerminalEvent] = field(default_factory=list)

    @property
    def left(self) -> int:
        return missing(self.counter, self.known)


async def collect_events(call: TerminalCall, order: CollectEvents) -> Readings | Refused | Unknown:
    """Fetch the events that we have not seen. `report.counters`: up to where we have them now; important ones first.

    What the concentrator does not keep any more, or tells so that nobody can read it, is passed over. When it falls
    silent on the way, what has come is returned. Raises Unreachable: nothing has come.
    """
    counters = await call.ask(
        lambda route: build_request(route, Afn.CURRENT, [Piece(TERMINAL_POINT, _COUNTERS, {})]), _counters
    )
    if isinstance(counters, Refused | Unknown):
        return counters
    rings = [_Ring(order.known[at] % _RING, counters[at], important=at == 0) for at in (0, 1)]
    for ring in rings:
        stopped = await _empty(call, ring)
        if stopped is not None:
            if all(each.known == known % _RING for each, known in zip(rings, order.known, strict=True)):
                return _none(stopped)
            break
    reached = rings[0].known, rings[1].known
    events = tuple(event for ring in rings for event in ring.events)
    return Readings({}, report=Report(Pointers(order.known[0] % _RING, reached[0]), reached, events))


async def _empty(call: TerminalCall, ring: _Ring) -> Unreachable | Refused | Unknown | None:
    """Fetch what is left of a ring; return what stopped us."""
    while ring.left:
        count = min(ring.left, _AT_ONCE)
        try:
            said = await _fetch(call, ring, count)
            if isinstance(said, Unknown):
                count, said = 1, await _fetch(call, ring, 1)
        except Unreachable as error:
            return error
        if isinstance(said, Report):
            _take(ring, said)
        elif isinstance(said, Unknown) or said == DENIED:
            ring.known = (ring.known + count) % _RING  # lost over there, or told so that nobody can read it
        else:
            return said
    return None


async def _fetch(call: TerminalCall, ring: _Ring, count: int) -> Report | Refused | Unknown:
    asked = Pointers(ring.known, (ring.known + count) % _RING, ring.important)

    def parse(reply: Frame, request: Frame) -> Report:
        report = parse_events(reply, request, call.zone)
        if report is None or report.pointers.important != asked.important:
            raise RemoteError("these are other events", code="wrong_unit", field="units")
        return report

    return await call.ask(lambda route: build_events_request(route, asked), parse)


def _take(ring: _Ring, report: Report) -> None:
    """Keep what was told; a terminal may tell fewer than were asked for, or begin later, where the older are lost."""
    ring.events += report.events
    gone = missing(report.pointers.last, ring.known)
    ring.known = report.pointers.last if 0 < gone <= ring.left else ring.counter


def _counters(reply: Frame, asked: Frame) -> tuple[int, int]:
    fields = fields_of(only(pieces_of_answer(reply, asked), _COUNTERS).value, "counters")
    return number_in(fields, "important"), number_in(fields, "normal")


def _none(stopped: Unreachable | Refused | Unknown) -> Refused | Unknown:
    if isinstance(stopped, Unreachable):
        raise stopped
    return stopped
