"""Forms that only the functions of Q/GDW 1376.1 need; the common ones are in `meters_io.layout`."""

from collections.abc import Mapping
from dataclasses import dataclass

from meters_io.errors import LocalError, RemoteError
from meters_io.gdw1376.formats import MISSING, NOTHING
from meters_io.gdw1376.functions.catalogue import Function
from meters_io.layout import Form, Many, Plain, Record, Source, bits


@dataclass(frozen=True, slots=True)
class Absent:
    """A whole block that is not there: `width` bytes of EE, read as None."""

    width: int

    def read(self, source: Source) -> Plain:
        raw = source.take(self.width)
        if raw != bytes((MISSING,)) * self.width:
            raise RemoteError("there is a value in this block", code="not_absent")
        return None

    def write(self, value: Plain, known: Mapping[str, Plain]) -> bytes:
        if value is not None:
            raise LocalError("an absent block is None", code="not_absent")
        return bytes((MISSING,)) * self.width


@dataclass(frozen=True, slots=True)
class Address:
    """An IPv4 address, high byte first: "10.1.2.3"."""

    def read(self, source: Source) -> Plain:
        return ".".join(map(str, source.take(4)))

    def write(self, value: Plain, known: Mapping[str, Plain]) -> bytes:
        parts = value.split(".") if isinstance(value, str) else []
        if len(parts) != 4 or not all(part.isascii() and part.isdecimal() and int(part) <= 255 for part in parts):
            raise LocalError("an address is four numbers up to 255 with dots between them", code="bad_address")
        return bytes(map(int, parts))


@dataclass(frozen=True, slots=True)
class PerBit:
    """A list with one value for each bit that is set in the number `of`, a field of the record around it."""

    form: Form
    of: str

    def read(self, source: Source) -> Plain:
        return Many(self.form, self._count(source.known)).read(source)

    def write(self, value: Plain, known: Mapping[str, Plain]) -> bytes:
        return Many(self.form, self._count(known)).write(value, known)

    def _count(self, known: Mapping[str, Plain]) -> int:
        bitmap = known.get(self.of)
        if not isinstance(bitmap, int) or bitmap < 0:
            raise RemoteError("which there are cannot be read", code="bad_count")
        return bitmap.bit_count()


class ClockFirst(Record):
    """A meter's clock (format 1) and then when it was read (15): refused where the other order makes better sense.

    Makers differ in the order, and both have one length. Only format 1 knows weekdays; where it gives none, clock and
    reading must be of one day.
    """

    def read(self, source: Source) -> Plain:
        began = source.at
        value = super().read(source)
        raw = source.raw[began : source.at]
        if not _go_together(raw[:6], raw[6:]) or _go_together(raw[5:], raw[:5]):
            raise RemoteError("the clock does not stand in front of the moment of reading", code="other_order")
        return value


def _go_together(clock: bytes, read: bytes) -> bool:
    """Tell whether bytes can be a clock, and a moment at which it was read."""
    day, weekday = (clock[5], clock[4] & 0x1F, clock[3]), clock[4] >> 5
    read_day = (read[4], read[3], read[2])
    return _is_day(*day) and _is_day(*read_day) and (weekday > 0 or day == read_day)


def _is_day(*parts: int) -> bool:
    """Tell whether bytes are BCD and can be year, month and day."""
    digits = bytes(parts).hex()
    return digits.isdecimal() and "01" <= digits[2:4] <= "12" and "01" <= digits[4:] <= "31"


def ask_for(answer: Function, form: Form = NOTHING) -> Function:
    """Return the request whose answer is `answer`; `form`: what it carries."""
    return Function(f"ask for {answer.title}", form)


POINT = bits(number=15, began=1)  # a measuring point in an event; `began` 0: it is over
