"""Class 0: credit tokens, subclasses 0-7 (IEC 62055-41, 6.2.2)."""

from enum import IntEnum
from typing import NamedTuple

from meters_io.errors import LocalError, RemoteError
from meters_io.sts.amounts import decode_currency, decode_units, encode_currency, encode_units
from meters_io.sts.ciphers import BlockCipher
from meters_io.sts.ciphers.misty1 import Misty1
from meters_io.sts.tid import TID_LIMIT
from meters_io.sts.token import Opened, TokenClass, seal, unsealed


class Credit(IntEnum):
    """Subclass of a credit token: what it credits, and its unit."""

    ELECTRICITY = 0  # 0.1 kWh
    WATER = 1  # 0.1 m3
    GAS = 2  # 0.1 m3
    TIME = 3  # 0.1 min
    ELECTRICITY_CURRENCY = 4  # from here on 0.00001 of the currency
    WATER_CURRENCY = 5
    GAS_CURRENCY = 6
    TIME_CURRENCY = 7


_FIRST_CURRENCY, _LAST = int(Credit.ELECTRICITY_CURRENCY), int(Credit.TIME_CURRENCY)
_CREDIT = TokenClass.CREDIT


class CreditToken(NamedTuple):
    """What a credit token says. `amount` is in the unit of its subclass; currency tokens have no `rnd`.

    A tuple, because making a frozen dataclass takes a twentieth of the time that reading a token takes.
    """

    subclass: int
    tid: int
    rnd: int | None
    amount: int


def encode_credit(key: bytes | BlockCipher, subclass: int, amount: int, tid: int, rnd: int) -> str:
    """Return the 20 digits of a credit token.

    `key` is the 16-byte decoder key of an EA11 meter, or a keyed cipher (an EA07 key needs its tables:
    `Sta(key, tables)`). `amount` is in 0.1 kWh, 0.1 m3 or 0.1 min for subclasses 0-3 and in 0.00001 of the
    currency for 4-7; it is rounded in the customer's favour, see `granted`. `rnd` is four random bits, which
    currency tokens have no room for.
    Raises LocalError: `key_length`, `subclass`, `amount_range`, `tid_range`, `rnd_range`.
    """
    cipher = Misty1(key) if isinstance(key, bytes) else key
    return seal(_CREDIT, _data48(subclass, amount, tid, rnd), cipher)


def decode_credit(key: bytes | BlockCipher, digits: str) -> CreditToken:
    """Read a credit token with the meter's decoder key (as for `encode_credit`).

    Raises RemoteError: `token_format`, `token_crc`, `token_class` (not a credit token), `subclass` (8-15);
    LocalError `key_length`.
    """
    return _read(*unsealed(digits, Misty1(key) if isinstance(key, bytes) else key))


def read_credit(opened: Opened) -> CreditToken:
    """Split the data of an opened credit token. Raises RemoteError: `token_class`, `subclass`."""
    return _read(opened.token_class, opened.data48)


def _read(token_class: TokenClass, data48: int) -> CreditToken:
    if token_class is not _CREDIT:
        raise RemoteError("this is not a credit token", code="token_class", field="class")
    subclass = data48 >> 44
    nibble, tid, field = data48 >> 40 & 0xF, data48 >> 16 & 0xFFFFFF, data48 & 0xFFFF
    if subclass < _FIRST_CURRENCY:
        return CreditToken(subclass, tid, nibble, decode_units(field))
    if subclass <= _LAST:
        return CreditToken(subclass, tid, None, decode_currency(nibble << 16 | field))
    raise RemoteError("credit tokens are subclasses 0 to 7", code="subclass", field="subclass")


def granted(subclass: int, amount: int) -> int:
    """Return what the meter will add for `amount`: never less than asked, more where the field is too coarse.

    Raises LocalError: `subclass`, `amount_range`.
    """
    if 0 <= subclass < _FIRST_CURRENCY:
        return decode_units(encode_units(amount))
    if _FIRST_CURRENCY <= subclass <= _LAST:
        return decode_currency(encode_currency(amount))
    raise LocalError("credit tokens are subclasses 0 to 7", code="subclass", field="subclass")


def _data48(subclass: int, amount: int, tid: int, rnd: int) -> int:
    if not 0 <= tid < TID_LIMIT:
        raise LocalError("a TID has 24 bits", code="tid_range", field="tid")
    if not 0 <= rnd < 16:
        raise LocalError("RND has 4 bits", code="rnd_range", field="rnd")
    if 0 <= subclass < _FIRST_CURRENCY:
        return subclass << 44 | rnd << 40 | tid << 16 | encode_units(amount)
    if _FIRST_CURRENCY <= subclass <= _LAST:
        field = encode_currency(amount)
        return subclass << 44 | field >> 16 << 40 | tid << 16 | field & 0xFFFF
    raise LocalError("credit tokens are subclasses 0 to 7", code="subclass", field="subclass")
