"""Forms that only the functions of Q/GDW 1376.1 need; the common ones are in `meters_io.layout`."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate

from meters_io.bits import cut_bits, uint_from_bytes, uint_to_bytes
from meters_io.errors import CodecError, LocalError
from meters_io.gdw1376.formats import MISSING
from meters_io.gdw1376.units import UNIT_BYTES, Unit, unit_from_bytes, unit_to_bytes
from meters_io.layout import Plain, Source, Unreadable


@dataclass(frozen=True, slots=True)
class Bits:
    """A binary word of `width` bytes cut into named numbers: (name, bits) from the lowest bit up, the whole word."""

    width: int
    fields: tuple[tuple[str, int], ...]

    def read(self, source: Source) -> Plain:
        word = uint_from_bytes(source.take(self.width))
        return {name: cut_bits(word, low, bits) for name, low, bits in self._places()}

    def write(self, value: Plain, known: Mapping[str, Plain]) -> bytes:
        if not isinstance(value, dict) or value.keys() != {name for name, _ in self.fields}:
            raise LocalError("the fields are not those of the word", code="wrong_fields")
        word = 0
        for name, low, bits in self._places():
            number = value[name]
            if not isinstance(number, int) or not 0 <= number < 1 << bits:
                raise LocalError(f"{name} has {bits} bits", code="out_of_range", field=name)
            word |= number << low
        return uint_to_bytes(word, self.width)

    def _places(self) -> list[tuple[str, int, int]]:
        lows = accumulate((bits for _, bits in self.fields), initial=0)
        return [(name, low, bits) for (name, bits), low in zip(self.fields, lows, strict=False)]


@dataclass(frozen=True, slots=True)
class Absent:
    """A whole block that is not there: `width` bytes of EE, read as None."""

    width: int

    def read(self, source: Source) -> Plain:
        raw = source.take(self.width)
        if raw != bytes((MISSING,)) * self.width:
            raise LocalError("there is a value in this block", code="not_absent")
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
class Identifier:
    """A unit identifier inside the data: `{"points": [...], "functions": [...]}`, numbers as in `units.Unit`."""

    def read(self, source: Source) -> Plain:
        raw = source.take(UNIT_BYTES)
        try:
            found = unit_from_bytes(raw)
        except CodecError:
            return Unreadable(raw)
        return {"points": list(found.points), "functions": list(found.functions)}

    def write(self, value: Plain, known: Mapping[str, Plain]) -> bytes:
        if isinstance(value, Unreadable) and len(value.raw) == UNIT_BYTES:
            return value.raw
        if not isinstance(value, dict) or value.keys() != {"points", "functions"}:
            raise LocalError("an identifier has points and functions", code="wrong_fields")
        return unit_to_bytes(Unit(_numbers(value["points"]), _numbers(value["functions"])))


def _numbers(value: Plain) -> tuple[int, ...]:
    if not isinstance(value, list):
        raise LocalError("a list belongs here", code="not_a_list")
    numbers = [each for each in value if isinstance(each, int)]
    if len(numbers) != len(value):
        raise LocalError("whole numbers belong here", code="not_a_number")
    return tuple(numbers)


POINT = Bits(2, (("number", 15), ("began", 1)))  # a measuring point in an event; `began` 0: it is over
