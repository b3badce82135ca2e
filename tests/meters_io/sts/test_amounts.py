"""The two amount fields: exact, and never less than was asked."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters_io.errors import LocalError, RemoteError
from meters_io.sts.amounts import (
    CURRENCY_MAX,
    UNITS_MAX,
    decode_currency,
    decode_units,
    encode_currency,
    encode_units,
    hundred_thousandths_of,
    tenths_of,
)

UNITS = st.integers(0, UNITS_MAX)
CURRENCY = st.integers(0, 104).flatmap(  # as many small amounts as large ones
    lambda bits: st.integers(max(-(1 << bits), -CURRENCY_MAX), min(1 << bits, CURRENCY_MAX))
)
NEGATIVE_ZERO = 1 << 19


@pytest.mark.parametrize(
    ("exponent", "smallest", "largest", "step"),
    [(0, 0, 16383, 1), (1, 16384, 180214, 10), (2, 180224, 1818524, 100), (3, 1818624, 18201624, 1000)],
)
def test_each_exponent_covers_its_range(exponent: int, smallest: int, largest: int, step: int) -> None:
    first, last = exponent << 14, exponent << 14 | 0x3FFF
    assert (decode_units(first), decode_units(last)) == (smallest, largest)
    assert decode_units(first + 1) - decode_units(first) == step
    assert (encode_units(smallest), encode_units(largest)) == (first, last)


def test_an_amount_between_two_ranges_takes_the_first_value_of_the_next() -> None:
    assert [encode_units(units) for units in (180215, 180223, 1818525, 1818623)] == [
        0x8000, 0x8000, 0xC000, 0xC000,
    ]  # fmt: skip


@pytest.mark.parametrize("units", [-1, UNITS_MAX + 1])
def test_units_beyond_the_field_are_refused(units: int) -> None:
    with pytest.raises(LocalError) as refusal:
        encode_units(units)
    assert refusal.value.code == "amount_range"


@given(UNITS)
def test_units_are_rounded_up_to_the_next_value_and_no_further(units: int) -> None:
    field = encode_units(units)
    assert decode_units(field) >= units
    assert field == 0 or decode_units(field - 1) < units


@given(st.integers(0, 0xFFFF))
def test_every_units_field_is_its_own_encoding(field: int) -> None:
    assert encode_units(decode_units(field)) == field


def test_the_largest_currency_amounts_fill_the_field() -> None:
    assert 182 * 10**33 < CURRENCY_MAX < 183 * 10**33
    assert encode_currency(CURRENCY_MAX) == 0x7FFFF
    assert encode_currency(-CURRENCY_MAX) == 0xFFFFF


@pytest.mark.parametrize("amount", [CURRENCY_MAX + 1, -CURRENCY_MAX - 1])
def test_currency_beyond_the_field_is_refused(amount: int) -> None:
    with pytest.raises(LocalError) as refusal:
        encode_currency(amount)
    assert refusal.value.code == "amount_range"


@given(CURRENCY)
def test_currency_is_rounded_toward_plus_infinity_and_no_further(amount: int) -> None:
    field = encode_currency(amount)
    assert decode_currency(field) >= amount
    below = field + 1 if field & NEGATIVE_ZERO else field - 1
    if 0 <= below < 1 << 20:
        assert decode_currency(below) < amount


@given(st.integers(0, 0xFFFFF).filter(lambda field: field != NEGATIVE_ZERO))
def test_every_currency_field_is_its_own_encoding(field: int) -> None:
    assert encode_currency(decode_currency(field)) == field


def test_a_negative_zero_reads_as_nothing() -> None:
    assert decode_currency(NEGATIVE_ZERO) == 0


@pytest.mark.parametrize("field", [-1, 1 << 16])
def test_a_units_field_has_sixteen_bits(field: int) -> None:
    with pytest.raises(RemoteError):
        decode_units(field)


@pytest.mark.parametrize("field", [-1, 1 << 20])
def test_a_currency_field_has_twenty_bits(field: int) -> None:
    with pytest.raises(RemoteError):
        decode_currency(field)


@pytest.mark.parametrize(
    ("quantity", "tenths"),
    [("0.1", 1), ("1.82", 19), ("1.80", 18), ("0", 0), ("0.0000001", 1), ("1E+6", 10_000_000), ("-0.15", -1)],
)
def test_a_quantity_finer_than_the_field_is_rounded_up_first(quantity: str, tenths: int) -> None:
    assert tenths_of(Decimal(quantity)) == tenths


@pytest.mark.parametrize(
    ("amount", "steps"),
    [
        ("1", 100_000),
        ("-1", -100_000),
        ("0.000001", 1),
        ("-0.000001", 0),
        ("1820000000000000000000000000000.00001", 182 * 10**33 + 1),
    ],
)
def test_money_is_counted_exactly_however_large(amount: str, steps: int) -> None:
    assert hundred_thousandths_of(Decimal(amount)) == steps


@pytest.mark.parametrize("quantity", ["NaN", "Infinity", "-Infinity", "1E+999999", "1E-999999", "1E+65"])
def test_what_no_field_can_hold_is_refused_at_once(quantity: str) -> None:
    for count in (tenths_of, hundred_thousandths_of):
        with pytest.raises(LocalError) as refusal:
            count(Decimal(quantity))
        assert (refusal.value.code, refusal.value.field) == ("amount_range", "amount")
