"""Amounts that people type."""

from dataclasses import dataclass

UNIT_MINOR = 100


class AmountError(ValueError):
    """What is wrong with an amount. `code`: amount_empty, amount_not_number, amount_not_whole, amount_too_small,
    amount_too_large."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Limits:
    """Whole units (yuan) per purchase, both ends included."""

    least: int = 1
    most: int = 10_000


def parse_amount(typed: str, limits: Limits) -> int:
    """Read a whole amount of currency units and return minor units."""
    text = typed.strip()
    if not text:
        raise AmountError("amount_empty")
    sign, body = (text[0], text[1:]) if text[0] in "+-" else ("", text)
    whole, dot, part = body.partition(".")
    if not whole.isdecimal() or (dot and not part.isdecimal()):
        raise AmountError("amount_not_number")
    if part.strip("0"):
        raise AmountError("amount_not_whole")
    return _within(sign, whole, limits)


def _within(sign: str, whole: str, limits: Limits) -> int:
    if sign == "-" or not whole.strip("0"):
        raise AmountError("amount_too_small")
    if len(whole.lstrip("0")) > len(str(limits.most)) or int(whole) > limits.most:
        raise AmountError("amount_too_large")
    if int(whole) < limits.least:
        raise AmountError("amount_too_small")
    return int(whole) * UNIT_MINOR


_MOST_BALANCE_MINOR = 10**11


def parse_balance(typed: str) -> int:
    """Read a balance, which may be below zero and have two places behind the point, and return minor units.

    Raises AmountError: amount_not_number, amount_too_large.
    """
    text = typed.strip().replace(",", "").replace("，", "").replace("−", "-")
    sign, body = (text[0], text[1:]) if text[:1] in ("+", "-") else ("", text)
    whole, dot, part = body.partition(".")
    digits = whole + part
    if not digits.isascii() or not digits.isdecimal() or len(part) > 2 or (dot and not part):
        raise AmountError("amount_not_number")
    minor = int(whole or "0") * UNIT_MINOR + int(part.ljust(2, "0"))
    if minor > _MOST_BALANCE_MINOR:
        raise AmountError("amount_too_large")
    return -minor if sign == "-" else minor
