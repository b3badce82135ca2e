"""Tokens of a vector: built from its fields, and everything that can be said about them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_CEILING, Decimal

from meters_io.conformance.inputs import Inputs
from meters_io.conformance.shape import Json, JsonObject
from meters_io.conformance.sts_meter import (
    DIRECT_KEYS,
    Bench,
    algorithm_of,
    base_date_of,
    cipher_for,
    clock_offset_of,
    key_for,
    key_type_of,
    meter_of,
)
from meters_io.errors import LocalError
from meters_io.sts.amounts import hundred_thousandths_of, tenths_of
from meters_io.sts.ciphers import Algorithm, BlockCipher
from meters_io.sts.crc import currency_crc, plain_crc
from meters_io.sts.displays import TestToken, control_bits, encode_test
from meters_io.sts.key_change import KeyChange, encode_key_change
from meters_io.sts.management import Management, encode_management
from meters_io.sts.tid import next_free, tid_at
from meters_io.sts.token import Opened, TokenClass, as_hex, open_test, open_token, seal
from meters_io.sts.transfer import Credit, encode_credit

IN_CURRENCY = range(Credit.ELECTRICITY_CURRENCY, Credit.TIME_CURRENCY + 1)
USUAL_RND = 5  # what published vectors use where they do not say
_SPECIAL = (
    "reserved",
    "special",
    "special_reserved",
    "reserved_tid",
    "special_tid",
    "special_reserved_tid",
    "is_reserved",
    "is_reserved_tid",
    "reserved_minute",
)
_IN_WATTS = (Management.MAXIMUM_POWER_LIMIT, Management.MAXIMUM_PHASE_UNBALANCE)


def token(said: Inputs, bench: Bench) -> JsonObject:
    """Build the token of a vector, of any class."""
    if class_of(said) is TokenClass.TEST:
        digits = _test_token(said)
        return {**anatomy(open_test(digits)), **faces(digits), "tokens": [digits]}
    cipher = cipher_for(meter_of(said), bench)
    digits = _sealed(said, cipher)
    found = anatomy(open_token(digits, cipher))
    hidden = f"{cipher.encrypt(int(str(found['block']), 16)):016X}"
    return {**found, **faces(digits), "ciphertext": hidden, "cipher": hidden, "tokens": [digits]}


def key_change(said: Inputs, bench: Bench) -> JsonObject:
    """Build the set of tokens that changes a meter's key."""
    cipher = cipher_for(meter_of(said, "old"), bench)
    change = change_of(said)
    tokens = encode_key_change(cipher, change)
    data: list[Json] = [f"{open_token(each, cipher).data48:012X}" for each in tokens]
    key = change.key.hex()
    return {
        "tokens": [*tokens],
        "data48": data,
        "new_key": key,
        "key": key,
        "decoder_key": key,
        "ro": int(change.rollover),
    }


def change_of(said: Inputs) -> KeyChange:
    """Return the change a vector asks for; a roll-over, unless it says, is what another base date makes.

    Whether a third token is wanted is a question to meters with EA07; an EA11 set has four, whatever is asked.
    """
    old, new = meter_of(said, "old"), meter_of(said, "new")
    kept = {name: each for name, each in old.said.items() if name not in DIRECT_KEYS}
    new = Inputs({**kept, "ea": int(algorithm_of(old)), **new.said})
    rolled = old.has("base_date") and base_date_of(old) is not base_date_of(new)
    three = _either(said, ("kct3", "three_tokens", "3kct", "allow_3kct"), otherwise=False)
    return KeyChange(
        key_for(new),
        ken=new.number("ken", 255),
        krn=new.number("krn", 1),
        kt=key_type_of(new),
        ti=new.number("ti", 1),
        sgc=new.digits("sgc").zfill(6) if new.has("sgc") else None,
        rollover=_either(said, ("ro", "rollover"), otherwise=rolled),
        three_tokens=three and algorithm_of(new) is Algorithm.STA,
    )


def class_of(said: Inputs) -> TokenClass:
    """Return the class of a vector's token; a credit where nothing is said."""
    number = said.number("class", TokenClass.CREDIT)
    if number not in (TokenClass.CREDIT, TokenClass.TEST, TokenClass.MANAGEMENT):
        raise LocalError("tokens are of class 0, 1 or 2", code="token_class", field="class")
    return TokenClass(number)


