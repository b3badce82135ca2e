"""When a rule tops up, and when it holds its hand (SPEC R-8)."""

from dataclasses import replace
from datetime import date

import pytest

from app.domain.money import Limits
from app.domain.offer import Stretch, Wallet, lasting, stretches, suggested
from app.domain.topup import Decision, Situation, Terms, TopUpError, TopUpKind, check_terms, decide

TODAY = date(2026, 3, 10)
LOW = Terms(TopUpKind.LOW, below_minor=2000, day_of_month=1, most_a_month=4)
MONTHLY = Terms(TopUpKind.MONTHLY, below_minor=2000, day_of_month=10, most_a_month=4)
SEEN = Situation(TODAY, balance_minor=1999, acts=0, on_its_way=False)


@pytest.mark.parametrize(
    ("terms", "seen", "decision"),
    [
        (LOW, SEEN, Decision.ACT),
        (LOW, replace(SEEN, balance_minor=2000), Decision.NO),
        (LOW, replace(SEEN, balance_minor=None), Decision.NO),
        (LOW, replace(SEEN, acts=3), Decision.ACT),
        (LOW, replace(SEEN, acts=4), Decision.NO),
        (LOW, replace(SEEN, on_its_way=True), Decision.WAIT),
        (replace(LOW, acted_on=TODAY), SEEN, Decision.NO),
        (replace(LOW, acted_on=date(2026, 3, 9)), SEEN, Decision.ACT),
        (replace(LOW, stopped=True), SEEN, Decision.NO),
        (MONTHLY, replace(SEEN, balance_minor=None), Decision.ACT),
        (MONTHLY, replace(SEEN, today=date(2026, 3, 9)), Decision.NO),
        (replace(MONTHLY, acted_on=date(2026, 3, 1)), SEEN, Decision.NO),
        (replace(MONTHLY, acted_on=date(2026, 2, 10)), SEEN, Decision.ACT),
        (replace(MONTHLY, acted_on=date(2025, 3, 10)), SEEN, Decision.ACT),
    ],
)
def test_a_rule_acts_once_a_day_within_its_bound_and_never_on_top_of_other_money(
    terms: Terms, seen: Situation, decision: Decision
) -> None:
    assert decide(terms, seen) is decision


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        (replace(LOW, below_minor=0), "topup_below"),
        (replace(MONTHLY, day_of_month=29), "topup_day"),
        (replace(LOW, most_a_month=0), "topup_most"),
    ],
)
def test_a_rule_that_cannot_be_kept_is_refused(terms: Terms, code: str) -> None:
    with pytest.raises(TopUpError) as refused:
        check_terms(terms)
    assert refused.value.code == code


WALLET = Wallet(balance_minor=1250, arrears_minor=1200, reclose_limit_minor=0, daily_use_minor=1500)


def test_a_stretch_pays_what_is_owed_first_and_then_buys_its_days() -> None:
    assert stretches(WALLET, Limits()) == (Stretch(7, 11_700), Stretch(30, 46_200))
    assert stretches(replace(WALLET, balance_minor=-250), Limits()) == (Stretch(7, 12_000), Stretch(30, 46_500))


def test_a_week_costs_a_week_whatever_is_in_the_meter_already() -> None:
    assert stretches(replace(WALLET, balance_minor=10_400), Limits()) == stretches(WALLET, Limits())


def test_a_link_is_filled_in_with_what_is_missing_for_a_week() -> None:
    assert 1250 + (lasting(7, WALLET) or 0) - 1200 >= 7 * 1500


def test_nothing_is_said_to_last_where_use_or_balance_is_not_known() -> None:
    assert stretches(replace(WALLET, daily_use_minor=None), Limits()) == ()
    assert stretches(replace(WALLET, balance_minor=None), Limits()) == ()


def test_a_warnings_link_asks_for_a_week_and_at_least_for_light() -> None:
    assert suggested(WALLET, Limits()) == 11_000
    assert suggested(replace(WALLET, balance_minor=-9000, daily_use_minor=None), Limits()) == 11_000
    assert suggested(replace(WALLET, daily_use_minor=None), Limits(most=30)) == 3000
