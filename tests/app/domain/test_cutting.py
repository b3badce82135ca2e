"""What stands against cutting a meter for its balance (SPEC M-5, M-6, M-8; rules as data)."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.cutting import (
    Against,
    Facts,
    Verdict,
    Warned,
    calendar,
    nothing_to_come,
    opens_at,
    spent_since,
    verdict,
)
from app.domain.notice import MessageState
from app.domain.rules import CutRules

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 3, 3, 4, 0, tzinfo=UTC)  # a Tuesday, twelve o'clock in Shanghai
RULES = CutRules()


def ago(**length: float) -> datetime:
    return NOON - timedelta(**length)


TOLD = Warned(MessageState.DELIVERED, ago(hours=20), ago(hours=20))
RIPE = Facts(
    balance_minor=-100,
    balance_read_at=ago(minutes=5),
    spent_since=ago(hours=3),
    descent_from=ago(days=1),
    warnings=(TOLD,),
)


def against(facts: Facts, rules: CutRules = RULES, now: datetime = NOON) -> set[Against]:
    return set(verdict(facts, rules, SHANGHAI, now).reasons)


def test_who_was_warned_in_time_and_has_nothing_left_may_be_cut_on_a_working_day() -> None:
    assert verdict(RIPE, RULES, SHANGHAI, NOON) == Verdict(())
    assert verdict(RIPE, RULES, SHANGHAI, NOON).allowed


LOST = Warned(MessageState.FAILED, ago(hours=20))
LATE = Warned(MessageState.DELIVERED, ago(minutes=59), ago(minutes=59))
OLD = Warned(MessageState.DELIVERED, ago(days=15), ago(days=15))


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (replace(RIPE, balance_minor=1), Against.BALANCE_ABOVE),
        (replace(RIPE, balance_minor=-100, overdraft_limit_minor=101), Against.BALANCE_ABOVE),
        (replace(RIPE, balance_minor=None), Against.BALANCE_UNKNOWN),
        (replace(RIPE, balance_read_at=ago(hours=26, minutes=1)), Against.BALANCE_OLD),
        (replace(RIPE, keep_power=True), Against.KEEP_POWER),
        (replace(RIPE, money_coming=True), Against.PAYMENT_UNDER_WAY),
        (replace(RIPE, advanced_at=ago(hours=71)), Against.ADVANCE_RUNNING),
        (replace(RIPE, spent_since=ago(minutes=29)), Against.GRACE),
        (replace(RIPE, spent_since=None), Against.GRACE),
        (replace(RIPE, warnings=()), Against.NOT_WARNED),
        (replace(RIPE, warnings=(OLD,)), Against.NOT_WARNED),
        (replace(RIPE, warnings=(LOST,)), Against.WARNING_NOT_DELIVERED),
        (replace(RIPE, warnings=(replace(TOLD, state=MessageState.SENT),)), Against.WARNING_NOT_DELIVERED),
        (replace(RIPE, warnings=(replace(TOLD, state=MessageState.UNKNOWN),)), Against.WARNING_NOT_DELIVERED),
        (replace(RIPE, warnings=(replace(TOLD, delivered_at=None),)), Against.WARNING_NOT_DELIVERED),
        (replace(RIPE, descent_from=ago(hours=2)), Against.NOT_WARNED),
        (replace(RIPE, warnings=(LATE,)), Against.WARNED_TOO_LATELY),
        (replace(RIPE, outage=True), Against.OUTAGE_AREA),
        (replace(RIPE, restored_at=ago(minutes=119)), Against.OUTAGE_JUST_OVER),
        (replace(RIPE, amnesty=True), Against.AMNESTY),
    ],
    ids=str,
)
def test_each_thing_that_stands_against_a_cut_is_said_alone(facts: Facts, reason: Against) -> None:
    assert against(facts) == {reason}


@pytest.mark.parametrize(
    "facts",
    [
        replace(RIPE, balance_read_at=ago(hours=26)),
        replace(RIPE, advanced_at=ago(hours=72)),
        replace(RIPE, spent_since=ago(minutes=30)),
        replace(RIPE, restored_at=ago(minutes=120)),
        replace(RIPE, warnings=(replace(TOLD, delivered_at=ago(minutes=60)),)),
        replace(RIPE, warnings=(TOLD, LATE, LOST)),
        replace(RIPE, balance_minor=0),
    ],
    ids=str,
)
def test_at_its_end_nothing_stands_against_it_any_more(facts: Facts) -> None:
    assert against(facts) == set()


def test_as_many_warnings_as_the_rules_want_must_have_arrived() -> None:
    two = replace(RULES, warnings_needed=2)

    assert against(RIPE, two) == {Against.WARNING_NOT_DELIVERED}
    assert against(replace(RIPE, warnings=(TOLD, TOLD)), two) == set()
    assert against(replace(RIPE, warnings=(TOLD, LATE)), two) == {Against.WARNED_TOO_LATELY}
    assert against(replace(RIPE, warnings=()), replace(RULES, warnings_needed=0)) == set()


def test_everything_that_stands_against_it_is_said_at_once() -> None:
    bad = replace(RIPE, amnesty=True, outage=True, warnings=(), keep_power=True)
    sunday_night = datetime(2026, 3, 8, 14, 0, tzinfo=UTC)
    rules = replace(RULES, holidays=(date(2026, 3, 8),), heat_days=(date(2026, 3, 8),), cold_days=(date(2026, 3, 8),))

    assert against(bad, rules, sunday_night) == {
        *(Against.KEEP_POWER, Against.NOT_WARNED, Against.OUTAGE_AREA, Against.AMNESTY, Against.BALANCE_OLD),
        *(Against.NO_CUT_HOURS, Against.NO_CUT_DAY, Against.HOLIDAY, Against.HEAT_DAY, Against.COLD_DAY),
    }


def test_only_a_missing_warning_makes_a_case_for_customer_service() -> None:
    assert verdict(replace(RIPE, warnings=()), RULES, SHANGHAI, NOON).only_unwarned
    assert not verdict(replace(RIPE, warnings=(), amnesty=True), RULES, SHANGHAI, NOON).only_unwarned
    assert not verdict(RIPE, RULES, SHANGHAI, NOON).only_unwarned


@pytest.mark.parametrize(
    ("state", "made", "over"),
    [
        (MessageState.QUEUED, ago(hours=1), False),
        (MessageState.SENT, ago(hours=23), False),
        (MessageState.SENT, ago(hours=25), True),
        (MessageState.UNKNOWN, ago(hours=1), False),
        (MessageState.FAILED, ago(hours=1), True),
        (MessageState.GIVEN_UP, ago(hours=1), True),
        (MessageState.DROPPED, ago(hours=1), True),
    ],
)
def test_a_warning_that_may_still_arrive_is_waited_for(state: MessageState, made: datetime, *, over: bool) -> None:
    facts = replace(RIPE, descent_from=ago(days=3), warnings=(Warned(state, made),))

    assert nothing_to_come(facts, RULES, NOON) is over


def test_the_moment_at_which_the_money_went_stays_until_some_comes() -> None:
    first, later = ago(hours=2), NOON

    assert spent_since(None, 0, 0, first) == first
    assert spent_since(first, -50, 0, later) == first
    assert spent_since(first, -50, 100, later) is None
    assert spent_since(first, 1, 0, later) is None


@pytest.mark.parametrize(
    ("local", "reasons"),
    [
        ("2026-03-03 07:59", {Against.NO_CUT_HOURS}),
        ("2026-03-03 08:00", set()),
        ("2026-03-03 17:59", set()),
        ("2026-03-03 18:00", {Against.NO_CUT_HOURS}),
        ("2026-03-04 00:00", {Against.NO_CUT_HOURS}),
        ("2026-03-07 12:00", {Against.NO_CUT_DAY}),
        ("2026-03-06 17:59", set()),
    ],
)
def test_hours_and_days_are_those_of_the_local_clock(local: str, reasons: set[Against]) -> None:
    at = datetime.fromisoformat(local).replace(tzinfo=SHANGHAI).astimezone(UTC)

    assert set(calendar(RULES, SHANGHAI, at)) == reasons


def test_a_calendar_without_a_gap_never_opens() -> None:
    assert opens_at(replace(RULES, no_cut_weekdays=(0, 1, 2, 3, 4, 5, 6)), SHANGHAI, NOON) is None


ZONES = st.sampled_from(
    ["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"]
)
HOURS = st.one_of(st.none(), st.tuples(st.times(), st.times()))
MOMENTS = st.integers(1767225600, 1830297600).map(lambda s: datetime.fromtimestamp(s, UTC))  # 2026, 2027


@st.composite
def calendars(draw: st.DrawFn) -> CutRules:
    hours = draw(HOURS) or (None, None)
    days = tuple(draw(st.sets(st.integers(0, 6), max_size=5)))
    dates = st.lists(st.dates(date(2026, 1, 1), date(2027, 12, 31)), max_size=4).map(tuple)
    return CutRules(
        no_cut_from=hours[0], no_cut_to=hours[1], no_cut_weekdays=days, holidays=draw(dates), heat_days=draw(dates)
    )


@given(calendars(), ZONES, MOMENTS)
def test_the_calendar_says_of_each_moment_what_its_local_clock_says(
    rules: CutRules, zone_name: str, at: datetime
) -> None:
    zone = ZoneInfo(zone_name)
    local = at.astimezone(zone)
    found = set(calendar(rules, zone, at))

    assert (Against.NO_CUT_DAY in found) == (local.weekday() in rules.no_cut_weekdays)
    assert (Against.HOLIDAY in found) == (local.date() in rules.holidays)
    assert (Against.HEAT_DAY in found) == (local.date() in rules.heat_days)
    assert (Against.NO_CUT_HOURS in found) == _between(local.time(), rules.no_cut_from, rules.no_cut_to)


def _between(at: time, begin: time | None, end: time | None) -> bool:
    if begin is None or end is None or begin == end:
        return False
    return begin <= at < end if begin < end else not end <= at < begin


@given(calendars(), ZONES, MOMENTS)
def test_it_opens_at_the_first_moment_that_it_does_not_bar(rules: CutRules, zone_name: str, at: datetime) -> None:
    zone = ZoneInfo(zone_name)
    opens = opens_at(rules, zone, at)

    assert opens is not None
    assert opens >= at
    assert calendar(rules, zone, opens) == ()
    for step in range(1, 24):
        between = at + (opens - at) * step / 24
        assert between >= opens or calendar(rules, zone, between)
