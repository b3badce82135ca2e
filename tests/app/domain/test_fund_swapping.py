"""Where the money of a fund goes when its meter is exchanged, and where the next one begins."""

from datetime import date

import pytest

from app.domain.fees import Charge, Counted, Prices, Registers
from app.domain.fund_swapping import FundEnd, bar_to_begin, bar_to_read, begin_at, end_of
from app.domain.swapping import SwapBar, SwapWay

SEEN = Registers(2_000)


def rest(last: date = date(2026, 3, 9), amount_minor: int = 300) -> Charge:
    return Charge(last, last, 6_000, amount_minor, (), Counted(last, Registers(106_000), carried_e5=77, used_wh=90_000))


@pytest.mark.parametrize(
    ("held", "way", "end"),
    [
        (1_000, SwapWay.CARRY, FundEnd(carried_minor=700)),
        (1_000, SwapWay.REFUND, FundEnd(back_minor=700)),
        (100, SwapWay.CARRY, FundEnd(owed_minor=200)),
        (100, SwapWay.REFUND, FundEnd(owed_minor=200)),
        (300, SwapWay.CARRY, FundEnd()),
    ],
)
def test_what_is_left_goes_one_way(held: int, way: SwapWay, end: FundEnd) -> None:
    assert end_of(held, rest(), way) == end
    assert end.held_minor == held - 300


def test_what_was_used_and_what_was_rounded_goes_along() -> None:
    assert begin_at(rest(), SEEN) == Counted(date(2026, 3, 8), SEEN, carried_e5=77, used_wh=90_000)


def test_steps_of_a_new_month_count_on_from_what_the_old_meter_used_in_it() -> None:
    assert begin_at(rest(date(2026, 4, 1)), SEEN).day == date(2026, 4, 1)


def test_a_fund_ends_with_a_reading_that_can_be_charged() -> None:
    assert bar_to_read(None, None, doubted=False) is SwapBar.NOT_READ
    assert bar_to_read(SEEN, None, doubted=False) is SwapBar.ENERGY_IN_DOUBT
    assert bar_to_read(SEEN, rest(), doubted=True) is SwapBar.ENERGY_IN_DOUBT
    assert bar_to_read(SEEN, rest(), doubted=False) is None


def test_a_fund_begins_at_registers_that_somebody_saw() -> None:
    by_time = Prices((9_000, 5_000))
    assert bar_to_begin(None, None) is SwapBar.NO_START
    assert bar_to_begin(SEEN, Prices((5_000,))) is None
    assert bar_to_begin(SEEN, by_time) is SwapBar.NO_START
    assert bar_to_begin(Registers(2_000, (1_000, 1_000)), by_time) is None
