"""Fields in a row, as data: what the bytes of an item or a unit mean, both ways.

A `Form` reads a value out of bytes and writes it back; a `Record` is named forms one after the other. Whatever was
read is written back byte for byte: a number that is not BCD reads as `Unreadable` and is not guessed at, a register
that says "not available" reads as None. Numbers travel low byte first. Moments are strings of digits, highest first,
as the meter wrote them ("2611200930" is 2026-11-20 09:30 of its own clock): in which zone, only its owner knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Protocol

from meters_io.bits import bcd_to_bytes, digits_to_bytes, uint_from_bytes, uint_to_bytes
from meters_io.errors import CodecError, LocalError, RemoteError


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Bytes in the place of a value that are none. `raw`: as they came."""

    raw: bytes


Plain = int | Decimal | str | None | Unreadable | list["Plain"] | dict[str, "Plain"]


@dataclass(slots=True)
class Source:
    """Bytes being read: where we are, and what the record around us has read so far."""

    raw: bytes
    at: int = 0
    known: Mapping[str, Plain] = field(default_factory=dict)

    @property
    def left(self) -> int:
        """How many bytes are not read yet."""
        return len(self.raw) - self.at

    def take(self, width: int) -> bytes:
        """Return the next bytes; RemoteError `bad_length` where there are not as many."""
        at, end = self.at, self.at + width
        if not 0 <= width <= len(self.raw) - at:
            raise RemoteError(f"{width} bytes were expected and {self.left} are left", code="bad_length")
        self.at = end
        return self.raw[at:end]


class Form(Protocol):
    """How one value stands in bytes. `known`: the record that the value is part of."""

    def read(self, source: Source) -> Plain: ...

    def write(self, value: Plain, known: Mapping[str, Plain]) -> bytes: ...


def read_all(form: Form, raw: bytes) -> Plain:
    """Return the value that `raw` holds, all of it; RemoteError `bad_length` where bytes are left over."""
    source = Source(raw)
    value = form.read(source)
    if source.left:
        raise RemoteError(f"{source.left} bytes too many", code="bad_length")
    return value


def write_all(form: Form, value: Plain) -> bytes:
    """Return the bytes of a value. Raises LocalError."""
    return form.write(value, {})


@dataclass(frozen=True, slots=True)
class Binary:
    """An unsigned binary number."""

    width: int

    def read(self, source: Source) -> Plain:
        return uint_from_bytes(source.take(self.width))

    def write(self, value: Plain, known: Mapping[str, Plain]) -> bytes:
        return uint_to_bytes(_int(value), self.width)


@dataclass(frozen=True, slots=True)
class Number:
    """A BCD number: an int, or a Decimal where it has `decimals`. `signed`: its top bit is the sign.

    `missing`: the byte that fills a register which has no value.
    """

    width: int
    decimals: int = 0
    signed: bool = False
    missing: int = 0xFF

    def read(self, source: Source) -> Plain:
        raw = source.take(self.width)
        if raw[0] == self.missing and raw == bytes((self.missing,)) * self.width:
            return None
        negative = self.signed and raw[-1] & 0x80 != 0
        digits = (raw[:-1] + bytes((raw[-1] & 0x7F,)) if negative else raw)[::-1].hex()
        if not digits.isdecimal():
            return Unreadable(raw)
        if self.decimals or (negative and not int(digits)):  # only a Decimal knows a zero with a sign
            return Decimal(f"{'-' if negative else ''}{digits}E-{self.decimals}")
        return -int(digits) if negative else int(digits)

    def write(self, value: Plain, known: Mapping[str, Plain]) -> bytes:
        if value is None:
            return bytes((self.missing,)) * self.width
        if isinstance(value, Unreadable):
            return _as_came(value, self.width)
        steps = _decimal(value).scaleb(self.decimals)
        whole = int(steps)
        if steps != whole:
            raise LocalError("the number has more decimals than its field", code="inexact")
        raw = bcd_to_bytes(abs(whole), self.width)
        if not steps.is_signed():
            return raw if not (self.signed and raw[-1] & 0x80) else _into_sign()
        return raw[:-1] + bytes((raw[-1] | 0x80,)) if self.signed and not raw[-1] & 0x80 else _into_sign()


