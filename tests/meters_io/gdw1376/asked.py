"""Routes and published frames, for requests that are about terminals and their meters."""

from meters_io.gdw1376.clock import TimeTag
from meters_io.gdw1376.frame import Frame, Terminal, decode, encode
from meters_io.gdw1376.passage import Route
from meters_io.gdw1376.tail import Tail
from tests.meters_io.samples import GDW1376

TERMINAL = Terminal("3201", 18)
ROUTE = Route(TERMINAL, 5)
TAGGED = Tail(tag=TimeTag(1, 20, 9, 30, 0, 5))
_RAW = {sample.id: sample.raw for sample in GDW1376}


def published(name: str) -> Frame:
    """Return a frame of the published ones."""
    return decode(_RAW[name])


def over_the_wire(frame: Frame) -> Frame:
    """Return what arrives."""
    return decode(encode(frame))


def heard_by(asked: Frame, frame: Frame) -> Frame:
    """Return `frame` as if it answered `asked`."""
    return Frame(asked.terminal, frame.control, frame.afn, frame.seq, frame.body, asked.a3, frame.protocol)


def with_body(frame: Frame, body: bytes) -> Frame:
    """Return `frame` with another body."""
    return Frame(frame.terminal, frame.control, frame.afn, frame.seq, body, frame.a3, frame.protocol)
