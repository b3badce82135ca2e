"""What the frames of AFN 00 to 03, 05, 06, 0F and 10 carry, value by value."""

from typing import Any

import pytest

from meters_io.gdw1376.frame import Afn, Control, Frame, Seq, Terminal, decode
from meters_io.gdw1376.functions import function_of
from meters_io.gdw1376.functions.forward import ALLOW_CLOSE, TRIP, Outcome
from meters_io.gdw1376.message import Message, UnitData, read_message, write_message
from meters_io.gdw1376.tail import NO_TAIL, with_tail
from meters_io.gdw1376.units import unit, unit_to_bytes
from meters_io.layout import Plain, Unreadable
from tests.meters_io.gdw1376.test_published_units import leaves
from tests.meters_io.samples import GDW1376, Sample

AFNS = (Afn.CONFIRM, Afn.RESET, Afn.LINK, Afn.CONTROL, Afn.FORWARD)
PUBLISHED = [sample for sample in GDW1376 if int(sample.decoded["afn"], 16) in AFNS]
CLOCK: Plain = {"time": "261120093000", "weekday": 5}
METER, METER_RAW = "201000000012", "120000001020"
DOWN: list[tuple[int, int, int, str, Plain]] = [
    (0x01, 0, 4, "", {}),
    (0x03, 0, 1, "0f", {"switch_over": 3, "relaying": 3, "rest": 0}),
    (0x05, 3, 1, "25", {"order": {"alarm_delay_min": 5, "limit_half_hours": 2}}),
    (0x05, 1, 9, "ff02", {"periods": 255, "scheme": 2}),
    (0x05, 0, 25, "06", {"half_hours": 6}),
    (0x05, 0, 26, "", {}),
    (0x05, 0, 26, "06", {"half_hours": 6}),
    (0x05, 0, 31, "00300920b126", {"clock": CLOCK}),
    (0x05, 0, 32, "0104c4e3bac3", {"kind": 1, "text": "c4e3bac3"}),
    (0x05, 0, 32, "c4e3bac3", {"raw": "c4e3bac3"}),
    (0x05, 2, 41, "0300", {"groups": 3}),
    (0x05, 0, 49, "1f", {"port": 31}),
    (0x05, 0, 53, "", {}),
    (0x05, 0, 57, "020e17", {"ercs": [14, 23]}),
    (0x06, 0, 1, "0f" * 16, {"data": "0f" * 16}),
    (0x06, 0, 12, "0100ab", {"data": "0100ab"}),
    (0x06, 0, 99, "ab", {"data": "ab"}),
    (
        0x0F,
        0,
        1,
        "01" "00" "00" "0a00" "02000000" "0300" "616263",
        {"file": 1, "last": 0, "command": 0, "segments": 10, "segment": 2, "data": "616263"},
    ),
    (
        0x10,
        0,
        1,
        "1f6bbc0a" "0200" "6816",
        {"port": 31, "line": 0x6B, "frame_timeout": 0xBC, "byte_timeout": 10, "inner": "6816"},
    ),
    (
        0x10,
        0,
        1,
        "1f6bbc0a" "02" "6816",  # 2005: one byte of length
        {"port": 31, "line": 0x6B, "frame_timeout": 0xBC, "byte_timeout": 10, "inner": "6816"},
    ),
    (
        0x10,
        0,
        9,
        "1f" "00" + METER_RAW + "01" "00ff0100",
        {"port": 31, "route": [], "meter": METER, "standard": 1, "item": 0x0001FF00},
    ),
    (
        0x10,
        0,
        9,
        "1f" "ff" + METER_RAW + "00" "10900000",
        {"port": 31, "route": None, "meter": METER, "standard": 0, "item": 0x9010},
    ),
    (
        0x10,
        0,
        10,
        "1f" "01" "060000000000" + METER_RAW + "aa" "03" "123456",
        {"port": 31, "route": ["000000000006"], "meter": METER, "action": TRIP, "password": "123456"},
    ),
    (
        0x10,
        0,
        10,
        "1f" "00" + METER_RAW + "01" "02" "00ff0100" "00029000",  # 2013
        {"port": 31, "route": [], "meter": METER, "standard": 1, "items": [0x0001FF00, 0x00900200]},
    ),
]  # fmt: skip
UP: list[tuple[int, int, int, str, Plain]] = [
    (0x00, 0, 4, "01" + "ff" * 16, {"error": 1, "data": "ff" * 16}),
    (0x00, 0, 4, "03", {"error": 3}),
    (0x02, 0, 3, "00300920b126", {"clock": CLOCK}),
    (0x02, 0, 3, "0f300920b126", {"clock": Unreadable(bytes.fromhex("0f300920b126"))}),
    (0x03, 0, 4, "0500" "0a00" "0b00" "0c00" "0d00", {"changes": 5, "a_on_duty": 10, "a_good": 11, "b_on_duty": 12, "b_good": 13}),  # noqa: E501
    (0x06, 0, 4, "01020304", {"random": "01020304"}),
    (0x0F, 0, 1, "02000000", {"segment": 2}),
    (0x0F, 0, 1, "0200", {"segment": 2}),
    (0x10, 0, 1, "1f" "0000", {"port": 31, "inner": ""}),
    (0x10, 0, 1, "02" "6816", {"inner": "6816"}),
    (
        0x10, 0, 9, "1f" + METER_RAW + "05" "08" "00000100" "78060000",
        {"port": 31, "meter": METER, "outcome": Outcome.DATA, "answer": {"item": 0x00010000, "data": "78060000"}},
    ),
    (
        0x10, 0, 9, "1f" + METER_RAW + "01" "04" "00000100",
        {"port": 31, "meter": METER, "outcome": Outcome.TIMED_OUT, "answer": {"item": 0x00010000, "data": ""}},
    ),
    (0x10, 0, 11, "1f" + METER_RAW + "0355", {"port": 31, "meter": METER, "outcome": Outcome.CONFIRMED, "action": ALLOW_CLOSE}),  # noqa: E501
    (
        0x10, 0, 10, "1f" + METER_RAW + "05" "02" "06" "00000100" "7806" "04" "00029000",
        {
            "port": 31, "meter": METER, "outcome": Outcome.DATA,
            "answers": [{"item": 0x00010000, "data": "7806"}, {"item": 0x00900200, "data": ""}],
        },
    ),
]  # fmt: skip


