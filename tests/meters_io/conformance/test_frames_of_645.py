"""What a file may say of the frames that the published DL/T 645 files show seldom or never."""

from __future__ import annotations

from decimal import Decimal

import pytest

from meters_io.conformance.shape import Json, JsonObject
from tests.meters_io.conformance.test_frames_in_other_words import value_passes, verdict_on_645

STEPS = "00800100" + "00500000" + "00600000" + "000101" + "000104" + "000107" + "000110"
TABLE: JsonObject = {
    "steps": [180],
    "prices": [Decimal("0.5"), Decimal("0.6")],
    "dates": ["010100", "040100", "070100", "100100"],
}

TAKEN: list[tuple[str, str, Json]] = [
    ("04000101", "05201126", "2026-11-20 w05"),
    ("04000101", "05201126", "2026-11-20 Fri"),
    ("04000101", "05201126", "2026-11-20 5"),
    ("04000101", "05201126", "261120 w5"),
    ("04000101", "05201126", "20261120 w5"),
    ("04000101", "00221126", "2026-11-22 Sun"),
    ("0400010C", "00300905201126", "2026-11-20 5 09:30:00"),
    ("04000108", "0000010127", "202701010000"),
    ("04000503", "5000", "0x0050"),
    ("04000503", "5000", "0050H"),
    ("040005FF", "00000100500000000000000000" + "06", "0000 0001 0050 0000 0000 0000 0600"),
    ("040605FF", STEPS, STEPS),
    ("040605FF", STEPS, TABLE),
    ("040605FF", STEPS, {"n": 1, **TABLE}),
    (
        "1D00FF01",
        "153009201126" + "01000000" + "45230100",
        {"time": "261120093015", "op": "01000000", "kwh": [Decimal("123.45")]},
    ),
    ("1D000101", "153009201126", "153009201126"),
    ("04000106", "0000010127", "0000010127"),
    ("04000404", "ff" * 6, None),
    ("00010000", "", ""),
    ("00010000", "", None),
]
REFUSED: list[tuple[str, str, Json]] = [
    ("04000101", "05201126", "2026-11-20 Thu"),
    ("04000101", "05201126", "2026-11-20 4"),
    ("04000101", "05201126", "261121 w5"),
    ("04000108", "0000010127", "202801010000"),
    ("04000503", "5000", "0x5000"),
    ("04000503", "5000", "50H"),
    ("040005FF", "00000100500000000000000000" + "06", "0000 0001 0050 0000 0000 0000 0601"),
    ("040605FF", STEPS, STEPS[:-1] + "1"),
    ("040605FF", STEPS, {"n": 2, **TABLE}),
    ("1D000101", "153009201126", "153009201127"),
    ("1D000101", "111009081126", "111009081126"),
    ("04000404", "ff" * 5 + "56", None),
    ("00010000", "", "00"),
    ("00010000", "", 0),
]


@pytest.mark.parametrize(("di", "data", "value"), TAKEN)
def test_a_value_may_be_written_in_these_ways_too(di: str, data: str, value: Json) -> None:
    assert value_passes(di, data, value)


@pytest.mark.parametrize(("di", "data", "value"), REFUSED)
def test_a_value_that_is_near_but_wrong_fails(di: str, data: str, value: Json) -> None:
    assert not value_passes(di, data, value)


@pytest.mark.parametrize(
    ("control", "data", "said", "passed"),
    [
        (0xC3, "01", {"kind": "serr", "serr": "0001", "n": 1, "bits": ["other"]}, True),
        (0xC3, "01", {"kind": "serr", "serr": "01", "n": 1}, True),
        (0xC3, "01", {"kind": "serr", "serr": "0100", "n": 1}, False),
        (0xC3, "0001", {"kind": "serr", "serr": "0100", "n": 2, "bits": ["hung"]}, True),
        (0xC3, "0001", {"kind": "serr", "serr": "0001", "n": 2}, False),
        (0xD4, "10", {"kind": "err", "err": "10"}, True),
        (0xD4, "10", {"kind": "err", "err": "16"}, False),
        (0xD4, "", {"kind": "err", "err": None, "bits": []}, True),
        (0xD4, "", {"kind": "err", "err": "00"}, False),
        (0xDC, "0200", {"kind": "err", "err": "0002", "bits": ["MAC"]}, True),
        (0xDC, "02", {"kind": "err", "err": "02", "bits": ["MAC"]}, False),
        (0xDC, "0200", {"kind": "err", "err": "0002", "bits": ["hung"]}, False),
        (0x9C, "0400", {"kind": "ok", "value": "0004", "bits": ["direct trip"]}, True),
        (0x9C, "0400", {"kind": "ok", "value": "0004", "bits": ["alarm"]}, False),
        (0x9C, "0400", {"kind": "ok", "value": "0400"}, False),
        (0x9F, "", {"kind": "ok"}, True),
        (0xDF, "02", {"kind": "err", "err": "02", "bits": ["no data"]}, True),
        (0x9F, "", {"kind": "err"}, False),
    ],
)
def test_the_word_of_an_answer_is_a_number_of_any_width(
    control: int, data: str, said: JsonObject, passed: bool
) -> None:
    assert verdict_on_645(control, data, said).passed is passed


