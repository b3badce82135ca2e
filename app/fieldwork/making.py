"""Makes tokens from what an engineer asks for. They are in no journal: the office does not know of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal, InvalidOperation

from meters_io.errors import LocalError
from meters_io.sts.amounts import hundred_thousandths_of, tenths_of
from meters_io.sts.ciphers import BlockCipher
from meters_io.sts.displays import encode_test, extended_read, meter_test
from meters_io.sts.management import ALL_REGISTERS, Management, encode_management, flag_setting
from meters_io.sts.transfer import Credit, encode_credit

_RESOURCES = {
    "electricity": Credit.ELECTRICITY,
    "water": Credit.WATER,
    "gas": Credit.GAS,
    "time": Credit.TIME,
}
_CURRENCY = 4  # from a resource's subclass to that of the same in currency


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for. `what`: see `CREDITS`, `ORDERS` and `TESTS`; `value`: as it was typed."""

    what: str
    value: str = ""
    currency: bool = False


@dataclass(frozen=True, slots=True)
class Stamp:
    """What makes a token one of a kind: its minute and four random bits."""

    tid: int
    rnd: int


def make(wish: Wish, cipher: BlockCipher | None, stamp: Stamp) -> tuple[str, ...]:
    """Return the tokens of a wish: two for a test, because meters understand one or the other. Raises CodecError."""
    if wish.what in TESTS:
        return TESTS[wish.what](wish.value)
    if cipher is None:
        raise LocalError("this token is enciphered: it takes the meter's key", code="token_cipher", field="key")
    if wish.what in CREDITS:
        subclass = CREDITS[wish.what] + (_CURRENCY if wish.currency else 0)
        return (encode_credit(cipher, subclass, _steps(wish), stamp.tid, stamp.rnd),)
    subclass, read = ORDERS[wish.what]
    return (encode_management(cipher, subclass, read(wish.value), stamp.tid, stamp.rnd),)


def _steps(wish: Wish) -> int:
    """Return an amount in steps of its field: 0.1 of a unit, or 0.00001 of the currency; rounded up."""
    exact = _decimal(wish.value)
    return hundred_thousandths_of(exact) if wish.currency else tenths_of(exact)


def _decimal(text: str) -> Decimal:
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite() or abs(found.adjusted()) > 60:
        raise LocalError(f"{text or 'nothing'} is no amount", code="not_a_number", field="value")
    return found


def _watts(text: str) -> int:
    return int(_decimal(text).to_integral_value(ROUND_CEILING))


def _number(text: str) -> int:
    try:
        return int(text, 0)
    except ValueError:
        raise LocalError(f"{text or 'nothing'} is no number", code="not_a_number", field="value") from None


def _register(text: str) -> int:
    return ALL_REGISTERS if text in ("", "all") else int(_RESOURCES[text]) if text in _RESOURCES else _number(text)


def _nothing(text: str) -> int:
    if text:
        raise LocalError("this token takes no value", code="not_a_number", field="value")
    return 0


def _flag(text: str) -> int:
    name, _, state = text.partition("=")
    if state not in ("on", "off"):
        raise LocalError("a flag is switched as 0=on or 3=off", code="not_a_number", field="value")
    return flag_setting(_number(name), on=state == "on").value


def _tests(text: str) -> tuple[str, ...]:
    test = _number(text or "0")
    return tuple(encode_test(meter_test(subclass, test)) for subclass in (0, 1))


def _reading(text: str) -> tuple[str, ...]:
    return (encode_test(extended_read(_number(text))),)


CREDITS: Mapping[str, Credit] = _RESOURCES
ORDERS: Mapping[str, tuple[Management, Callable[[str], int]]] = {
    "power-limit": (Management.MAXIMUM_POWER_LIMIT, _watts),
    "phase-unbalance": (Management.MAXIMUM_PHASE_UNBALANCE, _watts),
    "clear-credit": (Management.CLEAR_CREDIT, _register),
    "clear-tamper": (Management.CLEAR_TAMPER, _nothing),
    "tariff-rate": (Management.TARIFF_RATE, _number),
    "water-factor": (Management.WATER_METER_FACTOR, _number),
    "flag": (Management.EXTENDED_SET, _flag),
}
TESTS: Mapping[str, Callable[[str], tuple[str, ...]]] = {"test": _tests, "read-setting": _reading}
KEY_CHANGE = "key-change"
WISHES = (*CREDITS, *ORDERS, KEY_CHANGE, *TESTS)
