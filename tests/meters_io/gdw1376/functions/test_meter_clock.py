"""AFN 0C F162: a meter's clock and when it was read, of one length whichever comes first."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters_io.gdw1376.frame import Control, Frame, Seq, Terminal
from meters_io.gdw1376.message import Message, UnitData, read_message, write_message
from meters_io.gdw1376.tail import NO_TAIL
from meters_io.gdw1376.units import unit
from meters_io.layout import Plain

HEAD = Frame(Terminal("3201", 18), Control(up=True, starts=False, function=8), 0x0C, Seq(1), b"")
MOMENTS = st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 30))  # noqa: DTZ001 - the meter's own time


def told(data: str) -> Plain:
    raw = bytes.fromhex("02010214" + data)
    (found,) = read_message(HEAD._replace(body=raw)).units
    assert write_message(Message(HEAD, (found,), NO_TAIL)).body == raw
    return found.value


@pytest.mark.parametrize(
    ("data", "value"),
    [
        ("302509 20b126" "2509201126", {"meter_clock": {"time": "261120092530", "weekday": 5}, "read": "2611200925"}),
        ("2509201126" "302509 20b126", {"read": "2611200925", "clock": {"time": "261120092530", "weekday": 5}}),
        ("302509 201126" "2509201126", {"meter_clock": {"time": "261120092530", "weekday": 0}, "read": "2611200925"}),
        ("2509201126" "302509 201126", {"read": "2611200925", "clock": {"time": "261120092530", "weekday": 0}}),
        ("ee" * 11, {"read": None, "clock": None}),
        ("2509201126" + "ee" * 6, {"read": "2611200925", "clock": None}),
    ],
)  # fmt: skip
def test_either_may_stand_first(data: str, value: Plain) -> None:
    assert told(data) == value


@given(MOMENTS, st.integers(-100_000, 100_000), st.booleans())
def test_every_clock_is_told_from_the_moment_it_was_read_at(read: datetime, wrong_s: int, first: bool) -> None:
    clock = read + timedelta(seconds=wrong_s)
    time: Plain = {"time": f"{clock:%y%m%d%H%M%S}", "weekday": clock.isoweekday()}
    moment = f"{read:%y%m%d%H%M}"
    value: Plain = {"meter_clock": time, "read": moment} if first else {"read": moment, "clock": time}
    body = write_message(Message(HEAD, (UnitData(unit(2, 162), value),), NO_TAIL)).body
    assert told(body[4:].hex()) == value