@pytest.mark.parametrize(
    ("control", "data", "said", "wrong"),
    [
        (0x15, "610100000000", {"kind": "address", "value": "000000000161"}, {"value": "610100000000"}),
        (0x16, "00019999", {"kind": "freeze", "value": "99990100"}, {"value": "99990101"}),
        (0x17, "08", {"kind": "baud", "rate": 2400, "value": "08"}, {"rate": 1200}),
        (0x97, "20", {"kind": "baud", "rate": 9600}, {"rate": 4800}),
        (
            0x18,
            "010c0004" + "02123456" + "04654321",
            {"di": "04000C01", "pa": "02", "pw": "123456", "new_pa": "04", "new_pw": "654321"},
            {"new_pw": "123456"},
        ),
        (0x18, "010c0004" + "02123456" + "04654321", {"old": "02123456", "new": "04654321"}, {"old": "04654321"}),
        (0x1A, "02123456" + "01000000", {"kind": "clear", "pa": "02", "pw": "123456", "op": "01000000"}, {"pa": "04"}),
        (0x1B, "02123456" + "01000000" + "ff" * 4, {"op": "01000000", "di": "FFFFFFFF"}, {"op": "00000001"}),
        (0x1D, "02", {"kind": "output", "value": 2}, {"value": 1}),
    ],
)
def test_a_file_may_take_apart_the_requests_that_the_published_files_leave_whole(
    control: int, data: str, said: JsonObject, wrong: JsonObject
) -> None:
    assert verdict_on_645(control, data, said).passed
    assert not verdict_on_645(control, data, {**said, **wrong}).passed


@pytest.mark.parametrize(
    ("control", "data", "said", "wrong"),
    [
        (0x03, "ff02010700", {"kind": "security", "di": "070102FF", "op": "00", "body": ""}, {"op": ""}),
        (0x03, "ff02010700", {"kind": "security", "di": "070102FF", "body": "00"}, {"body": "01"}),
        (0x14, "0110000402", {"kind": "write", "di": "04001001", "pa": "02", "pw": "", "op": ""}, {"pa": "04"}),
        (
            0x1C,
            "02000000" + "00" * 4 + "1a00" + "0a0b0c0d0e0f",
            {"kind": "relay", "n1": "1A", "expiry": "0f0e0d0c0b0a"},
            {"expiry": "0f0e0d0c0b0b"},
        ),
        (0x91, "01040004" + "0a0b0c0d0e0f", {"value": "0f0e0d0c0b0a"}, {"value": "0a0b0c0d0e0e"}),
        (0x91, "08010004" + "0a0b0c0d0e", {"value": "raw:0a0b0c0d0e"}, {"value": "raw:0e0d0c0b0a"}),
    ],
)
def test_what_is_short_or_no_digits_is_compared_as_far_as_it_goes(
    control: int, data: str, said: JsonObject, wrong: JsonObject
) -> None:
    assert verdict_on_645(control, data, said).passed
    assert not verdict_on_645(control, data, {**said, **wrong}).passed


FIRST = "00029000" + "56980100"


def test_a_part_of_a_long_answer_may_be_given_as_bytes_or_as_the_value_it_is() -> None:
    for value in (Decimal("198.56"), "56980100"):
        assert verdict_on_645(0xB1, FIRST, {"kind": "data", "value": value, "more": 1}).passed
        assert verdict_on_645(0xB2, FIRST + "03", {"kind": "data-follow", "value": value, "seq": 3, "more": 1}).passed
    assert not verdict_on_645(0xB1, FIRST, {"kind": "data", "value": Decimal("198.57"), "more": 1}).passed
    assert not verdict_on_645(0xB2, FIRST + "03", {"value": Decimal("198.56"), "seq": 4}).passed


def test_a_file_may_read_the_expiry_of_a_dialect_as_the_standard_has_it() -> None:
    data = "98000000" + "01000000" + "1a00" + "991230235959"
    order: JsonObject = {"kind": "relay", "pa": "98", "n1": "1A", "cmd": "trip", "n2": 0}
    for expiry, passed in (("595923301299", True), ("991230235959", True), ("595923301298", False)):
        assert verdict_on_645(0x1C, data, {**order, "expiry": expiry}).passed is passed


def test_an_order_that_nobody_knows_has_no_word() -> None:
    known, unknown = ("02000000" + "00" * 4 + n1 + "00" + "000000301299" for n1 in ("1a", "55"))
    assert verdict_on_645(0x1C, unknown, {"kind": "relay", "n1": "55", "cmd": None}).passed
    assert not verdict_on_645(0x1C, known, {"kind": "relay", "n1": "1A", "cmd": None}).passed


RECHARGE = "ff020107" + "00" * 4 + "10270000" + "03000000" + "11223344" + "563412000000" + "55667788"


@pytest.mark.parametrize("amount", [10000, 100, Decimal("100.00")])
def test_a_purchase_may_be_said_in_cents_or_yuan_and_its_macs_in_either_order(amount: Json) -> None:
    said: JsonObject = {"kind": "security", "amount": amount, "count": 3, "customer": "000000123456"}
    macs: list[tuple[str, str, bool]] = [
        ("11223344", "55667788", True),
        ("44332211", "88776655", True),
        ("11223344", "88776655", False),
    ]
    for first, second, passed in macs:
        assert verdict_on_645(0x03, RECHARGE, {**said, "mac1": first, "mac2": second}).passed is passed
    assert not verdict_on_645(0x03, RECHARGE, {**said, "amount": 1000}).passed
