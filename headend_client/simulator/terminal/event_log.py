"""The events of a terminal: important and normal ones, each in a ring of 256 with a counter that never goes back."""

from dataclasses import dataclass, field

from meters_io.gdw1376.events import TerminalEvent
from meters_io.gdw1376.reports import Pointers, Report
from meters_io.gdw1376.tail import EventCounters

RING = 256
MOST_TOLD = 32  # in one answer: whoever asks for more asks again


@dataclass(slots=True)
class Ring:
    """Events of one importance, oldest first. `count`: all there ever were. `told`: up to where a master has them."""

    count: int = 0
    told: int = 0
    events: list[TerminalEvent] = field(default_factory=list)

    def add(self, event: TerminalEvent) -> None:
        """Keep one more; the oldest falls out of a full ring."""
        self.events = [*self.events, event][-(RING - 1) :]
        self.count += 1

    def stretch(self, first: int, last: int) -> tuple[int, list[TerminalEvent]]:
        """Return the place of the first event that we have of those from `first` up to, not with, `last`; and them."""
        begin = self._place(first)
        end = min(begin + (last - first) % RING, self.count, begin + MOST_TOLD)
        oldest = self.count - len(self.events)
        begin = max(begin, oldest)
        return begin, self.events[begin - oldest : max(end - oldest, 0)]

    def _place(self, pointer: int) -> int:
        """Return the absolute place, at or before `count`, that a pointer of eight bits means."""
        return self.count - (self.count - pointer) % RING


class EventLog:
    """Both rings."""

    def __init__(self) -> None:
        self.important, self.normal = Ring(), Ring()

    def add(self, event: TerminalEvent, *, important: bool) -> Report:
        """Keep an event; return it as the report a terminal would make of it."""
        ring = self._ring(important)
        ring.add(event)
        pointers = Pointers((ring.count - 1) % RING, ring.count % RING, important)
        return Report(pointers, self.counters, (event,))

    @property
    def counters(self) -> tuple[int, int]:
        """EC1 and EC2."""
        return self.important.count % RING, self.normal.count % RING

    def waiting(self) -> EventCounters | None:
        """Return the counters where important events wait to be fetched (ACD), else None."""
        return EventCounters(*self.counters) if self.important.told < self.important.count else None

    def tell(self, asked: Pointers) -> Report | None:
        """Answer for a stretch; None where we have nothing of it."""
        ring = self._ring(asked.important)
        begin, events = ring.stretch(asked.first, asked.last)
        if not events:
            return None
        end = begin + len(events)
        ring.told = max(ring.told, end)
        return Report(Pointers(begin % RING, end % RING, asked.important), self.counters, tuple(events))

    def confirmed(self, report: Report) -> None:
        """A master has confirmed a report: it has what the report told, so far as it had what came before."""
        ring = self._ring(report.pointers.important)
        if ring.told % RING == report.pointers.first:
            ring.told += len(report.events)

    def clear(self) -> None:
        """Forget the events; the counters go on."""
        for ring in (self.important, self.normal):
            ring.events, ring.told = [], ring.count

    def _ring(self, important: bool) -> Ring:  # noqa: FBT001
        return self.important if important else self.normal
