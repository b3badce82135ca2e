"""A whole frame as plain values: head, units with their data, tail; both ways, for every function we know.

`write_message(read_message(frame)) == frame` for any frame whatever. What nobody can read stays as bytes, with the
reason; reading a message raises nothing.
"""

from dataclasses import dataclass

from meters_io.errors import CodecError
from meters_io.gdw1376.frame import Frame
from meters_io.gdw1376.parsing import UnitData, read_units, write_unit
from meters_io.gdw1376.tail import Tail, tail_length, tails_of, with_tail
from meters_io.layout import at_field

__all__ = ["Message", "UnitData", "read_message", "write_message"]


@dataclass(frozen=True, slots=True)
class Message:
    """A frame, taken apart.

    `frame`: its head; the body is empty. `tail`: None where the frame is too short for the tail it announces, or its
    time tag is no time; then the bytes of the tail stand in `rest`. `rest`: bytes behind the last unit, and `trouble`
    the code of what is wrong with them.
    """

    frame: Frame
    units: tuple[UnitData, ...]
    tail: Tail | None
    rest: bytes = b""
    trouble: str = ""


def read_message(frame: Frame) -> Message:
    """Read what a frame of either side says. Raises nothing: see `Message.trouble` and `UnitData.trouble`."""
    head, found = frame._replace(body=b""), None
    try:
        for body, tail in tails_of(frame):
            units, rest = read_units(frame, body)
            clean = not rest and not any(unit.trouble for unit in units)
            if found is None or clean:
                found = Message(head, units, tail, rest, "bad_unit" if rest else "")
            if clean:
                break
    except CodecError as error:
        return found or _without_tail(frame, error.code)
    return found or _without_tail(frame, "bad_length")


def write_message(message: Message) -> Frame:
    """Return the frame of a message: from values where there are any, from bytes where there is no form for them.

    Raises LocalError; its `field` begins with the place of the unit: `units.0.entries.2.address`.
    """
    body = b"".join(_written(message.frame, place, unit) for place, unit in enumerate(message.units)) + message.rest
    if message.tail is None:
        return message.frame._replace(body=body)
    return with_tail(message.frame, body, message.tail)


def _without_tail(frame: Frame, trouble: str) -> Message:
    """Read the units in front of a tail that cannot be read; where there is no room for both, nothing is read."""
    end = max(len(frame.body) - tail_length(frame), 0)
    units, rest = read_units(frame, frame.body[:end])
    return Message(frame._replace(body=b""), units, None, rest + frame.body[end:], trouble)


def _written(frame: Frame, place: int, unit: UnitData) -> bytes:
    with at_field(f"units.{place}"):
        return write_unit(frame, unit)
