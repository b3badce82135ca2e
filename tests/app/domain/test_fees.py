"""What a day of use costs where the ledger holds the money."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.fees import (
    E5_PER_MINOR,
    Charge,
    Counted,
    Doubt,
    Part,
    Prices,
    Registers,
    Step,
    StepPeriod,
    begin,
    charge,
    in_force,
    next_due,
    period_begins,
    restart,
    to_download,
    used_before,
)

DAY = date(2026, 3, 10)
FLAT = Prices((5_000,))
BY_TIME = Prices((9_000, 7_000, 5_000, 3_000))
TIERED = Prices((5_000,), (Step(100_000, 500), Step(200_000, 3_000)))
MOST = 500_000


def costs(counted: Counted, last: date, now: Registers, prices: Prices, most: int | None = MOST) -> Charge:
    found = charge(counted, last, now, prices, most_wh_a_day=most)
    assert isinstance(found, Charge)
    return found


def day_after(counted: Counted, wh: int, prices: Prices = FLAT) -> Charge:
    return costs(
        counted, counted.day + timedelta(days=1), Registers(counted.registers.total_wh + wh), prices, most=None
    )


def test_a_flat_day_costs_its_energy_at_one_price() -> None:
    found = costs(Counted(DAY, Registers(1_000)), DAY + timedelta(days=1), Registers(11_000), FLAT)

    assert (found.energy_wh, found.amount_minor) == (10_000, 500)
    assert found.first == found.last == DAY + timedelta(days=1)
    assert found.parts == (Part(10_000, 5_000),)
    assert found.after == Counted(DAY + timedelta(days=1), Registers(11_000), 0, 10_000)


@given(st.lists(st.integers(0, 30_000), min_size=1, max_size=40), st.integers(0, 99_999))
def test_rounding_never_adds_up(uses: list[int], price_e4: int) -> None:
    counted, paid = Counted(DAY, Registers(0)), 0
    for wh in uses:
        found = day_after(counted, wh, Prices((price_e4,)))
        counted, paid = found.after, paid + found.amount_minor
    assert paid == sum(uses) * price_e4 // E5_PER_MINOR


def test_time_of_use_charges_each_tariff_at_its_own_price() -> None:
    before = Counted(DAY, Registers(10_000, (1_000, 2_000, 3_000, 4_000)))
    now = Registers(20_000, (2_000, 4_000, 6_000, 8_000))

    found = costs(before, DAY + timedelta(days=1), now, BY_TIME)

    assert [part.tariff for part in found.parts] == [1, 2, 3, 4]
    assert found.amount_minor == 90 + 140 + 150 + 120


def test_registers_that_are_cut_off_each_by_itself_still_add_up() -> None:
    before = Counted(DAY, Registers(0, (0, 0, 0, 0)))
    assert costs(before, DAY + timedelta(days=1), Registers(10_030, (2_500, 2_500, 2_500, 2_500)), BY_TIME).energy_wh


@pytest.mark.parametrize("said", [(), (2_500, 2_500, 2_500), (5_000, 2_500, 2_500, 2_500)])
def test_time_of_use_is_not_guessed_from_the_whole(said: tuple[int, ...]) -> None:
    before = Counted(DAY, Registers(0, (0, 0, 0, 0)))
    found = charge(before, DAY + timedelta(days=1), Registers(10_000, said), BY_TIME, most_wh_a_day=MOST)
    assert found is Doubt.DOES_NOT_ADD_UP


def test_steps_come_on_top_from_where_they_begin() -> None:
    before = Counted(DAY, Registers(0), used_wh=90_000)

    found = costs(before, DAY + timedelta(days=1), Registers(130_000), TIERED)

    assert found.parts == (Part(130_000, 5_000), Part(100_000, 500, step=1), Part(20_000, 3_000, step=2))
    assert found.amount_minor == 6_500 + 500 + 600
    assert found.after.used_wh == 220_000


@given(st.lists(st.integers(0, 60_000), min_size=2, max_size=20))
def test_into_how_many_days_a_month_is_cut_does_not_change_its_cost(uses: list[int]) -> None:
    by_day, paid = Counted(date(2026, 2, 28), Registers(0)), 0
    for wh in uses:
        found = day_after(by_day, wh, TIERED)
        by_day, paid = found.after, paid + found.amount_minor
    at_once = costs(Counted(date(2026, 2, 28), Registers(0)), date(2026, 3, 20), Registers(sum(uses)), TIERED, None)
    assert (paid, by_day.carried_e5) == (at_once.amount_minor, at_once.after.carried_e5)


def test_steps_begin_anew_with_the_month_or_the_year() -> None:
    old = Counted(date(2026, 3, 31), Registers(0), used_wh=190_000)
    assert day_after(old, 20_000, TIERED).after.used_wh == 20_000
    yearly = Prices(TIERED.prices_e4, TIERED.steps, StepPeriod.YEAR)
    assert day_after(old, 20_000, yearly).after.used_wh == 210_000
    assert day_after(Counted(date(2026, 12, 31), Registers(0), used_wh=9), 5, yearly).after.used_wh == 5


def test_a_register_that_goes_back_is_not_charged() -> None:
    assert charge(Counted(DAY, Registers(10)), DAY + timedelta(days=1), Registers(9), FLAT, most_wh_a_day=MOST) is (
        Doubt.WENT_BACK
    )


def test_a_tariff_that_goes_back_is_not_charged_either() -> None:
    before = Counted(DAY, Registers(100, (50, 50, 0, 0)))
    found = charge(before, DAY + timedelta(days=1), Registers(140, (40, 60, 20, 20)), BY_TIME, most_wh_a_day=MOST)
    assert found is Doubt.WENT_BACK


def test_more_than_a_meter_can_use_is_a_question_until_somebody_believes_it() -> None:
    before, far = Counted(DAY, Registers(0)), Registers(2 * MOST + 1)
    assert charge(before, DAY + timedelta(days=1), far, FLAT, most_wh_a_day=MOST) is Doubt.JUMPED
    assert costs(before, DAY + timedelta(days=3), far, FLAT).energy_wh == 2 * MOST + 1
    assert costs(before, DAY + timedelta(days=1), far, FLAT, None).energy_wh == 2 * MOST + 1


def test_a_meter_that_counts_anew_keeps_what_is_left_of_rounding() -> None:
    assert restart(Counted(DAY, Registers(900), 77, 5), DAY, Registers(3)) == Counted(DAY, Registers(3), 77, 5)


def test_days_are_charged_in_order_and_a_missing_one_is_waited_for() -> None:
    today = DAY + timedelta(days=3)
    d1, d2 = DAY + timedelta(days=1), DAY + timedelta(days=2)
    assert next_due(DAY, [d2, d1], today, 2) == d1
    assert next_due(DAY, [d2], today, 2) is None  # it may still come
    assert next_due(DAY, [d2], today + timedelta(days=1), 2) == d2  # it is too late: both at once
    assert next_due(DAY, [DAY, today], today, 2) is None  # charged already; not over yet


def test_the_newest_set_that_has_begun_is_in_force() -> None:
    sets = [(DAY, FLAT), (DAY + timedelta(days=5), TIERED)]
    assert in_force(sets, DAY - timedelta(days=1)) is None
    assert in_force(sets, DAY + timedelta(days=4)) is FLAT
    assert in_force(sets, DAY + timedelta(days=5)) is TIERED


@pytest.mark.parametrize(
    ("prices", "steps", "field"),
    [
        ((), (), "prices"),
        ((1,) * 5, (), "prices"),
        ((-1,), (), "prices"),
        ((1,), (Step(0, 1),), "steps"),
        ((1,), (Step(5, 1), Step(5, 2)), "steps"),
        ((1,), (Step(5, -1),), "steps"),
    ],
)
def test_prices_that_cannot_hold_are_refused(prices: tuple[int, ...], steps: tuple[Step, ...], field: str) -> None:
    with pytest.raises(ValueError, match=field):
        Prices(prices, steps)


def test_what_a_meter_holds_already_need_not_be_downloaded() -> None:
    assert to_download(2_000, -50_000) == 52_000
    assert to_download(-3_000, -50_000) == 47_000
    assert to_download(2_000, 2_000) == 0
    assert to_download(2_000, 2_001) is None


@pytest.mark.parametrize(
    ("period", "begins"), [(StepPeriod.MONTH, date(2026, 3, 1)), (StepPeriod.YEAR, date(2026, 1, 1))]
)
def test_a_period_of_steps_begins_with_its_month_or_its_year(period: StepPeriod, begins: date) -> None:
    assert period_begins(DAY, period) == begins == period_begins(begins, period)


@pytest.mark.parametrize(("now_wh", "used"), [(1_000, 0), (91_000, 90_000), (999, None), (1_001_001, None)])
def test_what_was_used_before_is_what_the_register_has_grown_by_if_it_can_be(now_wh: int, used: int | None) -> None:
    assert used_before(1_000, now_wh, 2, MOST) == used


def test_what_was_used_locally_in_the_month_fills_its_steps_first() -> None:
    counted = begin(DAY, Registers(500_000), 95_000, StepPeriod.MONTH)
    found = costs(counted, DAY, Registers(510_000), TIERED)
    assert found.parts == (Part(10_000, 5_000), Part(5_000, 500, step=1))
    assert (found.first, found.last, found.after.used_wh) == (DAY, DAY, 105_000)


@pytest.mark.parametrize("period", StepPeriod)
def test_what_was_used_on_the_first_day_of_a_period_counts_in_that_period(period: StepPeriod) -> None:
    first = date(2026, 1, 1)
    counted = begin(first, Registers(500_000), 95_000, period)
    found = costs(counted, first + timedelta(days=1), Registers(510_000), replace(TIERED, period=period))
    assert (found.first, found.after.used_wh) == (first + timedelta(days=1), 105_000)
    assert begin(first, Registers(0), 0, period).day == first - timedelta(days=1)
