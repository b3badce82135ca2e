"""The small language of fields: whatever is read is written back."""

from collections.abc import Mapping
from contextlib import suppress

from meters_io.errors import CodecError
from meters_io.layout import Binary, Counted, Digits, Form, Hex, Many, Number, Plain, Text, read_all, record, write_all
from tests.fuzz.effort import within

_INNER: tuple[Form, ...] = (
    Binary(1), Binary(2), Number(2, 1), Number(3, 3, signed=True), Number(2, missing=0xEE), Digits(5), Digits(2, None),
    Text(4), Text(3, reversed_=True), Hex(2),
)  # fmt: skip
CALLS_A_BYTE = 150


def form_of(choice: bytes) -> Form:
    """Return a form of one to three fields that these bytes choose."""
    fields: dict[str, Form] = {"count": Binary(1)}
    for place, byte in enumerate(choice):
        form = _INNER[byte % len(_INNER)]
        lists: tuple[Form, ...] = (form, Many(form, 2), Many(form, of="count"), Counted(Binary(1), form), Many(form))
        fields[f"field{place}"] = lists[byte // len(_INNER) % len(lists)]
    return record(**fields)


def check_forms(raw: bytes) -> None:
    """Reading and then writing is the identity, and reading takes time in proportion to the bytes."""
    form = form_of(raw[:3])
    with suppress(CodecError):
        value = within(lambda: read_all(form, raw[3:]), 500 + CALLS_A_BYTE * len(raw))
        assert write_all(form, value) == raw[3:]


def plain_of(raw: bytes) -> Plain:
    """Return some value that no form promised to take."""
    kinds: Mapping[int, Plain] = {0: raw.hex(), 1: int.from_bytes(raw, "big"), 2: [raw.hex()], 3: None, 4: {"count": 1}}
    return kinds[raw[0] % len(kinds)] if raw else ""


def check_writing(raw: bytes) -> None:
    """No value breaks the writing of a form: it is written or refused."""
    for form in (*_INNER, form_of(raw[:3]), Hex(), Many(Hex(1))):
        with suppress(CodecError):
            write_all(form, plain_of(raw[3:]))


def seeds() -> list[bytes]:
    """Return a choice of forms, each with a few bytes to read."""
    return [bytes((first, second, 7)) + bytes((2, *range(20))) for first in range(50) for second in (0, 13, 48)]
