"""Whatever stands behind a known unit identifier is read or kept as it came, and a typed reader says RemoteError."""

import contextlib
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meters_io.errors import RemoteError
from meters_io.gdw1376 import archive, purchase_control, readings, reports
from meters_io.gdw1376.frame import Control, Frame, Seq
from meters_io.gdw1376.functions import CATALOGUES
from meters_io.gdw1376.message import read_message, write_message
from meters_io.gdw1376.units import unit, unit_to_bytes
from tests.meters_io.gdw1376.asked import ROUTE, TERMINAL, published
from tests.meters_io.samples import CHINA

KNOWN = [
    (afn, up, number)
    for afn, catalogue in CATALOGUES.items()
    for up, functions in ((False, catalogue.down), (True, catalogue.up))
    for number in functions
]
DATA = st.binary(max_size=90) | st.binary(max_size=12).map(lambda raw: raw * 8)
REQUESTS: list[Callable[[Frame], object]] = [
    purchase_control.parse_purchase,
    archive.parse_archive,
    archive.parse_archive_query,
    reports.parse_events_request,
    lambda frame: readings.parse_readings_request(frame, readings.Item.DAILY_PURCHASE),
    lambda frame: readings.parse_readings_request(frame, readings.Item.PURCHASE),
]
ARCHIVE = archive.build_archive_query(ROUTE, [1])
GROUP = purchase_control.build_remaining_query(ROUTE, 1)
SETTING = purchase_control.build_purchase_query(ROUTE, 1)
EVENTS = reports.build_events_request(ROUTE, reports.Pointers(0, 1))
DAY = date(2026, 11, 20)
QUESTIONS = {
    item: readings.build_readings_request(ROUTE, item, [1, 2], DAY if item.label else None) for item in readings.Item
}


def answers(frame: Frame) -> None:
    """Take `frame` for the answer to everything that can be asked."""
    for parse, asked in (
        (archive.parse_archive_answer, ARCHIVE),
        (purchase_control.parse_remaining, GROUP),
        (purchase_control.parse_purchase_answer, SETTING),
    ):
        with contextlib.suppress(RemoteError):
            parse(frame, asked)
    with contextlib.suppress(RemoteError):
        reports.parse_events(frame, EVENTS, CHINA)
    for item, question in QUESTIONS.items():
        with contextlib.suppress(RemoteError):
            readings.parse_readings(frame, question, item, CHINA)


def frame_of(afn: int, body: bytes, *, up: bool, starts: bool) -> Frame:
    return Frame(TERMINAL, Control(up, starts, 8), afn, Seq(ROUTE.number), body, a3=ROUTE.master << 1)


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(st.sampled_from(KNOWN), st.integers(0, 20), DATA), min_size=1, max_size=3), st.booleans())
def test_any_data_behind_known_units_are_read_or_kept(
    drawn: list[tuple[tuple[int, bool, int], int, bytes]], starts: bool
) -> None:
    afn, up, _ = drawn[0][0]
    body = b"".join(unit_to_bytes(unit(point, number)) + data for (_, _, number), point, data in drawn)
    frame = frame_of(afn, body, up=up, starts=starts)
    assert write_message(read_message(frame)) == frame


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from([(0x04, 47), (0x04, 10), (0x0A, 10), (0x0E, 1), (0x0D, 210), (0x0C, 167)]),
    st.sampled_from([0, 1]),
    DATA,
)
def test_no_request_breaks_a_terminal(which: tuple[int, int], point: int, data: bytes) -> None:
    frame = frame_of(which[0], unit_to_bytes(unit(point, which[1])) + data, up=False, starts=True)
    for parse in REQUESTS:
        with contextlib.suppress(RemoteError):
            parse(frame)


ANSWERED = [(0x0A, 10), (0x0A, 47), (0x0C, 23), (0x0E, 1), *((each.afn, each.function) for each in readings.Item)]


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(ANSWERED), st.sampled_from([0, 1]), DATA, st.booleans())
def test_no_answer_breaks_a_master(which: tuple[int, int], point: int, data: bytes, starts: bool) -> None:
    frame = frame_of(which[0], unit_to_bytes(unit(point, which[1])) + data, up=True, starts=starts)
    answers(frame)
    with contextlib.suppress(RemoteError):
        reports.parse_report(frame, CHINA)


@pytest.mark.parametrize("name", ["c-F47", "c-F10-two", "c-0C-F167-r", "c-0C-F23-r", "c-0C-F129-r", "c-0E-erc23"])
def test_no_single_wrong_byte_of_a_good_frame_breaks_a_reader(name: str) -> None:
    good = published(name)
    for place in range(len(good.body)):
        for wrong in (0x0A, 0x31, 0x99, 0xEE):
            body = good.body[:place] + bytes((wrong,)) + good.body[place + 1 :]
            frame = frame_of(good.afn, body, up=good.control.up, starts=good.control.starts)
            answers(frame)
            with contextlib.suppress(RemoteError):
                reports.parse_report(frame, CHINA)
            for parse in REQUESTS:
                with contextlib.suppress(RemoteError):
                    parse(frame)
