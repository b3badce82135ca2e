"""Bytes of which some are hidden, and the taking apart of them from front to back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC

from headend_client.fields import Field, Form
from headend_client.masking import HIDDEN
from meters_io.bits import digits_from_bytes, uint_from_bytes
from meters_io.dlt645.values import moment_from_bytes, number_from_bytes
from meters_io.errors import RemoteError

Value = tuple[Form, str | int]
Read = Callable[[bytes], Value]


@dataclass(frozen=True, slots=True)
class Sight:
    """What is left of some bytes after masking: None stands for a hidden one."""

    places: tuple[int | None, ...]

    @property
    def raw(self) -> str:
        """As hex, hidden bytes 'xx'."""
        return "".join(HIDDEN if byte is None else f"{byte:02x}" for byte in self.places)

    @property
    def known(self) -> bytes | None:
        """The bytes, if none is hidden."""
        seen = [byte for byte in self.places if byte is not None]
        return bytes(seen) if len(seen) == len(self.places) else None

    def __len__(self) -> int:
        return len(self.places)

    def part(self, first: int, last: int | None = None) -> "Sight":
        """From byte `first` up to `last`, counted as slices do."""
        return Sight(self.places[first:last])

    def without_33(self) -> "Sight":
        """The data of a DL/T 645 frame, 33H taken off."""
        return Sight(tuple(None if byte is None else (byte - 0x33) & 0xFF for byte in self.places))


def sight_of(text: str) -> Sight:
    """Read hex with 'xx' for hidden bytes. Raises ValueError for anything else."""
    if len(text) % 2:
        raise ValueError("half a byte")
    pairs = (text[at : at + 2] for at in range(0, len(text), 2))
    return Sight(tuple(None if pair == HIDDEN else int(pair, 16) for pair in pairs))


class Taking:
    """Takes fields off the front of a sight. What cannot be read is shown as bytes, what is masked as hidden."""

    def __init__(self, sight: Sight) -> None:
        self.left = sight
        self.fields: list[Field] = []

    def take(self, name: str, width: int, read: Read, *, gist: bool = False) -> None:
        """Take a field of `width` bytes; one that is cut short takes what there is."""
        part, self.left = self.left.part(0, width), self.left.part(width)
        if len(part):
            form, value = _value(part, read)
            self.fields.append(Field(name, part.raw, form, value, gist and form is not Form.HIDDEN))

    def take_as(self, name: str, width: int, word: str) -> None:
        """Take bytes that are told elsewhere, whatever of them is hidden."""
        part, self.left = self.left.part(0, width), self.left.part(width)
        if len(part):
            self.fields.append(Field(name, part.raw, Form.WORD, word))

    def rest(self, name: str = "data") -> None:
        """Take all that is left, if anything, as bytes."""
        self.take(name, len(self.left), as_bytes)

    def add(self, name: str, form: Form, value: str | int, *, gist: bool = False) -> None:
        """Add what bits of a field before it mean."""
        self.fields.append(Field(name, "", form, value, gist))


def _value(part: Sight, read: Read) -> Value:
    if part.known is None:
        return Form.HIDDEN, ""
    try:
        return read(part.known)
    except (RemoteError, ValueError):
        return Form.BYTES, part.raw


def as_bytes(raw: bytes) -> Value:
    return Form.BYTES, raw.hex()


def as_number(raw: bytes) -> Value:
    """Unsigned binary, low byte first."""
    return Form.NUMBER, uint_from_bytes(raw)


def as_cents(raw: bytes) -> Value:
    """Money as unsigned binary cents, low byte first."""
    return Form.MONEY, uint_from_bytes(raw)


def as_digits(raw: bytes) -> Value:
    """BCD digits, low pair first."""
    return Form.TEXT, digits_from_bytes(raw)


def as_moment(raw: bytes) -> Value:
    """A moment of the far side's own clock, 5 or 6 bytes; it names no zone, and neither do we."""
    moment = moment_from_bytes(raw, UTC)
    return (Form.WORD, "not_set") if moment is None else (Form.TEXT, f"{moment:%Y-%m-%d %H:%M:%S}")


def as_bcd(form: Form, scale: int = 1) -> Read:
    """A BCD register whose figure times `scale` is meant as `form`; one full of FFH is not available."""

    def read(raw: bytes) -> Value:
        number = number_from_bytes(raw, len(raw))
        return (Form.WORD, "not_available") if number is None else (form, number * scale)

    return read