def anatomy(opened: Opened) -> JsonObject:
    """Return what an opened token shows whatever it is about."""
    covered = opened.token_class << 48 | opened.data48
    in_currency = opened.token_class is TokenClass.CREDIT and opened.subclass in IN_CURRENCY
    crc = currency_crc(covered) if in_currency else plain_crc(covered)
    return {
        "class": int(opened.token_class),
        "subclass": opened.subclass,
        "data48": f"{opened.data48:012X}",
        "data44": f"{opened.data48 & (1 << 44) - 1:011X}",
        "crc": f"{crc:04X}",
        "block": f"{opened.data48 << 16 | crc:016X}",
    }


def tid_of(said: Inputs) -> int:
    """Return the TID of a vector: as given, or of its time of issue. 00:01 is left to those who ask for it."""
    if said.has("tid"):
        return said.tid("tid")
    base = base_date_of(said if said.has("base_date") or not said.has("meter") else said.part("meter"))
    current = tid_at(said.moment("issue"), base, clock_offset_of(said))
    if is_special(said):
        return current
    return next_free(current, said.tid("last_tid") if said.has("last_tid") else None)


def is_special(said: Inputs) -> bool:
    """Whether the token is issued deliberately under the reserved minute."""
    return _either(said, _SPECIAL, otherwise=False)


def amount_of(said: Inputs) -> int:
    """Return the amount in the steps of its subclass; what is finer than a step is rounded up."""
    if said.has("units"):
        return _ceiling(said.exact("units"))
    if said.has("currency"):
        return hundred_thousandths_of(said.exact("currency"))
    return _counted(said)(said.exact("amount"))


def _counted(said: Inputs) -> Callable[[Decimal], int]:
    if class_of(said) is TokenClass.MANAGEMENT:
        return _ceiling
    return hundred_thousandths_of if said.number("subclass") >= Credit.ELECTRICITY_CURRENCY else tenths_of


def _ceiling(number: Decimal) -> int:
    return int(number.to_integral_value(ROUND_CEILING))


def _sealed(said: Inputs, cipher: BlockCipher) -> str:
    """Build by what the codec offers where the vector gives an amount or a value, by fields where it gives fields."""
    token_class = class_of(said)
    if said.has("data48") or said.has("data44"):
        return seal(token_class, _given(said), cipher)
    subclass = said.number("subclass")
    tid, rnd = tid_of(said), said.bits("rnd", USUAL_RND)
    if said.has("field20"):
        field = said.bits("field20")
        return seal(token_class, subclass << 44 | field >> 16 << 40 | tid << 16 | field & 0xFFFF, cipher)
    if said.has("field16") and (token_class is TokenClass.CREDIT or subclass in _IN_WATTS):
        return seal(token_class, subclass << 44 | rnd << 40 | tid << 16 | said.bits("field16"), cipher)
    if token_class is TokenClass.CREDIT:
        return encode_credit(cipher, subclass, amount_of(said), tid, rnd)
    return encode_management(cipher, subclass, value_of(said), tid, rnd)


def value_of(said: Inputs) -> int:
    """Return the value of a management token: 16 bits, or an amount; 0 where nothing is said."""
    for name in ("field16", "value", "register", "rate", "factor"):
        if said.has(name):
            return said.bits(name)
    if not any(said.has(name) for name in ("units", "amount")):
        return 0
    return amount_of(said)


def _given(said: Inputs) -> int:
    """Return the data of a token whose vector gives them whole."""
    if said.has("data48"):
        return said.field("data48", 48)
    return said.number("subclass") << 44 | said.field("data44", 44)


def _test_token(said: Inputs) -> str:
    if said.has("data48") or said.has("data44"):
        return seal(TokenClass.TEST, _given(said), None)
    subclass = said.number("subclass")
    control = said.bits("control") if said.has("control") else _test_control(said, subclass)
    mfr = next((said.number(name) for name in ("mfr", "mfr_code", "mfrcode") if said.has(name)), 0)
    return encode_test(TestToken(subclass, control, mfr))


def _test_control(said: Inputs, subclass: int) -> int:
    test = said.number("test")
    return 1 << test - 1 if test > 0 else (1 << control_bits(subclass)) - 1


def faces(digits: str) -> JsonObject:
    """Return a token as digits, and as hex under the names it goes by."""
    return {**dict.fromkeys(("token", "dec"), digits), **dict.fromkeys(("hex17", "hex", "token66"), as_hex(digits))}


def _either(said: Inputs, names: tuple[str, ...], *, otherwise: bool) -> bool:
    return next((said.flag(name) for name in names if said.has(name)), otherwise)