def head(afn: int, *, up: bool) -> Frame:
    return Frame(Terminal("3201", 18), Control(up, not up, 8), afn, Seq(1), b"")


@pytest.mark.parametrize("sample", PUBLISHED, ids=lambda sample: sample.id)
def test_every_published_value_stands_where_the_frame_says_it_does(sample: Sample) -> None:
    units = read_message(decode(sample.raw)).units
    for found, told in zip(units, sample.decoded["units"], strict=True):
        assert found.trouble == ""
        expected = told.get("v", {})
        assert list(leaves(found.value)) == list(leaves(clock_of(expected)))


def clock_of(told: Any) -> Any:  # noqa: ANN401 - JSON
    """The samples write a clock as one text: "2026-11-20 w5 09:30:00"."""
    text = told.get("clock") if isinstance(told, dict) else told
    if not isinstance(text, str):
        return told
    digits = "".join(each for each in text if each.isdecimal())
    return [digits[2:8] + digits[9:], int(digits[8])]


@pytest.mark.parametrize(
    ("up", "case"), [(False, case) for case in DOWN] + [(True, case) for case in UP], ids=lambda case: str(case)[:24]
)
def test_an_order_or_answer_is_read_and_written(up: bool, case: tuple[int, int, int, str, Plain]) -> None:
    afn, point, function, data, value = case
    identifier, raw = unit(point, function), unit_bytes(point, function) + bytes.fromhex(data)
    message = read_message(with_tail(head(afn, up=up), raw, NO_TAIL))
    (found,) = message.units
    assert (found.identifier, found.value, found.trouble) == (identifier, value, "")
    assert write_message(message).body.startswith(raw)
    told_to = write_message(Message(head(afn, up=up), (UnitData(identifier, value),), NO_TAIL))
    assert read_message(told_to).units[0].value == value


def unit_bytes(point: int, function: int) -> bytes:
    return unit_to_bytes(unit(point, function))


def test_the_ten_last_changes_of_a_relay_station_are_ten() -> None:
    change = "25092011269559"
    frame = with_tail(head(0x03, up=True), unit_bytes(0, 3) + bytes.fromhex(change * 10), NO_TAIL)
    before = {"a_state": 1, "a_on_duty": 1, "a_relays": 0, "b_state": 1, "b_on_duty": 0, "b_relays": 1}
    after = {"a_state": 1, "a_on_duty": 0, "a_relays": 1, "b_state": 1, "b_on_duty": 1, "b_relays": 0}
    line = {"time": "2611200925", "before": before, "after": after}
    assert read_message(frame).units[0].value == {"changes": [line] * 10}


def test_purchase_control_and_keep_power_are_not_mixed_up() -> None:
    titles = {number: function_of(0x05, number, up=False) for number in (16, 24, 25, 33)}
    assert {number: each.title for number, each in titles.items() if each} == {
        16: "purchase control on",
        24: "purchase control off",
        25: "keep power on",
        33: "keep power off",
    }
