"""A whole frame as plain values: head, units with their data, tail; both ways, for every function we know.

`write_message(read_message(frame)) == frame` for any frame whatever. What nobody can read stays as bytes, with the
reason; reading a message raises nothing.
"""

from dataclasses import dataclass

from meters_io.errors import CodecError, LocalError
from meters_io.gdw1376.frame import Frame
from meters_io.gdw1376.parsing import UnitData, read_units, write_unit
from meters_io.gdw1376.tail import Tail, tails_of, with_tail
from meters_io.layout import at_field

__all__ = ["Message", "UnitData", "read_message", "write_message"]


@dataclass(frozen=True, slots=True)
class Message:
    """A frame, taken apart.

    `frame`: its head; the body is empty. `tail`: None where the frame is too short for the tail it announces, or its
    time tag is no time. `rest`: bytes behind the last unit (or, without a tail, the whole body), and `trouble` the code
    of what is wrong with them.
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
        return found or Message(head, (), None, frame.body, error.code)
    return found or Message(head, (), None, frame.body, "bad_length")


def write_message(message: Message) -> Frame:
    """Return the frame of a message: from values where there are any, from bytes where there is no form for them.

    Raises LocalError; its `field` begins with the place of the unit: `units.0.entries.2.address`.
    """
    if message.tail is None:
        if message.units:
            raise LocalError("units need a tail, be it NO_TAIL", code="no_tail", field="tail")
        return message.frame._replace(body=message.rest)
    units = b"".join(_written(message.frame, place, unit) for place, unit in enumerate(message.units))
    return with_tail(message.frame, units + message.rest, message.tail)


def _written(frame: Frame, place: int, unit: UnitData) -> bytes:
    with at_field(f"units.{place}"):
        return write_unit(frame, unit)
