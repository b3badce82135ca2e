"""Fields as data: what is read is written back, and what is wrong is named by its field."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters_io.errors import CodecError, LocalError, RemoteError
from meters_io.layout import (
    Binary,
    Block,
    Counted,
    Digits,
    Form,
    Hex,
    Many,
    Number,
    Text,
    Unreadable,
    bits,
    read_all,
    record,
    write_all,
)

ENERGIES = record(read=Digits(5, 0xEE), m=Binary(1), v=Many(Number(5, 4, missing=0xEE), of="m", plus=1))
ARCHIVE = Counted(Binary(2), record(no=Binary(2), name=Text(4), address=Digits(6), rest=Hex(1)))
FLAGS = bits(low=3, middle=9, high=4)
ITEM = Block(Binary(2), record(item=Binary(1), data=Hex()))
FORMS: list[Form] = [
    Binary(3), Number(4, 2), Number(3, 3, signed=True), Number(2, signed=True), Digits(5), Text(6, reversed_=True),
    Hex(2), Hex(), ENERGIES, ARCHIVE, Many(Number(2, 1)), FLAGS, Block(Binary(1)), ITEM,
]  # fmt: skip


@pytest.mark.parametrize(
    ("form", "raw", "value"),
    [
        (Number(4, 2), "56341200", Decimal("1234.56")),
        (Number(3, 3, signed=True), "008080", Decimal("-8")),
        (Number(2, 1, signed=True), "0080", Decimal("-0.0")),
        (Number(2), "ffff", None),
        (Number(4), "00000e00", Unreadable(bytes.fromhex("00000e00"))),
        (Digits(5), "3009201126", "2611200930"),
        (Text(6, reversed_=True), "56302e303232", "220.0V"),
        (FLAGS, "2780", {"low": 7, "middle": 4, "high": 8}),
        (Block(Binary(1)), "02abcd", "abcd"),
        (ITEM, "0300 01abcd", {"item": 1, "data": "abcd"}),
        (ENERGIES, "2509201126 01 0000010000 eeeeeeeeee", {"read": "2611200925", "m": 1, "v": [Decimal(1), None]}),
    ],
)
def test_a_value_is_what_its_form_says(form: Form, raw: str, value: object) -> None:
    assert read_all(form, bytes.fromhex(raw)) == value


@given(st.sampled_from(FORMS), st.binary(max_size=40))
def test_whatever_can_be_read_is_written_back_byte_for_byte(form: Form, raw: bytes) -> None:
    try:
        value = read_all(form, raw)
    except CodecError:
        return
    assert write_all(form, value) == raw


def test_an_error_names_the_field_it_lies_in() -> None:
    with pytest.raises(RemoteError) as caught:
        read_all(ARCHIVE, bytes.fromhex("0100" + "0100" + "41424344" + "1234"))
    assert (caught.value.code, caught.value.field) == ("bad_length", "0.address")


def test_a_block_holds_nothing_but_its_form() -> None:
    for raw in ("03abcd", "02abcd"):
        with pytest.raises(RemoteError) as caught:
            read_all(Block(Binary(1), Hex(1)), bytes.fromhex(raw))
        assert caught.value.code == "bad_length"


@pytest.mark.parametrize(
    ("form", "value", "code"),
    [
        (Number(2, 1), Decimal("1.25"), "inexact"),
        (Number(2), 10_000, "out_of_range"),
        (Number(2), -1, "out_of_range"),
        (Number(1, signed=True), 80, "out_of_range"),
        (Number(2), "12", "not_a_number"),
        (Number(2), Decimal("NaN"), "not_a_number"),
        (Text(3), "four", "bad_text"),
        (Text(3), "电", "bad_text"),
        (Hex(1), "zz", "not_hex"),
        (Hex(1), "0102", "bad_length"),
        (ENERGIES, {"read": None, "m": 2, "v": [1]}, "wrong_count"),
        (ENERGIES, {"read": None, "m": 2}, "wrong_fields"),
        (Many(Hex(1), 2), [], "wrong_count"),
        (FLAGS, {"low": 8, "middle": 0, "high": 0}, "out_of_range"),
        (FLAGS, {"low": 1}, "wrong_fields"),
        (Block(Binary(1)), "00" * 256, "out_of_range"),
        (Digits(2, None), None, "not_a_text"),
    ],
)
def test_what_has_no_form_is_refused_before_it_is_sent(form: Form, value: object, code: str) -> None:
    with pytest.raises(LocalError) as caught:
        write_all(form, value)  # type: ignore[arg-type]
    assert caught.value.code == code