@dataclass(frozen=True, slots=True)
class Digits:
    """BCD digits as a string, highest first: addresses, moments. `missing`: as for a Number."""

    width: int
    missing: int | None = 0xFF

    def read(self, source: Source) -> Plain:
        raw = source.take(self.width)
        if self.missing is not None and raw == bytes((self.missing,)) * self.width:
            return None
        digits = raw[::-1].hex()
        return digits if digits.isdecimal() else Unreadable(raw)

    def write(self, value: Plain, known: Mapping[str, Plain]) -> bytes:
        if value is None and self.missing is not None:
            return bytes((self.missing,)) * self.width
        if isinstance(value, Unreadable):
            return _as_came(value, self.width)
        return digits_to_bytes(_str(value), self.width)


@dataclass(frozen=True, slots=True)
class Text:
    """ASCII characters, filled up with zeros. `reversed_`: the last character travels first, and FFH everywhere is None
    (DL/T 645).
    """

    width: int
    reversed_: bool = False

    def read(self, source: Source) -> Plain:
        raw = source.take(self.width)
        if self.reversed_ and raw == b"\xff" * self.width:
            return None
        text = (raw[::-1] if self.reversed_ else raw).rstrip(b"\0")
        return text.decode("ascii") if text.isascii() else Unreadable(raw)

    def write(self, value: Plain, known: Mapping[str, Plain]) -> bytes:
        if value is None and self.reversed_:
            return b"\xff" * self.width
        if isinstance(value, Unreadable):
            return _as_came(value, self.width)
        text = _str(value)
        if not text.isascii() or len(text) > self.width or text.endswith("\0"):
            raise LocalError(f"a text is {self.width} ASCII characters at most", code="bad_text")
        raw = text.encode("ascii").ljust(self.width, b"\0")
        return raw[::-1] if self.reversed_ else raw


@dataclass(frozen=True, slots=True)
class Hex:
    """Bytes as they stand, as hex digits; without a `width` all that are left."""

    width: int | None = None

    def read(self, source: Source) -> Plain:
        return source.take(source.left if self.width is None else self.width).hex()

    def write(self, value: Plain, known: Mapping[str, Plain]) -> bytes:
        try:
            raw = bytes.fromhex(_str(value))
        except ValueError:
            raise LocalError("these are no hex digits", code="not_hex") from None
        if self.width is not None and len(raw) != self.width:
            raise LocalError(f"{self.width} bytes belong here", code="bad_length")
        return raw


@dataclass(frozen=True, slots=True)
class Record:
    """Named forms, one after the other: a dict in the same order."""

    fields: tuple[tuple[str, Form], ...]

    def read(self, source: Source) -> Plain:
        found: dict[str, Plain] = {}
        around, source.known = source.known, found
        name = ""
        try:
            for name, form in self.fields:
                found[name] = form.read(source)
        except CodecError as error:
            _lies_in(name, error)
            raise
        source.known = around
        return found

    def write(self, value: Plain, known: Mapping[str, Plain]) -> bytes:
        if not isinstance(value, dict) or value.keys() != {name for name, _ in self.fields}:
            raise LocalError("the fields are not those of the record", code="wrong_fields")
        name, written = "", list[bytes]()
        try:
            for name, form in self.fields:
                written.append(form.write(value[name], value))
        except CodecError as error:
            _lies_in(name, error)
            raise
        return b"".join(written)


def record(**fields: Form) -> Record:
    """Return the record of these fields, in this order."""
    return Record(tuple(fields.items()))


@dataclass(frozen=True, slots=True)
class Many:
    """A list of one form. Its length is `count`, or stands in the field `of` of the record (and `plus` so many), or is
    whatever fits into what is left.
    """

    form: Form
    count: int | None = None
    of: str | None = None
    plus: int = 0

    def read(self, source: Source) -> Plain:
        wanted = self._wanted(source.known)
        read, found = self.form.read, list[Plain]()
        while source.left if wanted is None else len(found) < wanted:
            before = source.at
            try:
                found.append(read(source))
            except CodecError as error:
                _lies_in(str(len(found)), error)
                raise
            if source.at == before:
                raise RemoteError("a list of nothing has no end", code="bad_length")
        return found

    def write(self, value: Plain, known: Mapping[str, Plain]) -> bytes:
        wanted = self._wanted(known)
        if not isinstance(value, list) or wanted not in (None, len(value)):
            raise LocalError("the list has another length than announced", code="wrong_count")
        write, written = self.form.write, list[bytes]()
        try:
            for each in value:
                written.append(write(each, known))
        except CodecError as error:
            _lies_in(str(len(written)), error)
            raise
        return b"".join(written)

    def _wanted(self, known: Mapping[str, Plain]) -> int | None:
        if self.of is None:
            return self.count
        said = known.get(self.of)
        if not isinstance(said, int):
            raise RemoteError("how many there are cannot be read", code="bad_count")
        return said + self.plus


