"""What an entry of a file says, read whatever way it is spelled: 11 and "11", "19EB23" and 1698595, with blanks or not.

Spellings are free, values are not: a text that cannot be what is asked for is an error, never a guess.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from meters_io.conformance.shape import Json, JsonObject
from meters_io.errors import LocalError
from meters_io.sts.tid import TID_LIMIT

_T = TypeVar("_T")

_BETWEEN = str.maketrans("", "", " -_\t\n")


@dataclass(frozen=True, slots=True)
class Inputs:
    """An object of the file. A name that is asked for and missing, or cannot be read: LocalError `bad_entry`."""

    said: JsonObject

    def has(self, name: str) -> bool:
        """Whether a value stands there."""
        return self.said.get(name) is not None

    def part(self, name: str) -> Inputs:
        """Return the object inside."""
        found = self._needed(name)
        if not isinstance(found, dict):
            raise LocalError(f"{name} is not an object", code="bad_entry", field=name)
        return Inputs(found)

    def text(self, name: str) -> str:
        """Return a text, or a number as it was written."""
        return self._read(name, text_of)

    def digits(self, name: str) -> str:
        """Return decimal digits, without what was put between them."""
        return self._read(name, digits_of)

    def number(self, name: str, otherwise: int | None = None) -> int:
        """Return a whole number written in decimal."""
        return otherwise if otherwise is not None and not self.has(name) else self._read(name, whole_of)

    def bits(self, name: str, otherwise: int | None = None) -> int:
        """Return a number that is written in hexadecimal where it is a text."""
        return otherwise if otherwise is not None and not self.has(name) else self._read(name, bits_of)

    def field(self, name: str, width: int) -> int:
        """Return a number of `width` bits, as `bits` reads it."""
        found = self.bits(name)
        if not 0 <= found < 1 << width:
            raise LocalError(f"{name} has {width} bits", code="bad_entry", field=name)
        return found

    def tid(self, name: str) -> int:
        """Return a token identifier: hex, or decimal."""
        return self._read(name, tid_in)

    def raw(self, name: str) -> bytes:
        """Return bytes written in hexadecimal."""
        return self._read(name, bytes_of)

    def exact(self, name: str) -> Decimal:
        """Return a decimal number, exactly as written."""
        return self._read(name, decimal_of)

    def flag(self, name: str, *, otherwise: bool = False) -> bool:
        """Return yes or no."""
        return self._read(name, flag_of) if self.has(name) else otherwise

    def moment(self, name: str) -> datetime:
        """Return a moment, aware UTC; one that names no zone is UTC."""
        return self._read(name, moment_of)

    def _needed(self, name: str) -> Json:
        if not self.has(name):
            raise LocalError(f"{name} is missing", code="bad_entry", field=name)
        return self.said[name]

    def _read(self, name: str, read: Callable[[Json], _T]) -> _T:
        try:
            return read(self._needed(name))
        except (ValueError, InvalidOperation, OverflowError) as error:
            if isinstance(error, LocalError):
                raise
            raise LocalError(f"{name} cannot be read: {self.said[name]!r}", code="bad_entry", field=name) from None


def text_of(said: Json) -> str:
    """Return a text. Raises ValueError, as all of these do."""
    if isinstance(said, bool) or not isinstance(said, str | int | Decimal):
        raise ValueError("no text")
    return str(said)


def compact(text: str) -> str:
    """Return a text without what people put between digits."""
    return text.translate(_BETWEEN)


def digits_of(said: Json) -> str:
    """Return decimal digits."""
    digits = compact(text_of(said))
    if not (digits.isascii() and digits.isdecimal()):
        raise ValueError("not digits")
    return digits


def whole_of(said: Json) -> int:
    """Return a whole number; true is 1."""
    if isinstance(said, bool):
        return int(said)
    found = decimal_of(said)
    if found != found.to_integral_value():
        raise ValueError("not whole")
    return int(found)


def decimal_of(said: Json) -> Decimal:
    """Return a finite decimal number."""
    found = Decimal(text_of(said).strip())
    if not found.is_finite() or abs(found.adjusted()) > 100:
        raise ValueError("not a number of this world")
    return found


def bits_of(said: Json) -> int:
    """Return a number: a text is hexadecimal, perhaps with 0x before or h behind it."""
    if not isinstance(said, str):
        return whole_of(said)
    return int(_bare_hex(said), 16)


def tid_in(said: Json) -> int:
    """Return a TID: six hex digits; a text that would need more than 24 bits so is decimal."""
    number = bits_of(said)
    return whole_of(said) if number >= TID_LIMIT else number


def bytes_of(said: Json) -> bytes:
    """Return bytes from hex digits."""
    return bytes.fromhex(_bare_hex(text_of(said)))


def _bare_hex(text: str) -> str:
    return compact(text).lower().removeprefix("0x").removesuffix("h")


def flag_of(said: Json) -> bool:
    """Return yes or no, as a flag, as 1 and 0, or as a word."""
    word = str(said).strip().lower()
    if word in ("true", "1", "yes"):
        return True
    if word in ("false", "0", "no"):
        return False
    raise ValueError("neither yes nor no")


def moment_of(said: Json) -> datetime:
    """Return a moment, aware UTC; one that names no zone is UTC."""
    found = datetime.fromisoformat(text_of(said).strip())
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
