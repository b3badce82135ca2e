"""What a hand-held brings back is believed as far as the meter said so; a cut in it has a last moment."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from app.domain.cutting import calendar, closes_at
from app.domain.handheld import (
    Finding,
    Said,
    SaidState,
    last_moment_of_cut,
    of_limit,
    of_recharge,
    of_relay,
    of_tokens,
)
from app.domain.operation import OperationKind
from app.domain.rules import CutRules

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
SAID = st.builds(
    Said,
    st.sampled_from(SaidState),
    st.none(),
    st.just(""),
    st.none() | st.integers(-100, 100),
    st.none() | st.integers(0, 9),
    st.none() | st.integers(0, 0xFFFF),
    st.none() | st.integers(0, 9),
    st.none() | st.integers(6, 8),
)


@given(SAID)
def test_a_recharge_is_done_where_the_count_is_its_number_and_nothing_shows_another(said: Said) -> None:
    if said.newest_minor is None:
        done = said.count == 5 and said.state is SaidState.DONE
    else:
        done = said.count == 5 and said.newest_minor == 7
    assert (of_recharge(5, 7, said) is Finding.DONE) == done


@given(SAID)
def test_nothing_is_done_that_nobody_says_was_done(said: Said) -> None:
    found = [of_tokens(said), of_limit(3, said), of_relay(OperationKind.TRIP_RELAY, said)]
    if said.state is not SaidState.DONE:
        assert Finding.DONE not in found


@given(SAID)
def test_a_limit_or_a_relay_is_done_only_as_it_was_read(said: Said) -> None:
    if of_limit(3, said) is Finding.DONE:
        assert said.limit_minor == 3
    if of_relay(OperationKind.TRIP_RELAY, said) is Finding.DONE:
        assert said.status_3 is not None
        assert said.status_3 & 0x40


def test_status_word_3_is_read_bit_by_bit() -> None:
    relay = Said(SaidState.DONE, status_3=0x1010).relay
    assert relay is not None
    assert (relay.relay_open, relay.command_open, relay.keep_power) == (True, False, True)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001
def test_the_calendar_lets_everything_through_until_it_closes(now: datetime) -> None:
    rules = CutRules()
    closing = closes_at(rules, ZONE, now)
    assert closing is not None
    if not calendar(rules, ZONE, now):
        assert not calendar(rules, ZONE, closing - timedelta(seconds=1))
        assert calendar(rules, ZONE, closing)


def test_a_cut_ends_with_whatever_ends_first() -> None:
    rules, never = CutRules(), CutRules(no_cut_from=None, no_cut_to=None, no_cut_weekdays=())
    due = MONDAY + timedelta(days=2)
    hours = timedelta(hours=1)
    assert last_moment_of_cut(rules, ZONE, MONDAY, due, None) == MONDAY + 4 * hours
    assert last_moment_of_cut(rules, ZONE, MONDAY, MONDAY + hours, None) == MONDAY + hours
    assert last_moment_of_cut(rules, ZONE, MONDAY + 7 * hours, due, None) == MONDAY + 9 * hours  # six in the evening
    assert last_moment_of_cut(never, ZONE, MONDAY + 7 * hours, due, None) == MONDAY + 11 * hours
    assert (
        last_moment_of_cut(rules, ZONE, MONDAY, due, MONDAY - 25 * hours) == MONDAY + hours
    )  # the balance is old then
