"""The two amount fields of a token, exact in integers (IEC 62055-41, 6.3.6).

Both are an exponent e and a 14-bit mantissa m and mean  m * 10^e + 16384 * (10^0 + ... + 10^(e-1)).
What the customer gets is what the field decodes to: encode, then decode, and book that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from meters_io.errors import LocalError, RemoteError

if TYPE_CHECKING:
    from decimal import Decimal  # a caller who has one has loaded it; the others need not

_MANTISSA_BITS = 14
_MANTISSA_LIMIT = 1 << _MANTISSA_BITS
_SIGN = 1 << 19
_UNITS_EXPONENTS = 4
_CURRENCY_EXPONENTS = 32
_STEPS: tuple[int, ...] = tuple(10**e for e in range(_CURRENCY_EXPONENTS))
_BASES = tuple(_MANTISSA_LIMIT * (step // 9) for step in _STEPS)  # the smallest value of each exponent

_TENTHS, _HUNDRED_THOUSANDTHS = 10, 100_000
_MAGNITUDE_MAX = 64  # powers of ten either way: far beyond every field, and soon computed

UNITS_MAX = (_MANTISSA_LIMIT - 1) * _STEPS[3] + _BASES[3]
CURRENCY_MAX = (_MANTISSA_LIMIT - 1) * _STEPS[31] + _BASES[31]


def tenths_of(quantity: Decimal) -> int:
    """Return kWh, m3 or minutes in the tenths that tokens count: 1.82 kWh is 19, rounded up as all amounts are.

    Raises LocalError `amount_range` where it is no number, or one beyond every field.
    """
    return _steps(quantity, _TENTHS)


def hundred_thousandths_of(amount: Decimal) -> int:
    """Return an amount of money in 0.00001 of its currency, rounded toward plus infinity. Errors as above."""
    return _steps(amount, _HUNDRED_THOUSANDTHS)


def encode_units(units: int) -> int:
    """Return the 16-bit field for `units` (0.1 kWh, 0.1 m3, 0.1 min or W), rounded up to what it can hold.

    Raises LocalError `amount_range` outside 0 to 18 201 624.
    """
    if not 0 <= units <= UNITS_MAX:
        raise LocalError(f"an amount is 0 to {UNITS_MAX} units", code="amount_range", field="amount")
    return units if units < _MANTISSA_LIMIT else _rounded_up(units)


def decode_units(field: int) -> int:
    """Return the units a 16-bit field stands for. Raises RemoteError `amount_field`."""
    if not 0 <= field < _UNITS_EXPONENTS << _MANTISSA_BITS:
        raise RemoteError("the field has too many bits", code="amount_field", field="amount")
    return field if field < _MANTISSA_LIMIT else _magnitude(field)


def encode_currency(hundred_thousandths: int) -> int:
    """Return the 20-bit field (sign, 5-bit exponent, mantissa) for an amount in 0.00001 of the currency.

    Rounds toward plus infinity, so always in the customer's favour: a positive amount up, a debt down.
    Raises LocalError `amount_range` beyond about 1.82e30 of the currency either way.
    """
    if not -CURRENCY_MAX <= hundred_thousandths <= CURRENCY_MAX:
        raise LocalError("an amount of money is 1.82e30 at most, either way", code="amount_range", field="amount")
    if hundred_thousandths < 0:
        return _SIGN | _rounded_down(-hundred_thousandths)
    return _rounded_up(hundred_thousandths)


def decode_currency(field: int) -> int:
    """Return the amount in 0.00001 of the currency that a 20-bit field stands for. Raises RemoteError
    `amount_field`.
    """
    if not 0 <= field < _SIGN << 1:
        raise RemoteError("the field has too many bits", code="amount_field", field="amount")
    return -_magnitude(field ^ _SIGN) if field & _SIGN else _magnitude(field)


def _steps(quantity: Decimal, steps: int) -> int:
    if not quantity.is_finite() or abs(quantity.adjusted()) > _MAGNITUDE_MAX:
        raise LocalError("the amount does not fit its field", code="amount_range", field="amount")
    numerator, denominator = quantity.as_integer_ratio()  # exact, where a product is cut to the context's digits
    return -(-numerator * steps // denominator)


def _magnitude(field: int) -> int:
    exponent = field >> _MANTISSA_BITS
    return (field & _MANTISSA_LIMIT - 1) * _STEPS[exponent] + _BASES[exponent]


def _rounded_up(value: int) -> int:
    exponent = 0
    while (mantissa := -((_BASES[exponent] - value) // _STEPS[exponent])) >= _MANTISSA_LIMIT:
        exponent += 1
    # Just below a range boundary the mantissa is negative: the first value of the next range is the answer.
    return exponent << _MANTISSA_BITS | max(mantissa, 0)


def _rounded_down(value: int) -> int:
    exponent = next(e for e in reversed(range(_CURRENCY_EXPONENTS)) if _BASES[e] <= value)
    mantissa = (value - _BASES[exponent]) // _STEPS[exponent]
    return exponent << _MANTISSA_BITS | min(mantissa, _MANTISSA_LIMIT - 1)
