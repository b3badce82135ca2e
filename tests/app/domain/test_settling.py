"""What a person may do about a purchase in question."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.purchase import PurchaseState
from app.domain.settling import Again, Bar, Standing, again, bar_to_landed, bar_to_refund, surely_absent

REVIEW = PurchaseState.REVIEW
counts = st.none() | st.integers(0, 9)
standings = st.builds(
    Standing,
    state=st.sampled_from(PurchaseState),
    number=counts,
    sends=st.integers(0, 3),
    count=counts,
    highest=st.integers(0, 9),
    by_token=st.booleans(),
    tokens=st.integers(0, 2),
    record_differs=st.booleans(),
)


@pytest.mark.parametrize(
    ("number", "sends", "count", "absent"),
    [
        (None, 0, None, True),  # never got a number
        (4, 0, 9, True),  # got one, and nothing left us
        (4, 1, 3, True),  # sent, and the meter counts one less
        (4, 1, 4, False),
        (4, 1, 6, False),
        (4, 1, None, False),  # sent, and nobody knows
    ],
)
def test_only_the_meters_own_count_proves_that_what_was_sent_is_not_there(
    number: int | None, sends: int, count: int | None, *, absent: bool
) -> None:
    assert surely_absent(Standing(REVIEW, number, sends, count)) is absent


def test_a_number_under_which_the_meter_took_another_purchase_is_never_ours() -> None:
    taken = Standing(REVIEW, 4, 1, 4, record_differs=True)
    assert surely_absent(taken)
    assert bar_to_landed(taken) is Bar.COUNT_SAYS_NO
    assert bar_to_refund(taken) is None
    assert again(taken) is Again.NEW_NUMBER
    assert not surely_absent(Standing(REVIEW, 4, 1, 5, record_differs=True))  # ours may stand one before
    assert not surely_absent(Standing(REVIEW, 4, 1, 4, record_differs=True, on_handheld=True))


@given(standings)
def test_no_money_goes_back_that_a_meter_may_hold(standing: Standing) -> None:
    if bar_to_refund(standing) is None:
        assert surely_absent(standing)
        assert standing.state is REVIEW


@given(standings)
def test_the_same_facts_never_allow_both_to_refund_and_to_believe(standing: Standing) -> None:
    if standing.sends:
        assert bar_to_refund(standing) or bar_to_landed(standing)


@given(standings)
def test_a_number_that_was_ever_used_is_never_used_again(standing: Standing) -> None:
    if again(standing) is Again.NEW_NUMBER:
        assert standing.count is not None
        assert standing.count + 1 > standing.highest
        assert surely_absent(standing)


def test_a_token_that_exists_may_be_typed_at_any_time() -> None:
    assert bar_to_refund(Standing(REVIEW, None, 0, None, by_token=True, tokens=1)) is Bar.TOKEN_OUT
    assert bar_to_landed(Standing(REVIEW, None, 0, None, by_token=True, tokens=1)) is None
    assert bar_to_landed(Standing(REVIEW, None, 0, None, by_token=True)) is Bar.COUNT_SAYS_NO
