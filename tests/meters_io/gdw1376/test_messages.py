"""Links, passages, tails and units as both ends see them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters_io.errors import LocalError, RemoteError
from meters_io.gdw1376 import clock, exchange, link, master, passage, tail, units
from meters_io.gdw1376.frame import Control, Frame, Seq, Terminal, decode, encode
from tests.meters_io.gdw1376.strategies import BYTES, FRAMES, NUMBERS, TERMINALS
from tests.meters_io.samples import CHINA

TERMINAL = Terminal("3201", 18)
NOW = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 30), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0)
)
TAGS = st.builds(clock.tag_at, BYTES, MOMENTS, st.just(CHINA), BYTES)
EVENTS = st.none() | st.builds(tail.EventCounters, BYTES, BYTES)
DOWN_TAILS = st.builds(tail.Tail, st.binary(min_size=16, max_size=16), tag=st.none() | TAGS)
UP_TAILS = st.builds(tail.Tail, events=EVENTS, tag=st.none() | TAGS)
PASSAGES = st.builds(
    passage.Passage,
    BYTES,
    st.binary(min_size=1, max_size=300),
    BYTES,
    st.integers(0, 127).map(lambda n: n * 10) | st.integers(2, 127).map(lambda n: n * 1000),
    BYTES.map(lambda n: n * 10),
)
ROUTES = st.builds(passage.Route, TERMINALS, NUMBERS, st.integers(1, 127), DOWN_TAILS)
ASKED = passage.build_passage(passage.Route(TERMINAL, 14), passage.Passage(31, b"inner"))


def over_the_wire(frame: Frame) -> Frame:
    return decode(encode(frame))


@given(st.integers(1, 2040), st.integers(1, 248))
def test_unit_identifiers_are_read_back(point: int, function: int) -> None:
    for identifier in (units.unit(point, function), units.unit(0, function), units.unit(-1, function)):
        assert units.unit_from_bytes(units.unit_to_bytes(identifier)) == identifier


@given(st.integers(1, 255), st.integers(1, 255), st.integers(0, 30), st.integers(1, 255))
def test_bitmaps_of_points_and_functions_are_read_back(da1: int, da2: int, group: int, dt1: int) -> None:
    raw = bytes((da1, da2, dt1, group))
    assert units.unit_to_bytes(units.unit_from_bytes(raw)) == raw


def test_bitmaps_are_not_numbers() -> None:
    assert units.unit_from_bytes(bytes.fromhex("00000400")) == units.Unit((0,), (3,))
    assert units.unit_from_bytes(bytes.fromhex("01010114")) == units.unit(1, 161)
    assert units.unit_from_bytes(bytes.fromhex("05020100")) == units.Unit((9, 11), (1,))
    assert units.unit_from_bytes(bytes.fromhex("FF000100")) == units.unit(units.ALL_POINTS, 1)


@pytest.mark.parametrize("raw", ["", "000001", "00010100", "01000100", "00000000", "0000011F"])
def test_a_unit_that_names_nothing_is_their_error(raw: str) -> None:
    with pytest.raises(RemoteError):
        units.unit_from_bytes(bytes.fromhex(raw))


@pytest.mark.parametrize(
    "identifier",
    [units.unit(2041, 1), units.unit(1, 249), units.unit(1, 0), units.Unit((8, 9), (1,)), units.Unit((), (1,))],
)
def test_a_unit_that_cannot_be_named_is_our_error(identifier: units.Unit) -> None:
    with pytest.raises(LocalError):
        units.unit_to_bytes(identifier)


@given(MOMENTS)
def test_clocks_are_read_back(moment: datetime) -> None:
    assert clock.clock_from_bytes(clock.clock_to_bytes(moment, CHINA), CHINA) == moment


@given(TAGS)
def test_time_tags_are_read_back(tag: clock.TimeTag) -> None:
    assert clock.tag_from_bytes(clock.tag_to_bytes(tag)) == tag


@given(MOMENTS, st.integers(-20, 20), st.integers(1, 255))
def test_a_tag_is_stale_once_its_age_reaches_the_allowed_delay(sent: datetime, late_min: int, allowed_min: int) -> None:
    tag = clock.tag_at(0, sent, CHINA, allowed_min)
    assert clock.is_stale(tag, sent + timedelta(minutes=late_min), CHINA) == (late_min >= allowed_min)


def test_a_tag_without_a_limit_never_gets_stale_and_one_without_a_time_always_is() -> None:
    assert not clock.is_stale(clock.TimeTag(0, 32, 25, 0, 0, 0), NOW, CHINA)
    assert clock.is_stale(clock.TimeTag(0, 32, 0, 0, 0, 5), NOW, CHINA)


@pytest.mark.parametrize("raw", ["", "003009200026", "0030092F B126", "6030 0920 B126", "00300931 B126"])
def test_a_clock_that_shows_no_time_is_their_error(raw: str) -> None:
    with pytest.raises(RemoteError):
        clock.clock_from_bytes(bytes.fromhex(raw), CHINA)


def test_a_clock_needs_its_zone_and_its_century() -> None:
    for moment in (datetime(2026, 1, 1), datetime(1999, 1, 1, tzinfo=UTC)):  # noqa: DTZ001
        with pytest.raises(LocalError):
            clock.clock_to_bytes(moment, CHINA)
    with pytest.raises(LocalError):
        clock.tag_to_bytes(clock.TimeTag(256, 1, 0, 0, 0, 5))
    with pytest.raises(RemoteError):
        clock.tag_from_bytes(bytes(5))


@given(
    TERMINALS, NUMBERS, st.sampled_from([link.Login(), link.Logout()]) | st.builds(link.Heartbeat, st.none() | MOMENTS)
)
def test_link_messages_arrive_as_they_were_sent(terminal: Terminal, number: int, message: link.LinkMessage) -> None:
    arrived = over_the_wire(link.build_link(terminal, message, number, CHINA))
    assert link.is_link(arrived)
    assert (arrived.terminal, arrived.seq.number, arrived.seq.confirm) == (terminal, number, True)
    assert link.parse_link(arrived, CHINA) == message


@given(TERMINALS, NUMBERS)
def test_a_login_is_confirmed_under_its_own_number(terminal: Terminal, number: int) -> None:
    login = link.build_link(terminal, link.Login(), number, CHINA)
    for build, expected in ((link.build_confirm, link.Confirmed()), (link.build_denial, link.Denied())):
        answer = over_the_wire(build(login))
        assert link.parse_confirm(answer) == expected
        assert exchange.is_answer(answer, login)
    results = (link.UnitResult(units.unit(0, 1), 0),)
    assert link.parse_confirm(link.build_per_unit(login, results)) == link.PerUnit(2, results)


@pytest.mark.parametrize("body", ["", "00000800", "0000010000", "000004000030", "01010100"])
def test_what_is_no_link_message_is_their_error(body: str) -> None:
    frame = Frame(TERMINAL, Control(up=True, starts=True, function=9), 2, Seq(1), bytes.fromhex(body))
    with pytest.raises(RemoteError):
        link.parse_link(frame, CHINA)
    with pytest.raises(RemoteError):
        link.parse_confirm(frame)
    with pytest.raises(RemoteError):
        link.parse_link(frame._replace(afn=0x0C), CHINA)


@pytest.mark.parametrize("body", ["000008000001", "00000400", "0000040004000000", "0000010000"])
def test_what_is_no_confirmation_is_their_error(body: str) -> None:
    frame = Frame(TERMINAL, Control(up=True, starts=False, function=0), 0, Seq(1), bytes.fromhex(body))
    with pytest.raises(RemoteError):
        link.parse_confirm(frame)


@given(ROUTES, PASSAGES)
def test_passages_arrive_as_they_were_sent(route: passage.Route, sent: passage.Passage) -> None:
    arrived = over_the_wire(passage.build_passage(route, sent))
    assert passage.parse_passage(arrived) == (sent, route.tail)


@given(ROUTES, PASSAGES, st.binary(max_size=300), UP_TAILS)
def test_what_a_meter_said_comes_back_up(
    route: passage.Route, sent: passage.Passage, inner: bytes, up: tail.Tail
) -> None:
    asked = passage.build_passage(route, sent)
    answer = over_the_wire(passage.build_passed(asked, sent.port, inner, up))
    expected = passage.Passed(inner, up.events) if inner else passage.NoAnswer(up.events)
    assert passage.parse_passed(answer, asked) == expected


def test_a_refused_passage_is_a_value() -> None:
    events = tail.EventCounters(5, 0)
    answer = over_the_wire(link.build_denial(ASKED, tail.Tail(events=events)))
    assert answer.control.flag5
    assert passage.parse_passed(answer, ASKED) == passage.Turned(events)


def test_a_passage_that_was_not_authenticated_is_refused_too() -> None:
    for said in (link.Unauthenticated(3, bytes(range(16))), link.Unauthenticated(1)):
        answer = over_the_wire(link.build_unauthenticated(ASKED, said))
        assert link.parse_confirm(answer) == said
        assert passage.parse_passed(answer, ASKED) == passage.Turned()
    with pytest.raises(LocalError):
        link.build_unauthenticated(ASKED, link.Unauthenticated(3, b"short"))


def test_a_late_answer_is_told_from_the_one_waited_for() -> None:
    earlier = passage.build_passage(passage.Route(TERMINAL, 13), passage.Passage(31, b"inner"))
    with pytest.raises(RemoteError) as caught:
        passage.parse_passed(passage.build_passed(earlier, 31, b"late"), ASKED)
    assert caught.value.code == "late_answer"
    assert exchange.is_answer(passage.build_passed(ASKED, 31, b"now"), ASKED)


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (passage.build_passed(ASKED, 31, b"x")._replace(terminal=Terminal("3201", 19)), "wrong_terminal"),
        (passage.build_passed(ASKED, 31, b"x")._replace(a3=4), "not_an_answer"),
        (link.build_link(TERMINAL, link.Heartbeat(), 14, CHINA), "not_an_answer"),
        (ASKED, "not_an_answer"),
        (passage.build_passed(ASKED, 2, b"x"), "wrong_port"),
        (link.build_confirm(ASKED), "wrong_afn"),
        (passage.build_passed(ASKED, 31, b"x")._replace(afn=0x0C), "wrong_afn"),
        (passage.build_passed(ASKED, 31, b"x")._replace(body=bytes.fromhex("000002001F0000")), "wrong_unit"),
        (passage.build_passed(ASKED, 31, b"x")._replace(body=bytes.fromhex("000001001F0500AA")), "bad_length"),
        (passage.build_passed(ASKED, 31, b"x")._replace(body=bytes.fromhex("000001001F")), "bad_length"),
        (passage.build_passed(ASKED, 31, b"x")._replace(body=bytes.fromhex("00000100")), "bad_length"),
    ],
)
def test_an_answer_to_something_else_is_not_believed(reply: Frame, code: str) -> None:
    with pytest.raises(RemoteError) as caught:
        passage.parse_passed(reply, ASKED)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "sent",
    [
        passage.Passage(256, b"x"),
        passage.Passage(31, b"x", frame_timeout_ms=128_000),
        passage.Passage(31, b"x", frame_timeout_ms=15),
        passage.Passage(31, b"x", frame_timeout_ms=-10),
        passage.Passage(31, b"x", byte_timeout_ms=15),
        passage.Passage(31, b"x", byte_timeout_ms=2560),
    ],
)
def test_a_passage_that_cannot_be_asked_for_is_our_error(sent: passage.Passage) -> None:
    with pytest.raises(LocalError):
        passage.build_passage(passage.Route(TERMINAL, 0), sent)


def test_a_concentrator_tells_a_broken_passage_from_a_good_one() -> None:
    for broken in (ASKED._replace(afn=0x0C), ASKED._replace(body=ASKED.body[:10]), ASKED._replace(body=b"")):
        with pytest.raises(RemoteError):
            passage.parse_passage(broken)
    with pytest.raises(LocalError):
        passage.build_passage(passage.Route(TERMINAL, 0, master=128), passage.Passage(31, b"x"))


@given(FRAMES)
def test_a_tail_that_was_split_off_can_be_put_back(frame: Frame) -> None:
    try:
        body, split = tail.split_tail(frame)
    except RemoteError:
        return
    assert tail.with_tail(frame, body, split) == frame


def test_a_tail_without_a_place_is_our_error() -> None:
    up, down = passage.build_passed(ASKED, 31, b"x"), ASKED
    for frame, misplaced in (
        (up, tail.Tail(password=bytes(16))),
        (down, tail.Tail(events=tail.EventCounters(1, 1))),
        (down, tail.Tail(password=bytes(2))),
    ):
        with pytest.raises(LocalError):
            tail.with_tail(frame, b"", misplaced)


def test_the_2005_edition_has_a_short_password() -> None:
    old = ASKED._replace(protocol=1)
    assert (tail.password_length(old), tail.password_length(ASKED)) == (2, 16)
    assert tail.with_tail(old, b"units", tail.NO_TAIL).body == b"units" + bytes(2)


def test_passwords_stay_out_of_what_is_printed() -> None:
    assert "secret" not in repr(tail.Tail(password=b"secret"))


def test_numbers_go_round_after_sixteen() -> None:
    number = 0
    for _ in range(16):
        number = exchange.next_number(number)
    assert number == 0
    assert exchange.next_number(15) == 0


LINK = master.Link(heartbeat=timedelta(minutes=5))


def test_only_a_login_makes_a_terminal_known() -> None:
    alive = master.after(LINK, master.LinkEvent.FRAME, NOW)
    assert (alive.state, alive.last_heard) == (master.LinkState.OFFLINE, NOW)
    known = master.after(alive, master.event_of(link.Login()), NOW)
    assert (known.state, known.changed_at) == (master.LinkState.ONLINE, NOW)


def test_a_terminal_is_given_up_after_more_than_three_missed_heartbeats() -> None:
    online = master.after(LINK, master.LinkEvent.LOGIN, NOW)
    due = master.silent_at(online)
    assert due == NOW + timedelta(minutes=20)
    just_before = due - timedelta(seconds=1)
    assert master.missed(online, just_before) == 3
    assert master.after_waiting(online, just_before) == online
    gone = master.after_waiting(online, due)
    assert (gone.state, gone.last_heard, gone.changed_at) == (master.LinkState.OFFLINE, NOW, due)
    assert master.silent_at(gone) is None


def test_a_heartbeat_keeps_a_link_and_does_not_change_since_when() -> None:
    online = master.after(LINK, master.LinkEvent.LOGIN, NOW)
    later = NOW + timedelta(minutes=19)
    kept = master.after(online, master.event_of(link.Heartbeat()), later)
    assert (kept.state, kept.last_heard, kept.changed_at) == (master.LinkState.ONLINE, later, NOW)
    assert master.missed(kept, later) == 0


@pytest.mark.parametrize("event", [master.event_of(link.Logout()), master.LinkEvent.CLOSED, master.LinkEvent.SILENCE])
def test_logout_and_a_closed_connection_end_a_link(event: master.LinkEvent) -> None:
    online = master.after(LINK, master.LinkEvent.LOGIN, NOW)
    assert master.after(online, event, NOW).state == master.LinkState.OFFLINE


def test_a_link_never_heard_of_has_missed_nothing() -> None:
    assert master.missed(LINK, NOW) == 0
    assert master.after_waiting(LINK, NOW) == LINK


@given(st.lists(st.sampled_from(master.LinkEvent)))
def test_every_event_has_a_place_in_every_state(events: list[master.LinkEvent]) -> None:
    state = LINK
    for event in events:
        state = master.after(state, event, NOW)
    expected = [event for event in events if event != master.LinkEvent.FRAME]
    assert (state.state == master.LinkState.ONLINE) == (expected[-1:] == [master.LinkEvent.LOGIN])
