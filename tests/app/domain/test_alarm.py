"""Alarm levels: warned once on the way down, and not again for trembling around a level, however many there are."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.alarm import (
    USUAL,
    AlarmTone,
    AlertCycle,
    AlertUnit,
    Level,
    Means,
    MoneyLevel,
    Own,
    OwnLevel,
    Policy,
    Watch,
    Wish,
    cleared,
    disorder,
    levels_in_money,
    raised,
    step,
    watched,
)

A, B, OWING = 1, 2, 3
TWO = Watch((MoneyLevel(A, AlarmTone.NOTICE, 2000), MoneyLevel(B, AlarmTone.URGENT, 500)), 100)
THREE = watched(USUAL, Own(), Means())
balances = st.integers(-100_000, 100_000)
tones = st.sampled_from(AlarmTone)


@st.composite
def watches(draw: st.DrawFn) -> Watch:
    """Any number of levels, each lower than the one before it, and any margin."""
    figures = sorted(draw(st.sets(st.integers(-5_000, 50_000), max_size=9)), reverse=True)
    levels = tuple(MoneyLevel(depth, draw(tones), figure) for depth, figure in enumerate(figures, start=1))
    return Watch(levels, draw(st.integers(0, 3_000)))


@pytest.mark.parametrize(
    ("before", "balance", "after"),
    [
        (0, 2000, 0),  # at the level is not below it
        (0, 1999, A),
        (0, 499, B),
        (A, 2050, A),  # above the level, within the margin
        (A, 2100, 0),
        (A, 499, B),
        (B, 550, B),
        (B, 600, A),
        (B, 5000, 0),
        (B, -300, B),
    ],
)
def test_a_level_is_left_only_a_margin_above_where_it_was_raised(before: int, balance: int, after: int) -> None:
    assert step(before, balance, TWO) == after


def test_falling_past_one_level_to_the_next_warns_of_the_next_only() -> None:
    assert raised(0, B) == B


def test_rising_by_one_level_ends_it_and_warns_of_nothing() -> None:
    assert list(cleared(B, A)) == [B]
    assert raised(B, A) is None


def test_rising_to_normal_ends_them_all() -> None:
    assert list(cleared(OWING, 0)) == [A, B, OWING]


@given(watches(), st.integers(0, 9), balances)
def test_the_same_balance_again_changes_nothing(watch: Watch, before: int, balance: int) -> None:
    once = step(before, balance, watch)
    assert step(once, balance, watch) == once


@given(watches(), st.lists(balances, min_size=1))
def test_an_edge_is_never_told_twice_without_a_way_back_up(watch: Watch, walk: list[int]) -> None:
    depth, open_ = 0, set[int]()
    for balance in walk:
        after = step(depth, balance, watch)
        open_ -= set(cleared(depth, after))
        told = raised(depth, after)
        assert told not in open_  # the constraint on open episodes is never needed
        open_ |= {told} if told else set()
        depth = after


@given(watches(), st.integers(0, 8), st.data())
def test_trembling_within_the_margin_warns_once_at_most(watch: Watch, place: int, data: st.DataObject) -> None:
    if place >= len(watch.levels) or watch.margin_minor < 2:
        return
    level, half = watch.levels[place], watch.margin_minor // 2
    near = st.integers(level.below_minor - half, level.below_minor + half - 1)
    alone = replace(watch, levels=(level,))
    depth, told = 0, 0
    for balance in data.draw(st.lists(near, min_size=1)):
        after = step(depth, balance, alone)
        told += raised(depth, after) is not None
        depth = after
    assert told <= 1


@given(watches(), balances, balances)
def test_less_money_is_never_a_lesser_alarm(watch: Watch, one: int, other: int) -> None:
    assert step(0, min(one, other), watch) >= step(0, max(one, other), watch)


@given(watches(), st.integers(0, 9), balances)
def test_an_edge_either_raises_or_clears(watch: Watch, before: int, balance: int) -> None:
    after = step(before, balance, watch)
    assert not (raised(before, after) and len(cleared(before, after)))


def test_arrears_alone_are_owing_however_full_the_meter_is() -> None:
    assert (step(0, 9_000, THREE, 1), step(OWING, 9_000, THREE, 0), step(0, -1, THREE)) == (OWING, 0, OWING)


def test_a_level_that_went_away_is_left() -> None:
    assert step(OWING, 300, TWO) == B


LEVELS = (
    Level(1, AlarmTone.NOTICE, AlertUnit.DAYS, 5),
    Level(2, AlarmTone.URGENT, AlertUnit.PERCENT, 10),
    Level(3, AlarmTone.OWING, AlertUnit.MONEY, 0, on=False),
)


def test_days_and_percent_become_money_and_what_is_not_known_does_not_watch() -> None:
    told = [(level.depth, level.below_minor) for level in levels_in_money(LEVELS, 800, 5_000)]
    assert told == [(1, 4_000), (2, 500)]
    assert [level.depth for level in levels_in_money(LEVELS, None, 5_000)] == [2]
    assert levels_in_money(LEVELS, 0, None) == ()


def figures(own: Own, means: Means, policy: Policy = USUAL) -> list[int]:
    return [level.below_minor for level in watched(policy, own, means).levels]


def test_the_holders_wish_goes_before_staff_and_staff_before_the_policy() -> None:
    set_ = {1: OwnLevel(AlertUnit.DAYS, 4), 3: OwnLevel(AlertUnit.MONEY, -500)}
    wish = Wish(AlertUnit.MONEY, (900, 100))
    assert figures(Own(), Means()) == [2000, 500, 0]
    assert figures(Own(set_), Means(800)) == [3200, 500, -500]
    assert figures(Own(set_, wish), Means(800)) == [900, 100, -500]


def test_days_that_cannot_be_told_give_way_to_the_next_in_line() -> None:
    set_, wish = {1: OwnLevel(AlertUnit.MONEY, 3000)}, Wish(AlertUnit.DAYS, (5, 2))
    assert figures(Own(set_, wish), Means(800)) == [4000, 1600, 0]
    assert figures(Own(set_, wish), Means(None)) == [3000, 500, 0]
    assert figures(Own({1: OwnLevel(AlertUnit.PERCENT, 20)}), Means()) == [2000, 500, 0]


def test_one_figure_is_one_level_and_a_level_may_be_off_for_an_account() -> None:
    assert figures(Own(wish=Wish(AlertUnit.MONEY, (900,))), Means()) == [900, 0]
    assert figures(Own({2: OwnLevel(AlertUnit.MONEY, 0, on=False)}), Means()) == [2000, 0]


def test_the_holders_cycle_holds_for_every_level() -> None:
    own = Own(wish=Wish(AlertUnit.DAYS, (5, 2), AlertCycle.DAILY, 18))
    assert {(level.cycle, level.hour) for level in watched(USUAL, own, Means()).levels} == {(AlertCycle.DAILY, 18)}


def test_a_deeper_level_must_be_lower_than_the_last_of_its_unit() -> None:
    money = [Level(n, value=value) for n, value in enumerate((2000, 500, 500), start=1)]
    assert disorder(money) == 3
    assert disorder([*money[:2], replace(money[2], on=False)]) is None
    assert disorder([money[0], Level(2, unit=AlertUnit.DAYS, value=5_000), replace(money[2], value=100)]) is None
