"""What a home uses, told from figures (SPEC R-6)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.alarm import USUAL, Means, Own, watched
from app.domain.usage import BalanceState, Credit, Day, Taken, days, month, months, span, state_of, use_between

LEVELS = watched(USUAL, Own(), Means()).levels
FIRST = date(2026, 3, 1)


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 3, 1, hour, 20, tzinfo=UTC) + timedelta(days=day)


def figures(*values: int | None) -> dict[date, Taken]:
    """Balances of days one after the other; None: not read."""
    return {FIRST + timedelta(days=n): Taken(at(n), value) for n, value in enumerate(values) if value is not None}


@pytest.mark.parametrize(
    ("balance", "state"),
    [
        (2000, BalanceState.NORMAL),
        (1999, BalanceState.BELOW_A),
        (500, BalanceState.BELOW_A),
        (499, BalanceState.BELOW_B),
        (0, BalanceState.BELOW_B),
        (-1, BalanceState.ARREARS),
    ],
)
def test_a_balance_is_judged_by_the_meters_own_levels(balance: int, state: BalanceState) -> None:
    assert state_of(balance, LEVELS) is state


def test_use_is_what_was_there_and_came_and_is_gone() -> None:
    told = days(figures(5000, 4200, 13_300), {}, {FIRST + timedelta(days=1): [Credit(at(1, 9), 10_000)]}, LEVELS)

    assert [told[day].use_minor for day in sorted(told)] == [None, 800, 900]


def test_a_day_that_was_not_read_leaves_a_gap_and_so_does_the_next() -> None:
    told = days(figures(5000, None, 4000, 3600), {}, {}, LEVELS)

    shown = span(told, FIRST + timedelta(days=3), 4)
    assert [day.use_minor for day in shown] == [None, None, None, 400]
    assert shown[1] == Day(FIRST + timedelta(days=1))


def test_money_that_nobody_knows_of_is_a_gap_and_not_a_negative_use() -> None:
    assert days(figures(1000, 9000), {}, {}, LEVELS)[FIRST + timedelta(days=1)].use_minor is None


def test_a_credit_counts_for_the_figures_around_it_only() -> None:
    told = days(figures(1000, 900, 5800), {}, {FIRST + timedelta(days=1): [Credit(at(1, 12), 5000)]}, LEVELS)

    assert [told[day].use_minor for day in sorted(told)] == [None, 100, 100]


def test_figures_hours_apart_are_not_called_a_day() -> None:
    first, last = Taken(at(0, 20), 1000), Taken(at(1, 1), 900)
    assert use_between(first, last, ()) is None


def test_a_register_tells_energy_by_its_growth() -> None:
    told = days({}, figures(10_000, 22_500), {}, LEVELS)

    assert told[FIRST + timedelta(days=1)] == Day(FIRST + timedelta(days=1), energy_wh=12_500)


def test_a_month_says_how_many_of_its_days_are_known() -> None:
    told = days(figures(5000, 4900, None, 4700, 4500), {}, {}, LEVELS)

    found = month(told, FIRST, FIRST + timedelta(days=4))
    assert (found.use_minor, found.known, found.days, found.whole) == (300, 2, 5, False)


def test_the_present_month_is_compared_with_as_many_days_of_last_year() -> None:
    pairs = months({}, date(2026, 3, 12), 12)

    assert [now.first.month for now, _ in pairs] == [4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2, 3]
    assert [(then.first, then.days) for _, then in pairs[-2:]] == [(date(2025, 2, 1), 28), (date(2025, 3, 1), 12)]
    assert (pairs[-1][0].days, pairs[0][0].days) == (12, 30)


def test_a_leap_day_has_a_last_year() -> None:
    assert months({}, date(2024, 2, 29), 1)[0][1].days == 28


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=40), st.data())
def test_whatever_was_used_is_found_again(uses: list[int], data: st.DataObject) -> None:
    balance, told, credits = 20_000, {FIRST: Taken(at(0), 20_000)}, {}
    for n, use in enumerate(uses, 1):
        came = data.draw(st.sampled_from((0, 3000, 10_000)))
        balance += came - use
        day = FIRST + timedelta(days=n)
        told[day] = Taken(at(n), balance)
        credits[day] = [Credit(at(n) - timedelta(hours=4), came)] if came else []

    found = days(told, {}, credits, LEVELS)

    assert [found[FIRST + timedelta(days=n)].use_minor for n in range(1, len(uses) + 1)] == uses
