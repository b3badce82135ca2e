"""Energy for money: whole kWh, rounded in favour of whoever paid, and groups that can be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.purchase_control import BadGroup, Bought, CountedIn, GroupTerms, bits_of, bought, rounds_of


@given(st.integers(1, 10**9), st.integers(1, 10**6))
def test_nobody_gets_less_than_he_paid_for_and_less_than_a_kwh_more(credit_minor: int, price_e4: int) -> None:
    found = bought(credit_minor, price_e4)
    assert found.energy_kwh * price_e4 >= credit_minor * 100 > (found.energy_kwh - 1) * price_e4
    assert 0 <= found.rounding_minor * 100 <= price_e4


def test_a_hundred_yuan_at_six_jiao_are_a_hundred_and_sixty_seven_kwh() -> None:
    assert bought(10_000, 6_000) == Bought(167, 6_000, 20)
    assert bought(6_000, 6_000) == Bought(100, 6_000, 0)
    with pytest.raises(ValueError, match="price_e4"):
        bought(100, 0)


@given(st.sets(st.integers(1, 8), min_size=1))
def test_rounds_are_bits(rounds: set[int]) -> None:
    numbers = tuple(sorted(rounds))
    assert rounds_of(bits_of(numbers)) == numbers


@pytest.mark.parametrize(
    ("how", "field"),
    [
        ({"number": 0}, "group"),
        ({"number": 9}, "group"),
        ({"rounds": ()}, "rounds"),
        ({"rounds": (2, 1)}, "rounds"),
        ({"rounds": (1, 9)}, "rounds"),
        ({"trip": -1}, "trip"),
        ({"trip": 5, "alarm": 4}, "alarm"),
        ({"alarm": 10**8}, "alarm"),
    ],
)
def test_a_group_that_cannot_be_is_named(how: dict[str, object], field: str) -> None:
    with pytest.raises(BadGroup, match=field):
        GroupTerms(**{"number": 1, "rounds": (1,), "counted_in": CountedIn.ENERGY} | how)  # type: ignore[arg-type]