@dataclass(frozen=True, slots=True)
class Counted:
    """A list behind its own length."""

    length: Binary
    form: Form

    def read(self, source: Source) -> Plain:
        count = uint_from_bytes(source.take(self.length.width))
        return Many(self.form, count).read(source)

    def write(self, value: Plain, known: Mapping[str, Plain]) -> bytes:
        if not isinstance(value, list):
            raise LocalError("a list belongs here", code="not_a_list")
        return self.length.write(len(value), known) + Many(self.form, len(value)).write(value, known)


@dataclass(frozen=True, slots=True)
class Block:
    """Bytes behind their own length: as hex digits, or as what `form` makes of all of them."""

    length: Binary
    form: Form = Hex()

    def read(self, source: Source) -> Plain:
        inner = Source(source.take(uint_from_bytes(source.take(self.length.width))), known=source.known)
        value = self.form.read(inner)
        if inner.left:
            raise RemoteError(f"{inner.left} bytes too many", code="bad_length")
        return value

    def write(self, value: Plain, known: Mapping[str, Plain]) -> bytes:
        raw = self.form.write(value, known)
        return self.length.write(len(raw), known) + raw


@dataclass(frozen=True, slots=True)
class Bits:
    """A binary number cut into named groups of bits, lowest first: a dict of numbers. The groups fill whole bytes."""

    groups: tuple[tuple[str, int], ...]

    def read(self, source: Source) -> Plain:
        word, found = uint_from_bytes(source.take(self._width())), dict[str, Plain]()
        for name, width in self.groups:
            found[name] = word & (1 << width) - 1
            word >>= width
        return found

    def write(self, value: Plain, known: Mapping[str, Plain]) -> bytes:
        if not isinstance(value, dict) or value.keys() != {name for name, _ in self.groups}:
            raise LocalError("the fields are not those of the number", code="wrong_fields")
        word = 0
        for name, width in reversed(self.groups):
            number = _int(value[name])
            if not 0 <= number < 1 << width:
                raise LocalError("the number does not fit its bits", code="out_of_range", field=name)
            word = word << width | number
        return uint_to_bytes(word, self._width())

    def _width(self) -> int:
        return sum(width for _, width in self.groups) // 8


def bits(**groups: int) -> Bits:
    """Return the number made of these groups of bits, the lowest first."""
    return Bits(tuple(groups.items()))


@contextmanager
def at_field(name: str) -> Iterator[None]:
    """Let an error that comes from inside say in which field it lies: `entries.2.address`."""
    try:
        yield
    except CodecError as error:
        _lies_in(name, error)
        raise


def _lies_in(name: str, error: CodecError) -> None:
    """What `at_field` does, for records and lists: entering a context costs more than to read a field."""
    error.field = name if error.field in (None, "bcd", "binary") else f"{name}.{error.field}"


def _as_came(value: Unreadable, width: int) -> bytes:
    if len(value.raw) != width:
        raise LocalError(f"{width} bytes belong here", code="bad_length")
    return value.raw


def _into_sign() -> bytes:
    raise LocalError("the number does not fit its BCD field", code="out_of_range")


def _int(value: Plain) -> int:
    if isinstance(value, int):
        return value
    raise LocalError("a whole number belongs here", code="not_a_number")


def _str(value: Plain) -> str:
    if isinstance(value, str):
        return value
    raise LocalError("a text belongs here", code="not_a_text")


def _decimal(value: Plain) -> Decimal:
    if not isinstance(value, int | Decimal):
        raise LocalError("a number belongs here", code="not_a_number")
    try:
        found = Decimal(value)
        found.scaleb(0)
    except (InvalidOperation, ValueError):
        found = Decimal("NaN")
    if not found.is_finite():
        raise LocalError("a number belongs here", code="not_a_number")
    return found
