"""Answers too long for one frame: split on the terminal's side, joined again on the master's.

FIR and FIN say where a frame stands: 11 alone, 10 first, 00 between, 01 last. Each part carries whole units and a tail
of its own; RSEQ counts up from that of the first, which is the number of the request.
"""

from dataclasses import dataclass, replace

from meters_io.errors import CodecError, LocalError
from meters_io.gdw1376.exchange import next_number
from meters_io.gdw1376.frame import MAX_INNER, Frame
from meters_io.gdw1376.message import Message, UnitData, write_message
from meters_io.gdw1376.tail import Tail, split_tail, with_tail

MAX_JOINED = 1 << 20
MAX_PARTS = 4096  # however small they are
_HEAD_BYTES = 8


@dataclass(frozen=True, slots=True)
class Joined:
    """What a frame led to. `whole`: a frame that is complete now; None asks for more.

    `dropped`: frames that will never be whole, and `reason` why: `gap` (a part between is missing), `no_beginning`,
    `begun_again` (a first part while others waited), `repeated` (this part has come before), `too_long`, or the code
    of what is wrong with its tail.
    """

    whole: Frame | None = None
    dropped: tuple[Frame, ...] = ()
    reason: str = ""


class Joiner:
    """Joins the parts that come over one link. Holds at most `MAX_PARTS` of them, with `MAX_JOINED` bytes in all."""

    def __init__(self) -> None:
        self._parts: list[Frame] = []
        self._units = bytearray()

    def take(self, frame: Frame) -> Joined:
        """Take in the next frame of the link. A frame that stands alone passes at once."""
        if frame.seq.first and frame.seq.final:
            return Joined(frame)
        try:
            units, tail = split_tail(frame)
        except CodecError as error:
            return self._drop(frame, error.code)
        if frame.seq.first:
            return self._begin(frame, units)
        return self._go_on(frame, units, tail)

    @property
    def held(self) -> int:
        """How many parts wait for more."""
        return len(self._parts)

    def _begin(self, frame: Frame, units: bytes) -> Joined:
        if self._parts[-1:] == [frame]:
            return Joined(dropped=(frame,), reason="repeated")
        dropped, self._parts, self._units = tuple(self._parts), [frame], bytearray(units)
        return Joined(dropped=dropped, reason="begun_again" if dropped else "")

    def _go_on(self, frame: Frame, units: bytes, tail: Tail) -> Joined:
        if not self._parts:
            return Joined(dropped=(frame,), reason="no_beginning")
        if self._parts[-1] == frame:
            return Joined(dropped=(frame,), reason="repeated")
        if not _follows(frame, self._parts[-1]):
            return self._drop(frame, "gap")
        if len(self._units) + len(units) > MAX_JOINED or len(self._parts) == MAX_PARTS:
            return self._drop(frame, "too_long")
        self._parts.append(frame)
        self._units += units
        return self._end(tail) if frame.seq.final else Joined()

    def _end(self, tail: Tail) -> Joined:
        first, units = self._parts[0], bytes(self._units)
        self._parts, self._units = [], bytearray()
        return Joined(with_tail(first._replace(seq=replace(first.seq, final=True)), units, tail))

    def _drop(self, frame: Frame, reason: str) -> Joined:
        dropped = (*self._parts, frame)
        self._parts, self._units = [], bytearray()
        return Joined(dropped=dropped, reason=reason)


def split_message(message: Message, most_bytes: int = MAX_INNER) -> tuple[Frame, ...]:
    """Return the frames of `message`, none longer than `most_bytes` from C to the byte before CS.

    Units stay whole, each frame has the tail. LocalError `too_long` for a unit that does not fit alone.
    """
    rooms = _fill(message, most_bytes)
    number, frames = message.frame.seq.number, []
    for place, units in enumerate(rooms):
        seq = replace(message.frame.seq, number=number, first=place == 0, final=place == len(rooms) - 1)
        frames.append(write_message(replace(message, frame=message.frame._replace(seq=seq), units=units)))
        number = next_number(number)
    return tuple(frames)


def _fill(message: Message, most_bytes: int) -> list[tuple[UnitData, ...]]:
    """Return the units in as many groups as there must be frames."""
    most_bytes -= _HEAD_BYTES + _length(message, ())
    rooms: list[tuple[UnitData, ...]] = [()]
    left = most_bytes
    for place, unit in enumerate(message.units):
        length = _length(message, (unit,)) - _length(message, ())
        if length > most_bytes:
            raise LocalError("a unit alone is longer than a frame may be", code="too_long", field=f"units.{place}")
        if length > left:
            rooms.append(())
            left = most_bytes
        rooms[-1] += (unit,)
        left -= length
    return rooms


def _length(message: Message, units: tuple[UnitData, ...]) -> int:
    return len(write_message(replace(message, units=units)).body)


def _follows(frame: Frame, before: Frame) -> bool:
    same = (frame.terminal, frame.afn, frame.control.up, frame.control.starts)
    expected = (before.terminal, before.afn, before.control.up, before.control.starts)
    return same == expected and frame.seq.number == next_number(before.seq.number)
