"""Format 3: energy or money in seven digits, and the bit that makes a thousandfold difference.

Bit 6 of the highest byte says what the digits count: 0 kWh or li (0.001 yuan), 1 MWh or yuan. 100 yuan written without
the bit are 0.1 yuan. So an `Amount` is always in the small unit, and the bit is made from it and checked against it.
"""

from dataclasses import dataclass

from meters_io.errors import LocalError, RemoteError
from meters_io.layout import Plain

_THOUSAND = 1000
_MOST = 9_999_999


@dataclass(frozen=True, slots=True)
class Amount:
    """`steps`: kWh where a group is controlled by energy, li (0.001 yuan) where by money; may be negative.

    `coarse`: travels in thousands, with bit 6 set.
    """

    steps: int
    coarse: bool = False


def exactly(steps: int) -> Amount:
    """Return the amount of so many steps in the unit that holds it; LocalError `inexact` where neither does."""
    return Amount(steps, coarse=abs(steps) > _MOST)


def yuan(count: int) -> Amount:
    """Return whole yuan (or MWh), which travel as such: bit 6 set."""
    return Amount(count * _THOUSAND, coarse=True)


def amount_to_plain(amount: Amount | None) -> Plain:
    """Return the value of a format 3 field; None is "not available". LocalError `inexact` or `out_of_range`."""
    if amount is None:
        return None
    number, rest = divmod(abs(amount.steps), _THOUSAND) if amount.coarse else (abs(amount.steps), 0)
    if rest:
        raise LocalError("this amount is no whole number of thousands", code="inexact")
    if number > _MOST:
        raise LocalError("seven digits do not hold this amount", code="out_of_range")
    return {"v": -number if amount.steps < 0 else number, "big": int(amount.coarse)}


def amount_from_plain(value: Plain, field: str) -> Amount | None:
    """Read the value of a format 3 field; RemoteError `not_bcd` where it is no number."""
    if value is None:
        return None
    match value:
        case {"v": number, "big": 0 | 1 as big}:
            return Amount(int(str(number)) * (_THOUSAND if big else 1), coarse=big == 1)
    raise RemoteError("this is no amount", code="not_bcd", field=field)
