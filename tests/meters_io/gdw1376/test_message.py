"""Whole messages: any frame is read without an exception and written back byte for byte."""

from dataclasses import replace
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters_io.errors import LocalError
from meters_io.gdw1376.frame import Control, Frame, Seq, Terminal, decode, encode
from meters_io.gdw1376.functions import CATALOGUES
from meters_io.gdw1376.message import Message, UnitData, read_message, write_message
from meters_io.gdw1376.tail import NO_TAIL, Tail, with_tail
from meters_io.gdw1376.units import Unit, unit, unit_to_bytes
from meters_io.layout import Plain
from tests.each import each
from tests.meters_io.gdw1376.strategies import FRAMES
from tests.meters_io.samples import GDW1376, Sample

HEAD = Frame(Terminal("3201", 18), Control(up=True, starts=False, function=8), 0x0C, Seq(1), b"")
KNOWN = [
    (afn, up, number)
    for afn, catalogue in CATALOGUES.items()
    for up, functions in ((False, catalogue.down), (True, catalogue.up))
    for number in (*functions, 7)
]
LIKELY = st.sampled_from([0x00, 0x01, 0x12, 0x31, 0x59, 0x99, 0xEE, 0xFF]) | st.integers(0, 255)
DATA = st.lists(LIKELY, max_size=60).map(bytes)


def frame_of(body: str, afn: int = 0x05, *, up: bool = False) -> Frame:
    head = HEAD._replace(afn=afn, control=Control(up=up, starts=not up, function=8 if up else 10))
    return with_tail(head, bytes.fromhex(body), NO_TAIL)


@each(GDW1376, lambda sample: sample.id)
def test_every_sample_is_read_as_units_and_written_back(sample: Sample) -> None:
    message = read_message(decode(sample.raw))
    named = [(list(each.identifier.points), list(each.identifier.functions)) for each in message.units]
    if all(each.trouble == "" for each in message.units):
        assert named == [(told["p"], told["f"]) for told in sample.decoded["units"]]
    assert (message.rest, message.trouble) == (b"", "")
    assert encode(write_message(message)) == sample.raw


@given(FRAMES)
def test_any_frame_whatever_is_written_back(frame: Frame) -> None:
    message = read_message(frame)
    assert message.frame.body == b""
    assert write_message(message) == frame


@given(FRAMES, st.lists(st.tuples(st.sampled_from(KNOWN), st.sampled_from([0, 1, -1, 9]), DATA), max_size=4))
def test_a_frame_full_of_known_functions_is_written_back(
    frame: Frame, units: list[tuple[tuple[int, bool, int], int, bytes]]
) -> None:
    body = b"".join(unit_to_bytes(unit(point, number)) + data for (_, _, number), point, data in units)
    for afn, up, _ in {known for known, _, _ in units}:
        likely = frame._replace(afn=afn, control=replace(frame.control, up=up), body=body + frame.body)
        assert write_message(read_message(likely)) == likely


def test_data_run_point_by_point_and_inside_a_point_function_by_function() -> None:
    both = Unit((1, 3), (25, 31))
    clocks = ["00300920b126", "010101018126"]
    body = unit_to_bytes(both).hex() + "01" + clocks[0] + "02" + clocks[1]
    message = read_message(frame_of(body))
    assert [each.identifier for each in message.units] == [both]
    assert message.units[0].value == [
        {"half_hours": 1},
        {"clock": {"time": "261120093000", "weekday": 5}},
        {"half_hours": 2},
        {"clock": {"time": "260101010101", "weekday": 4}},
    ]
    assert write_message(message) == frame_of(body)
    with pytest.raises(LocalError) as caught:
        write_message(replace(message, units=(replace(message.units[0], value=[{"half_hours": 1}]),)))
    assert (caught.value.code, caught.value.field) == ("wrong_count", "units.0")


def test_a_length_that_the_function_leaves_open_is_the_one_behind_which_the_next_unit_is_read() -> None:
    alarm_on, keep_power_off = "00000203", "00000104"  # AFN 05 F26 comes with and without a duration
    for data, value in (("", {}), ("0a", {"half_hours": 10})):
        message = read_message(frame_of(alarm_on + data + keep_power_off))
        assert [each.value for each in message.units] == [value, {}]


