"""What an amount would do, said before it is paid (SPEC M-4)."""

import pytest

from app.domain.money import Limits
from app.domain.offer import Wallet, offer, offers

DARK = Wallet(balance_minor=-1235, arrears_minor=2400, reclose_limit_minor=0, daily_use_minor=1150)
LIT = Wallet(balance_minor=8640, arrears_minor=0, reclose_limit_minor=0, daily_use_minor=1150)


def test_the_first_button_is_the_least_that_brings_the_light_back() -> None:
    first, *others = offers(DARK, Limits())

    assert (first.amount_minor, first.restores) == (3700, True)
    assert [each.amount_minor for each in others] == [5000, 10_000, 20_000]


def test_one_unit_less_would_not_bring_it_back() -> None:
    assert offer(3700, DARK).restores
    assert not offer(3600, DARK).restores


def test_where_there_is_light_all_buttons_are_round() -> None:
    assert [each.amount_minor for each in offers(LIT, Limits())] == [2000, 5000, 10_000, 20_000]
    assert not any(each.restores for each in offers(LIT, Limits()))


def test_arrears_are_taken_first_and_days_count_what_is_left() -> None:
    made = offer(10_000, DARK)

    assert (made.arrears_minor, made.credit_minor, made.days) == (2400, 7600, 5)


def test_nothing_is_promised_of_a_meter_that_was_never_read() -> None:
    unread = Wallet(None, 2400, 0, None)

    assert [(each.restores, each.days) for each in offers(unread, Limits())] == [(False, None)] * 4


@pytest.mark.parametrize("limits", [Limits(1, 40), Limits(100, 150), Limits(300, 400)])
def test_no_button_leaves_the_limits(limits: Limits) -> None:
    assert all(limits.least <= each.amount_minor // 100 <= limits.most for each in offers(DARK, limits))
