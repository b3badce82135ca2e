"""What people type or scan to find a meter."""

from dataclasses import dataclass
from enum import StrEnum


class NumberKind(StrEnum):
    METER = "meter"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Number:
    """A number that has passed its check digit."""

    kind: NumberKind
    digits: str


class NumberError(ValueError):
    """What is wrong with a typed number. `code` is one of number_empty, number_not_digits, number_length,
    number_check_digit."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


_KINDS = {10: NumberKind.ACCOUNT, 11: NumberKind.METER, 12: NumberKind.METER}
_LONGEST_INPUT = 64


def luhn(digits: str) -> str:
    """The Luhn check digit for `digits` (ISO/IEC 7812-1 annex B): doubling begins with the rightmost."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def parse_number(typed: str) -> Number:
    """Read a meter number (11 or 12 digits) or an account number (10 digits); spaces and hyphens are welcome.

    Full-width digits, as Chinese keyboards make them, count as digits.
    """
    text = "".join(typed[:_LONGEST_INPUT].replace("-", " ").split())
    if not text:
        raise NumberError("number_empty")
    if not text.isdecimal():
        raise NumberError("number_not_digits")
    digits = "".join(str(int(c)) for c in text)
    kind = _KINDS.get(len(digits))
    if kind is None:
        raise NumberError("number_length")
    if luhn(digits[:-1]) != digits[-1]:
        raise NumberError("number_check_digit")
    return Number(kind, digits)
