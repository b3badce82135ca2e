"""When a message may go out, when it is too late, and what may follow what."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import notice
from app.domain.notice import MessageKind, MessageState, later
from app.domain.purchase import PurchaseState

SHANGHAI = ZoneInfo("Asia/Shanghai")
TEN_AT_NIGHT = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)
states = st.sampled_from(MessageState)


def test_quiet_hours_over_midnight_end_in_the_morning() -> None:
    found = notice.not_before(TEN_AT_NIGHT, SHANGHAI, time(21, 30), time(7, 15))
    assert found == datetime(2026, 3, 2, 23, 15, tzinfo=UTC)


def test_outside_the_quiet_hours_nothing_waits() -> None:
    assert notice.not_before(TEN_AT_NIGHT, SHANGHAI, time(22, 30), time(7, 0)) == TEN_AT_NIGHT
    assert notice.not_before(TEN_AT_NIGHT, SHANGHAI, None, None) == TEN_AT_NIGHT


@given(st.datetimes(timezones=st.just(UTC)), st.times(), st.times())
def test_what_is_sent_then_is_never_sent_in_quiet_hours(now: datetime, begin: time, end: time) -> None:
    begin, end = begin.replace(second=0, microsecond=0), end.replace(second=0, microsecond=0)
    now = now.replace(year=2026, day=min(now.day, 28))
    then = notice.not_before(now, SHANGHAI, begin, end)
    assert now <= then < now + timedelta(days=1, minutes=1)
    assert not notice.is_quiet(then.astimezone(SHANGHAI).time(), begin, end)


@given(st.lists(states))
def test_words_in_any_order_never_take_a_message_back(heard: list[MessageState]) -> None:
    state = MessageState.QUEUED
    for word in heard:
        before, state = state, later(state, word)
        assert later(before, state) is state
    if MessageState.DELIVERED in heard[:1]:
        assert state is MessageState.DELIVERED


def test_a_late_word_that_it_was_sent_does_not_undo_its_delivery() -> None:
    assert later(MessageState.DELIVERED, MessageState.SENT) is MessageState.DELIVERED


def test_a_delivery_settles_what_was_unknown() -> None:
    assert later(MessageState.UNKNOWN, MessageState.DELIVERED) is MessageState.DELIVERED


@pytest.mark.parametrize(
    ("told", "depth", "open_", "holds"),
    [
        (1, 1, True, True),
        (1, 0, False, False),
        (1, 2, True, False),  # the warning about the next level replaces it
        (2, 2, True, True),
        (2, 1, False, False),
    ],
)
def test_a_warning_holds_only_at_its_own_level(told: int, depth: int, open_: bool, holds: bool) -> None:
    assert notice.warning_holds(told, depth, episode_open=open_) is holds


def test_a_token_helps_until_the_credit_is_in_the_meter() -> None:
    helps = {state for state in PurchaseState if notice.token_helps(state)}
    assert helps == {PurchaseState.PAID, PurchaseState.SENDING, PurchaseState.REVIEW}


def test_results_may_be_repeated_after_a_crash_and_warnings_may_not() -> None:
    repeated = {kind for kind in MessageKind if notice.repeats_after_crash(kind)}
    assert repeated.isdisjoint(notice.ALARMS.values())
    assert {MessageKind.PURCHASE_CREDITED, MessageKind.PURCHASE_TOKEN, MessageKind.LOGIN_CODE} <= repeated


def test_two_sets_of_quiet_hours_are_kept_one_after_the_other() -> None:
    found = notice.after_all(TEN_AT_NIGHT, SHANGHAI, (time(21), time(7)), (time(6), time(8, 30)))
    assert found == datetime(2026, 3, 3, 0, 30, tzinfo=UTC)


def test_hours_that_leave_nothing_of_the_day_end_with_the_readers_own() -> None:
    found = notice.after_all(TEN_AT_NIGHT, SHANGHAI, (time(21), time(7)), (time(6), time(21, 30)))
    assert found == datetime(2026, 3, 2, 23, 0, tzinfo=UTC)


minutes = st.builds(time, st.integers(0, 23), st.integers(0, 59))
hours = st.tuples(minutes, minutes)


@given(st.datetimes(timezones=st.just(UTC)), hours, hours)
def test_what_waits_for_both_wakes_nobody_where_the_day_has_an_hour_for_it(
    now: datetime, own: notice.Hours, everybodys: notice.Hours
) -> None:
    found = notice.after_all(now, SHANGHAI, own, everybodys)
    assert now <= found <= now + timedelta(days=2)
    local = found.astimezone(SHANGHAI).time()
    assert notice.after_all(found, SHANGHAI, own, everybodys) == found or notice.is_quiet(local, *everybodys)


@pytest.mark.parametrize("kind", MessageKind)
def test_what_counts_against_the_cap_is_what_nobody_asked_for(kind: MessageKind) -> None:
    manner = notice.MANNERS[kind]
    assert not manner.capped or (manner.unasked and manner.quiet)
    assert manner.lasts >= timedelta(minutes=5)
