"""Alarm levels: warned once on the way down, and not again for trembling around a level."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.alarm import AlarmLevel, Thresholds, cleared, raised, step

LEVELS = Thresholds(a_minor=2000, b_minor=500, margin_minor=100)
NORMAL, A, B = AlarmLevel.NORMAL, AlarmLevel.A, AlarmLevel.B
balances = st.integers(-100_000, 100_000)


@pytest.mark.parametrize(
    ("before", "balance", "after"),
    [
        (NORMAL, 2000, NORMAL),  # at the level is not below it
        (NORMAL, 1999, A),
        (NORMAL, 499, B),
        (A, 2050, A),  # above the level, within the margin
        (A, 2100, NORMAL),
        (A, 499, B),
        (B, 550, B),
        (B, 600, A),
        (B, 5000, NORMAL),
        (B, -300, B),
    ],
)
def test_a_level_is_left_only_a_margin_above_where_it_was_raised(
    before: AlarmLevel, balance: int, after: AlarmLevel
) -> None:
    assert step(before, balance, LEVELS) is after


def test_falling_past_a_straight_to_b_warns_of_b_only() -> None:
    assert raised(NORMAL, B) is B


def test_rising_from_b_to_a_ends_b_and_warns_of_nothing() -> None:
    assert cleared(B, A) == (B,)
    assert raised(B, A) is None


def test_rising_to_normal_ends_both() -> None:
    assert set(cleared(B, NORMAL)) == {A, B}


@given(st.sampled_from(AlarmLevel), balances)
def test_the_same_balance_again_changes_nothing(before: AlarmLevel, balance: int) -> None:
    once = step(before, balance, LEVELS)
    assert step(once, balance, LEVELS) is once


@given(st.lists(st.integers(2000 - 49, 2000 + 49), min_size=1))
def test_trembling_within_the_margin_warns_once_at_most(walk: list[int]) -> None:
    level, warnings = NORMAL, 0
    for balance in walk:
        after = step(level, balance, LEVELS)
        warnings += raised(level, after) is not None
        level = after
    assert warnings <= 1


@given(st.sampled_from(AlarmLevel), balances)
def test_an_edge_either_raises_or_clears(before: AlarmLevel, balance: int) -> None:
    after = step(before, balance, LEVELS)
    assert not (raised(before, after) and cleared(before, after))
    assert (after is before) == (raised(before, after) is None and cleared(before, after) == ())
