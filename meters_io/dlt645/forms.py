"""The forms that only DL/T 645 has; the common ones are in `meters_io.layout` (DL/T 645-2007 annex A)."""

from collections.abc import Mapping
from dataclasses import dataclass

from meters_io.bits import cut_bits, digits_to_bytes, uint_from_bytes, uint_to_bytes
from meters_io.errors import CodecError, LocalError, RemoteError
from meters_io.layout import Form, Hex, Plain, Source, Unreadable


@dataclass(frozen=True, slots=True)
class Identifier:
    """A data identifier as the standard writes it, DI3 first: "04000503"."""

    width: int = 4

    def read(self, source: Source) -> Plain:
        return source.take(self.width)[::-1].hex().upper()

    def write(self, value: Plain, known: Mapping[str, Plain]) -> bytes:
        try:
            raw = bytes.fromhex(value) if isinstance(value, str) else b""
        except ValueError:
            raw = b""
        if len(raw) != self.width:
            raise LocalError(f"an identifier is {2 * self.width} hex digits", code="not_hex")
        return raw[::-1]


@dataclass(frozen=True, slots=True)
class Moment:
    """BCD digits of a date or a time, highest first; `template` says what each pair is: "YYMMDDhhmm".

    FFH everywhere is None. Whether there is such a day is not asked here but in `meters_io.dlt645.check`.
    """

    template: str

    @property
    def width(self) -> int:
        """How many bytes it takes."""
        return len(self.template) // 2

    def read(self, source: Source) -> Plain:
        raw = source.take(self.width)
        digits = raw[::-1].hex()
        if digits.isdecimal():
            return digits
        return None if raw == b"\xff" * self.width else Unreadable(raw)

    def write(self, value: Plain, known: Mapping[str, Plain]) -> bytes:
        if value is None:
            return b"\xff" * self.width
        if isinstance(value, Unreadable) and len(value.raw) == self.width:
            return value.raw
        if not isinstance(value, str):
            raise LocalError(f"a moment is the digits {self.template}", code="not_digits")
        return digits_to_bytes(value, self.width)


@dataclass(frozen=True, slots=True)
class Turned:
    """A form whose bytes travel the other way round; without a `width` it takes all that is left.

    Around `Hex` it shows what a security chip made in the chip's own order, high byte first.
    """

    form: Form
    width: int | None = None

    def read(self, source: Source) -> Plain:
        raw = source.take(source.left if self.width is None else self.width)
        return _read_all(self.form, raw[::-1], source.known)

    def write(self, value: Plain, known: Mapping[str, Plain]) -> bytes:
        return self.form.write(value, known)[::-1]


@dataclass(frozen=True, slots=True)
class Within:
    """A form that fills everything but the last `keep` bytes: a value in front of its MAC."""

    form: Form
    keep: int

    def read(self, source: Source) -> Plain:
        if source.left < self.keep:
            raise RemoteError(f"{self.keep} bytes were due at the end, {source.left} are left", code="bad_length")
        return _read_all(self.form, source.take(source.left - self.keep), source.known)

    def write(self, value: Plain, known: Mapping[str, Plain]) -> bytes:
        return self.form.write(value, known)


@dataclass(frozen=True, slots=True)
class FirstThatFits:
    """What meters send in several shapes: the first form that takes all that is left decides, both ways.

    No value may be written by two of the forms: they differ in the names of their fields, or in their type.
    """

    forms: tuple[Form, ...]

    def read(self, source: Source) -> Plain:
        raw, first = source.take(source.left), None
        for form in self.forms:
            try:
                return _read_all(form, raw, source.known)
            except CodecError as error:
                first = first or error
        raise first or RemoteError("no form fits", code="bad_length")

    def write(self, value: Plain, known: Mapping[str, Plain]) -> bytes:
        first = None
        for form in self.forms:
            try:
                return form.write(value, known)
            except CodecError as error:
                first = first or error
        raise first or LocalError("no form fits", code="wrong_fields")


