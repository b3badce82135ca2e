"""The link between master and terminal as both sides live it: section 4 of the notes, a test a sentence."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters_io.errors import LocalError
from meters_io.gdw1376 import master
from meters_io.gdw1376.frame import Control, Frame, Seq, Terminal
from meters_io.gdw1376.link import Heartbeat, Login, build_confirm, build_link, parse_link
from meters_io.gdw1376.tail import Tail, with_tail
from meters_io.gdw1376.terminal import (
    Action,
    Habits,
    Kind,
    Redial,
    Send,
    Stage,
    Step,
    TerminalLink,
    closed,
    confirmed,
    dialled,
    due_at,
    habits_of,
    report,
    waited,
)
from tests.meters_io.samples import CHINA

TERMINAL = Terminal("3201", 18)
NOW = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
HABITS = Habits(TERMINAL, CHINA)
REPORT = Frame(TERMINAL, Control(up=True, starts=True, function=4), 0x0E, Seq(0), b"event")


def sent(actions: tuple[Action, ...]) -> list[Frame]:
    return [each.frame for each in actions if isinstance(each, Send)]


def online(habits: Habits = HABITS) -> TerminalLink:
    link, actions = dialled(TerminalLink(habits), NOW)
    link, _ = confirmed(link, sent(actions)[0].seq.number, NOW)
    assert link.stage == Stage.ONLINE
    return link


def test_the_first_frame_of_a_connection_is_a_login_that_wants_to_be_confirmed() -> None:
    link, actions = dialled(TerminalLink(HABITS), NOW)
    (login,) = sent(actions)
    assert parse_link(login, CHINA) == Login()
    assert (login.seq.confirm, login.seq.number, link.stage) == (True, 0, Stage.LOGGING_IN)
    assert due_at(link) == NOW + timedelta(seconds=30)


def test_an_unconfirmed_login_is_repeated_and_then_dialled_anew() -> None:
    link, actions = dialled(TerminalLink(HABITS), NOW)
    login, now = sent(actions)[0], NOW
    for _ in range(HABITS.resends):
        now += HABITS.wait
        link, actions = waited(link, now)
        assert sent(actions) == [login]
    link, actions = waited(link, now + HABITS.wait)
    assert actions == (Redial("login_not_confirmed"),)
    assert (link.stage, due_at(link), link.unconfirmed) == (Stage.OFFLINE, None, ())


def test_a_heartbeat_goes_out_each_period_with_the_clock_where_the_edition_has_it() -> None:
    for tells_clock in (False, True):
        link = online(replace(HABITS, tells_clock=tells_clock))
        due = NOW + HABITS.heartbeat
        assert waited(link, due - timedelta(seconds=1)) == (link, ())
        link, actions = waited(link, due)
        (heartbeat,) = sent(actions)
        assert parse_link(heartbeat, CHINA) == Heartbeat(due if tells_clock else None)
        assert link.heartbeat_at == due + HABITS.heartbeat


def test_more_than_three_unanswered_heartbeats_in_a_row_dial_anew() -> None:
    link, now = online(), NOW
    actions: tuple[Action, ...] = ()
    while not any(isinstance(each, Redial) for each in actions):
        due = due_at(link)
        assert due is not None
        now = due
        link, actions = waited(link, now)
    assert actions == (Redial("heartbeats_not_confirmed"),)
    assert now == NOW + 4 * HABITS.heartbeat + HABITS.wait


def test_one_confirmed_heartbeat_forgives_those_before() -> None:
    link, now = online(), NOW
    for _ in range(20):
        for _ in range(3):  # three are lost ...
            now += HABITS.heartbeat
            link, _ = waited(link, now)
            link, _ = waited(link, now + HABITS.wait)
        now += HABITS.heartbeat
        link, actions = waited(link, now)
        link, _ = confirmed(link, sent(actions)[0].seq.number, now)  # ... and the fourth is not
        assert (link.stage, link.missed) == (Stage.ONLINE, 0)


def test_a_report_is_sent_again_until_it_is_confirmed() -> None:
    link, actions = report(online(), REPORT, NOW)
    (first,) = sent(actions)
    assert (first.seq.confirm, first.body) == (True, b"event")
    now = NOW
    for _ in range(5):
        now += HABITS.wait
        link, actions = waited(link, now)
        assert sent(actions) == [first]
    link, actions = confirmed(link, first.seq.number, now)
    assert waited(link, now + HABITS.wait) == (link, ())


def test_a_report_outlives_the_connection_and_goes_out_after_the_next_login() -> None:
    link, actions = report(online(), REPORT, NOW)
    (first,) = sent(actions)
    link, actions = dialled(closed(link), NOW)
    (login,) = sent(actions)
    assert waited(link, NOW + timedelta(seconds=1))[1] == ()
    link, actions = confirmed(link, login.seq.number, NOW)
    assert sent(actions) == [first]
    assert [each.kind for each in link.unconfirmed] == [Kind.REPORT]


def test_a_report_before_login_waits_for_it_and_only_a_starting_terminal_reports() -> None:
    link, actions = report(dialled(TerminalLink(HABITS), NOW)[0], REPORT, NOW)
    assert actions == ()
    assert [each.kind for each in link.unconfirmed] == [Kind.LOGIN, Kind.REPORT]
    with pytest.raises(LocalError):
        report(link, build_confirm(REPORT), NOW)


def test_a_confirmation_of_nothing_changes_nothing() -> None:
    link = online()
    assert confirmed(link, 9, NOW) == (link, ())


@pytest.mark.parametrize(
    ("word", "minutes", "wait_s", "resends"),
    [(0x0000, 0, 30, 0), (0x103C, 15, 60, 1), (0x3FFF, 255, 180, 3)],
)
def test_the_habits_of_f1_are_clamped_as_terminals_do(word: int, minutes: int, wait_s: int, resends: int) -> None:
    habits = habits_of(TERMINAL, CHINA, word, minutes)
    assert (habits.wait, habits.resends) == (timedelta(seconds=wait_s), resends)
    assert habits.heartbeat == timedelta(minutes=max(minutes, 1))


@given(st.lists(st.sampled_from(["dial", "close", "confirm", "report", "wait", "long"]), max_size=40))
def test_nothing_that_may_happen_breaks_the_link(happenings: list[str]) -> None:
    link, now = TerminalLink(HABITS), NOW
    for happening in happenings:
        now += timedelta(minutes=10 if happening == "long" else 1)
        link, actions = after(link, happening, now)
        assert all(each.seq.confirm for each in sent(actions))
        assert (due_at(link) is None) == (link.stage == Stage.OFFLINE)


def after(link: TerminalLink, happening: str, now: datetime) -> Step:
    match happening:
        case "dial":
            return dialled(link, now)
        case "close":
            return closed(link), ()
        case "confirm":
            return confirmed(link, link.number, now)
        case "report":
            return report(link, REPORT, now)
        case _:
            return waited(link, now)


def test_a_newer_connection_replaces_the_older_one_whose_end_means_nothing_then() -> None:
    link = master.after(master.Link(HABITS.heartbeat), master.LinkEvent.LOGIN, NOW, 1)
    assert master.replaced_by(link, 1) is None
    assert master.replaced_by(link, 2) == 1
    link = master.after(link, master.LinkEvent.LOGIN, NOW, 2)
    late = master.after(link, master.LinkEvent.CLOSED, NOW, 1)
    assert late == link
    assert master.after(link, master.LinkEvent.FRAME, NOW + HABITS.heartbeat, 1).last_heard == NOW
    gone = master.after(link, master.LinkEvent.CLOSED, NOW, 2)
    assert (gone.state, gone.connection, master.replaced_by(gone, 3)) == (master.LinkState.OFFLINE, 0, None)
    silent = master.after_waiting(link, NOW + timedelta(hours=1))
    assert silent.state == master.LinkState.OFFLINE


def test_a_master_confirms_what_asks_for_it_and_every_link_message() -> None:
    heartbeat = build_link(TERMINAL, Heartbeat(), 5, CHINA)
    asked_to = REPORT._replace(seq=Seq(7, confirm=True))
    for frame in (heartbeat, heartbeat._replace(seq=Seq(5)), asked_to):
        answer = master.confirmation_of(frame)
        assert answer == build_confirm(frame)
    for frame in (
        REPORT,
        build_confirm(heartbeat),
        asked_to._replace(afn=0),
        REPORT._replace(control=Control(False, True, 1)),
    ):
        assert master.confirmation_of(frame) is None


def test_a_repeated_report_is_confirmed_and_not_heard_twice() -> None:
    reports = master.Reports()
    first = REPORT._replace(seq=Seq(7, confirm=True), body=b"one")
    assert reports.is_new(first)
    assert not reports.is_new(first)
    assert reports.is_new(first._replace(body=b"two"))
    assert reports.is_new(first._replace(seq=Seq(8, confirm=True)))
    tagged = with_tail(first, b"three", Tail())
    assert reports.is_new(tagged)
    assert reports.is_new(first._replace(seq=Seq(9, tagged=True), body=b""))  # no tail to be read
