"""The data formats of annex A: their meaning by example, and that nothing read is written otherwise."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meters_io.errors import CodecError
from meters_io.gdw1376.formats import CURVE_LABEL, DAY_LABEL, FORMATS, MISSING, MONTH_LABEL
from meters_io.layout import Form, Plain, Unreadable, read_all, write_all

WIDTHS = {
    1: 6, 2: 2, 3: 4, 4: 1, 5: 2, 6: 2, 7: 2, 8: 2, 9: 3, 10: 3, 11: 4, 12: 6, 13: 4, 14: 5, 15: 5, 16: 4, 17: 4,
    18: 3, 19: 2, 20: 3, 21: 2, 22: 1, 23: 3, 24: 2, 25: 3, 26: 2, 27: 4,
}  # fmt: skip
formats = pytest.mark.parametrize("number", FORMATS)
LIKELY_BYTES = st.sampled_from([0x00, 0x01, 0x12, 0x31, 0x59, 0x99, 0x80, 0xEE, 0xFF, 0x0A]) | st.integers(0, 255)


@pytest.mark.parametrize(
    ("number", "raw", "value"),
    [
        (1, "00300920b126", {"time": "261120093000", "weekday": 5}),
        (2, "3212", {"v": -232, "scale": 4}),
        (2, "2381", {"v": 123, "scale": 0}),
        (2, "05e0", {"v": 5, "scale": -3}),
        (3, "34120000", {"v": 1234, "big": 0}),
        (3, "05000050", {"v": -5, "big": 1}),
        (3, "99999949", {"v": 9999999, "big": 1}),
        (3, "00000010", {"v": Decimal("-0"), "big": 0}),
        (3, "00000020", Unreadable(bytes.fromhex("00000020"))),
        (4, "85", -5),
        (5, "2391", Decimal("-112.3")),
        (6, "2311", Decimal("11.23")),
        (7, "0522", Decimal("220.5")),
        (8, "0312", 1203),
        (9, "785692", Decimal("-12.5678")),
        (10, "563412", 123456),
        (11, "78563412", Decimal("123456.78")),
        (12, "125634129078", "789012345612"),
        (13, "78563412", Decimal("1234.5678")),
        (14, "0099490100", Decimal("149.99")),
        (15, "2509201126", "2611200925"),
        (16, "30250920", "20092530"),
        (17, "25092011", "11200925"),
        (18, "250920", "200925"),
        (19, "2509", "0925"),
        (20, "251211", "111225"),
        (21, "0114", "1401"),
        (22, "15", Decimal("1.5")),
        (23, "785692", Decimal("92.5678")),
        (24, "0920", "2009"),
        (25, "450180", Decimal("-0.145")),
        (26, "3412", Decimal("1.234")),
        (27, "78563412", 12345678),
        (14, "000000000a", Unreadable(bytes.fromhex("000000000a"))),
    ],
)
def test_a_format_reads_as_the_standard_says(number: int, raw: str, value: Plain) -> None:
    read = read_all(FORMATS[number], bytes.fromhex(raw))
    assert (read, str(read)) == (value, str(value)) if isinstance(value, int) else read == value
    assert write_all(FORMATS[number], read).hex() == raw


@formats
def test_a_format_has_its_width_and_says_when_there_is_no_value(number: int) -> None:
    nothing = bytes((MISSING,)) * WIDTHS[number]
    assert read_all(FORMATS[number], nothing) is None
    assert write_all(FORMATS[number], None) == nothing
    for wrong in (nothing[1:], nothing + b"\xee"):
        with pytest.raises(CodecError):
            read_all(FORMATS[number], wrong)


@pytest.mark.parametrize("form", [*FORMATS.values(), DAY_LABEL, MONTH_LABEL, CURVE_LABEL])
@settings(max_examples=40)
@given(st.lists(LIKELY_BYTES, min_size=7, max_size=7).map(bytes))
def test_what_is_read_is_written_back(form: Form, raw: bytes) -> None:
    for width in range(1, 8):
        try:
            value = read_all(form, raw[:width])
        except CodecError:
            continue
        assert write_all(form, value) == raw[:width]


@pytest.mark.parametrize(
    ("number", "value"),
    [
        (1, {"time": "261120093000", "weekday": 8}),
        (1, {"time": "268020093000", "weekday": 1}),
        (1, {"time": "261120093000"}),
        (1, "261120093000"),
        (1, Unreadable(b"")),
        (2, {"v": 1000, "scale": 0}),
        (2, {"v": 1, "scale": 5}),
        (2, {"v": Decimal("0.5"), "scale": 0}),
        (3, {"v": 10_000_000, "big": 0}),
        (3, {"v": 1, "big": 2}),
        (3, {"v": Decimal("NaN"), "big": 0}),
        (3, 100),
        (5, Decimal("800.0")),
        (8, -1),
    ],
)
def test_a_value_that_does_not_fit_its_format_is_our_error(number: int, value: Plain) -> None:
    with pytest.raises(CodecError):
        write_all(FORMATS[number], value)


def test_a_curve_has_a_start_a_density_and_a_number_of_points() -> None:
    label: Plain = {"start": "2611200000", "density": 1, "points": 96}
    assert read_all(CURVE_LABEL, bytes.fromhex("00002011260160")) == label
    assert write_all(CURVE_LABEL, label).hex() == "00002011260160"