@dataclass(frozen=True, slots=True)
class Flags:
    """Bits with a meaning each: the list of the words of those that are set, lowest first. A bit without a word is
    `bit_<place>`.
    """

    width: int
    words: Mapping[int, str]

    def read(self, source: Source) -> Plain:
        word = uint_from_bytes(source.take(self.width))
        return [self.word_of(place) for place in range(8 * self.width) if word >> place & 1]

    def write(self, value: Plain, known: Mapping[str, Plain]) -> bytes:
        if not isinstance(value, list):
            raise LocalError("a list of words belongs here", code="not_a_list")
        places = {self.word_of(place): place for place in range(8 * self.width)}
        word = 0
        for each in value:
            if not isinstance(each, str) or each not in places:
                raise LocalError(f"{each!r} is the word of no bit here", code="unknown_word")
            word |= 1 << places[each]
        return uint_to_bytes(word, self.width)

    def word_of(self, place: int) -> str:
        """Return the word of one bit."""
        return self.words.get(place, f"bit_{place}")


@dataclass(frozen=True, slots=True)
class Words:
    """One byte, each value of which has a word; a value without one stays a number."""

    words: Mapping[int, str]

    def read(self, source: Source) -> Plain:
        number = source.take(1)[0]
        return self.words.get(number, number)

    def write(self, value: Plain, known: Mapping[str, Plain]) -> bytes:
        return uint_to_bytes(_number_of(value, self.words), 1)


@dataclass(frozen=True, slots=True)
class Part:
    """Some bits of a word side by side; their values have words, or are numbers."""

    name: str
    bits: int = 1
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Parts:
    """A word cut into parts, lowest bits first: a dict. The parts fill the word."""

    parts: tuple[Part, ...]

    def read(self, source: Source) -> Plain:
        word, low = uint_from_bytes(source.take(self._width)), 0
        found: dict[str, Plain] = {}
        for part in self.parts:
            number = cut_bits(word, low, part.bits)
            found[part.name] = part.words[number] if number < len(part.words) else number
            low += part.bits
        return found

    def write(self, value: Plain, known: Mapping[str, Plain]) -> bytes:
        if not isinstance(value, dict) or value.keys() != {part.name for part in self.parts}:
            raise LocalError("the fields are not those of the word", code="wrong_fields")
        word, low = 0, 0
        for part in self.parts:
            number = _number_of(value[part.name], dict(enumerate(part.words)))
            if number >> part.bits:
                raise LocalError("the number does not fit its bits", code="out_of_range", field=part.name)
            word |= number << low
            low += part.bits
        return uint_to_bytes(word, self._width)

    @property
    def _width(self) -> int:
        return sum(part.bits for part in self.parts) // 8


@dataclass(frozen=True, slots=True)
class Among:
    """A form that takes some values only, or none of some: what tells two layouts of one message apart."""

    form: Form
    only: tuple[Plain, ...] = ()
    never: tuple[Plain, ...] = ()

    def read(self, source: Source) -> Plain:
        value = self.form.read(source)
        if not self._takes(value):
            raise RemoteError(f"{value} is not what belongs here", code="unexpected_value")
        return value

    def write(self, value: Plain, known: Mapping[str, Plain]) -> bytes:
        if not self._takes(value):
            raise LocalError(f"{value} is not what belongs here", code="unexpected_value")
        return self.form.write(value, known)

    def _takes(self, value: Plain) -> bool:
        return value in self.only if self.only else value not in self.never


def highest_first(width: int | None = None) -> Turned:
    """Return the form of bytes that are shown as hex with the highest first, as people and chips write them."""
    return Turned(Hex(width), width)


def _read_all(form: Form, raw: bytes, known: Mapping[str, Plain]) -> Plain:
    source = Source(raw, 0, known)
    value = form.read(source)
    if source.left:
        raise RemoteError(f"{source.left} bytes too many", code="bad_length")
    return value


def _number_of(value: Plain, words: Mapping[int, str]) -> int:
    for number, word in words.items():
        if word == value:
            return number
    if isinstance(value, int) and value >= 0:
        return value
    raise LocalError(f"{value!r} is none of the words here", code="unknown_word")
