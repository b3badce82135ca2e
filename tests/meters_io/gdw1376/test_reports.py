"""Events of a terminal: asked for, answered, and reported by itself."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters_io.errors import LocalError, RemoteError
from meters_io.gdw1376.amounts import yuan
from meters_io.gdw1376.editions import GDW376_2009, GDW1376_2013
from meters_io.gdw1376.events import (
    EnergyControl,
    NotReadable,
    OtherEvent,
    PowerLost,
    StatusChanged,
    TerminalEvent,
)
from meters_io.gdw1376.functions.event_kinds import KINDS, kinds_of
from meters_io.gdw1376.link import build_denial
from meters_io.gdw1376.passage import Route
from meters_io.gdw1376.reports import (
    Pointers,
    Report,
    build_events,
    build_events_request,
    build_report,
    is_report,
    missing,
    parse_events,
    parse_events_request,
    parse_report,
)
from meters_io.layout import Plain
from tests.meters_io.gdw1376.asked import ROUTE, TERMINAL, over_the_wire, published
from tests.meters_io.gdw1376.test_purchase_control import AMOUNTS
from tests.meters_io.gdw1376.test_readings import EIGHT_DIGITS, MOMENTS, SEVEN, TEN_DIGITS
from tests.meters_io.samples import CHINA

POINTS = st.integers(1, 2**15 - 1)
ROUNDS = st.lists(st.integers(1, 8), unique=True).map(lambda each: tuple(sorted(each)))
FLAG = st.booleans()
EVENTS: st.SearchStrategy[TerminalEvent] = (
    st.builds(PowerLost, MOMENTS, MOMENTS)
    | st.builds(EnergyControl, MOMENTS, st.integers(0, 255), ROUNDS, FLAG, AMOUNTS, AMOUNTS, FLAG)
    | st.builds(NotReadable, MOMENTS, POINTS, FLAG, MOMENTS, TEN_DIGITS, EIGHT_DIGITS, FLAG)
    | st.builds(StatusChanged, MOMENTS, POINTS, FLAG, SEVEN, SEVEN)
)
STRETCHES = st.tuples(st.integers(0, 255), st.lists(EVENTS, max_size=5), FLAG)
DARK = datetime(2026, 11, 20, 1, 11, tzinfo=UTC)
HALF_PAST = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)


def report_of(first: int, events: list[TerminalEvent], *, important: bool = True) -> Report:
    last = (first + len(events)) % 256
    return Report(Pointers(first, last, important), (last, 0), tuple(events))


def test_the_published_power_failure_is_built_and_read() -> None:
    sample = published("c-0E-erc14")
    report = Report(Pointers(4, 5), (5, 0), (PowerLost(DARK, None),))
    assert is_report(sample)
    assert parse_report(sample, CHINA) == report
    assert build_report(TERMINAL, report, 12, CHINA) == sample


def test_the_published_low_balance_of_a_group_is_built_and_read() -> None:
    alarm = EnergyControl(HALF_PAST, 1, (1,), True, yuan(20), yuan(20))
    report = Report(Pointers(5, 6), (6, 0), (alarm,))
    assert parse_report(published("c-0E-erc23"), CHINA) == report
    assert build_report(TERMINAL, report, 13, CHINA) == published("c-0E-erc23")


def test_the_published_version_change_is_an_event_like_others() -> None:
    sample = published("ev-erc1")
    asked = build_events_request(Route(sample.terminal, 1, master=2), Pointers(0, 1))
    report = parse_events(sample, asked, CHINA)
    content: Plain = {"time": "1401161035", "flags": 2, "before": "2.01", "after": "2.02"}
    at = datetime(2014, 1, 16, 2, 35, tzinfo=UTC)
    assert report == Report(Pointers(0, 1), (1, 1), (OtherEvent(1, at, None, content),))
    assert report.events[0] == OtherEvent(1, at, None, content)
    assert build_events(asked, report, CHINA) == sample


@given(STRETCHES)
def test_any_events_are_answered_as_they_are(drawn: tuple[int, list[TerminalEvent], bool]) -> None:
    first, events, important = drawn
    report = report_of(first, events, important=important)
    asked = over_the_wire(build_events_request(ROUTE, report.pointers))
    assert parse_events_request(asked) == report.pointers
    assert parse_events(over_the_wire(build_events(asked, report, CHINA)), asked, CHINA) == report


@given(STRETCHES)
def test_any_report_arrives_as_it_was_sent(drawn: tuple[int, list[TerminalEvent], bool]) -> None:
    report = report_of(drawn[0], drawn[1], important=drawn[2])
    frame = over_the_wire(build_report(TERMINAL, report, 3, CHINA))
    assert (frame.seq.confirm, frame.control.starts) == (True, True)
    assert parse_report(frame, CHINA) == report


def test_an_event_knows_which_point_it_is_about() -> None:
    silent = NotReadable(HALF_PAST, 7, True, DARK, Decimal("1.5"), None)
    low = StatusChanged(HALF_PAST, 8, True, (0, 0, 0x80, 0, 0, 0, 0), (0, 0, 0x80, 0, 0, 0, 0))
    off: Plain = {"time": "2611200930", "point": {"number": 9, "began": 1}}
    report = report_of(250, [silent, low, OtherEvent(12, HALF_PAST, 9, off)])
    read = parse_report(build_report(TERMINAL, report, 1, CHINA), CHINA)
    assert [getattr(event, "point", None) for event in read.events] == [7, 8, 9]
    assert read == report


def test_a_maker_s_own_event_is_kept_with_its_time_and_the_rest() -> None:
    own = OtherEvent(46, HALF_PAST, None, {"time": "2611200930", "rest": "0102"})
    short = OtherEvent(99, None, None, "aa")
    report = report_of(0, [own, short])
    read = parse_report(over_the_wire(build_report(TERMINAL, report, 1, CHINA)), CHINA)
    assert read == report
    assert [event.title for event in read.events if isinstance(event, OtherEvent)] == ["unknown event"] * 2


def test_an_event_in_another_form_than_the_standard_s_is_not_forced_into_it() -> None:
    longer = OtherEvent(14, HALF_PAST, None, {"time": "2611200930", "rest": "ee" * 6})
    report = report_of(0, [longer])
    assert parse_report(build_report(TERMINAL, report, 1, CHINA), CHINA) == report


def test_events_are_read_where_the_pointers_say_otherwise() -> None:
    report = Report(Pointers(3, 3), (1, 0), (PowerLost(DARK, HALF_PAST),))
    assert parse_report(build_report(TERMINAL, report, 1, CHINA), CHINA) == report


def test_counters_go_round() -> None:
    assert (missing(5, 3), missing(3, 3), missing(2, 250)) == (2, 0, 8)


def test_each_edition_knows_its_own_events() -> None:
    assert (max(kinds_of(GDW376_2009)), max(kinds_of(GDW1376_2013))) == (35, 45)
    assert [erc for erc in range(1, 36) if erc not in KINDS] == []


def test_a_terminal_without_such_events_denies() -> None:
    asked = build_events_request(ROUTE, Pointers(0, 4, important=False))
    assert parse_events(build_denial(asked), asked, CHINA) is None


@pytest.mark.parametrize(
    ("erc", "content", "field"),
    [
        (14, {"lost": "2611310000", "restored": None}, "events.0.lost"),
        (33, {"point": {"number": 0, "began": 1}}, "events.0.point"),
        (23, {"control": 4}, "events.0.control"),
    ],
)
def test_what_is_out_of_range_is_named_by_event_and_field(erc: int, content: dict[str, Plain], field: str) -> None:
    good: dict[int, dict[str, Plain]] = {
        14: {},
        33: {"time": None, "changed": [0] * 7, "words": [0] * 7},
        23: {"time": None, "group": 1, "rounds": 1, "value": None, "limit": None},
    }
    event = OtherEvent(erc, None, None, good[erc] | content)
    with pytest.raises(RemoteError) as caught:
        parse_report(build_report(TERMINAL, report_of(0, [event]), 1, CHINA), CHINA)
    assert caught.value.field == field


def test_a_round_that_does_not_exist_is_not_sent() -> None:
    wrong = EnergyControl(None, 1, (9,), True, None, None)
    with pytest.raises(LocalError) as caught:
        build_report(TERMINAL, report_of(0, [wrong]), 1, CHINA)
    assert caught.value.field == "events.0.rounds"


def test_a_login_is_no_report() -> None:
    with pytest.raises(RemoteError) as caught:
        parse_report(published("c-login"), CHINA)
    assert caught.value.code == "not_a_report"