def test_a_heartbeat_with_and_without_clock_is_told_by_its_length() -> None:
    clock: Plain = {"clock": {"time": "261120093000", "weekday": 5}}
    for body, value in (("00000400", {}), ("0000040000300920b126", clock)):
        assert [each.value for each in read_message(frame_of(body, 0x02, up=True)).units] == [value]


def test_the_form_that_was_read_is_the_one_that_is_written() -> None:
    frame = frame_of("00000100" + "1f" * 4, 0x10, up=False)  # no form fits
    message = read_message(frame)
    assert [(each.raw, each.trouble) for each in message.units] == [(b"\x1f" * 4, "bad_length")]
    assert write_message(message) == frame
    heartbeat = UnitData(unit(0, 3), {"clock": None}, form=1)
    written = write_message(Message(HEAD._replace(afn=0x02), (heartbeat,), NO_TAIL))
    assert written.body.hex() == "00000400" + "ee" * 6
    assert read_message(written).units == (heartbeat,)


def test_behind_an_unknown_function_everything_is_bytes() -> None:
    message = read_message(frame_of("00000103" + "02" + "0000401e" + "00000104"))
    known, unknown = message.units
    assert (known.value, known.trouble) == ({"half_hours": 2}, "")
    assert (unknown.identifier, unknown.value) == (unit(0, 247), None)
    assert (unknown.raw.hex(), unknown.trouble) == ("00000104", "unknown_function")


def test_data_longer_than_the_function_has_them_are_bytes() -> None:
    frame = frame_of("00000104" + "0000")
    unit_data = read_message(frame).units[0]
    assert (unit_data.raw, unit_data.trouble) == (b"\0\0", "bad_length")
    assert write_message(read_message(frame)) == frame


def test_bytes_that_cannot_begin_a_unit_are_the_rest() -> None:
    frame = frame_of("01000104")
    message = read_message(frame)
    assert (message.units, message.rest.hex(), message.trouble) == ((), "01000104", "bad_unit")
    assert write_message(message) == frame


def test_a_frame_too_short_for_its_tail_is_all_rest() -> None:
    frame = HEAD._replace(seq=Seq(1, tagged=True), body=b"\0" * 5)
    message = read_message(frame)
    assert (message.units, message.tail, message.rest, message.trouble) == ((), None, bytes(5), "bad_length")
    assert write_message(message) == frame


def test_a_time_tag_that_is_no_time_leaves_the_units_readable() -> None:
    order, tail = "00000104", "00" * 16 + "010a30092005"
    frame = frame_of("")._replace(seq=Seq(1, tagged=True), body=bytes.fromhex(order + tail))
    message = read_message(frame)
    assert [(each.value, each.trouble) for each in message.units] == [({}, "")]
    assert (message.tail, message.rest.hex(), message.trouble) == (None, tail, "not_bcd")
    assert write_message(message) == frame


def test_a_password_that_the_rule_does_not_know_is_told_by_the_length() -> None:
    password = bytes(range(16))
    segment = "00000100" + "010000" + "0100" + "00000000" + "0200" + "abcd"
    for afn, body, usual in ((0x0F, segment, False), (0x05, "00000104", True)):
        with_it = frame_of("", afn)._replace(body=bytes.fromhex(body) + password)
        without = with_it._replace(body=bytes.fromhex(body))
        for frame, expected in ((with_it, password), (without, b"" if usual else None)):
            message = read_message(frame)
            assert message.tail == Tail(expected)
            assert [each.trouble for each in message.units] == [""]
            assert write_message(message) == frame


def test_a_value_that_does_not_fit_is_named_by_its_place() -> None:
    wrong = UnitData(unit(0, 25), {"half_hours": 256})
    message = Message(HEAD._replace(afn=0x05), (UnitData(unit(0, 33), {}), wrong), NO_TAIL)
    down = message.frame._replace(control=Control(up=False, starts=True, function=10))
    with pytest.raises(LocalError) as caught:
        write_message(replace(message, frame=down))
    assert caught.value.field == "units.1.half_hours"
    with pytest.raises(LocalError) as caught:
        write_message(message)  # AFN 05 says nothing upwards
    assert (caught.value.code, caught.value.field) == ("unknown_function", "units.0")


def test_hostile_bytes_cost_time_in_proportion_to_their_length() -> None:
    def cost(units: int) -> float:
        frame = frame_of("01140114" * units, 0x0C, up=True)  # a unit wherever one looks, each of two lengths
        began = process_time()
        read_message(frame)
        return process_time() - began

    assert cost(4000) < 2
