"""A token as the customer types it: 20 digits, 66 bits, two of them the class (IEC 62055-41, 6.2 and 6.4).

The block is 48 bits of data and 16 of CRC. The class is not in it, yet the CRC covers the class.
"""

from dataclasses import dataclass
from enum import IntEnum

from meters_io.errors import LocalError, RemoteError
from meters_io.sts.ciphers import BlockCipher
from meters_io.sts.crc import currency_crc, plain_crc

_DIGITS = 20
_HEX_DIGITS = 17
_HEX = frozenset("0123456789abcdefABCDEF")
_LIMIT = 1 << 66
_CLASS_PLACE = 27  # the class takes bits 28 and 27; what stood there moves to bits 65 and 64
_CLASS_BITS = 3 << _CLASS_PLACE
_KEPT = ((1 << 64) - 1) ^ _CLASS_BITS


class TokenClass(IntEnum):
    """Credit, meter tests and displays (not encrypted), management of one meter, reserved."""

    CREDIT = 0
    TEST = 1
    MANAGEMENT = 2
    RESERVED = 3


_CLASSES = tuple(TokenClass)  # looking a member up by its value takes as long as a checksum
_TEST, _RESERVED = TokenClass.TEST, TokenClass.RESERVED


@dataclass(frozen=True, slots=True)
class Opened:
    """A token whose CRC is right. `data48` is everything but the CRC: subclass in the top 4 bits."""

    token_class: TokenClass
    data48: int

    @property
    def subclass(self) -> int:
        """The top four bits of the data, 0-15."""
        return self.data48 >> 44


def seal(token_class: TokenClass, data48: int, cipher: BlockCipher | None) -> str:
    """Return the 20 digits of a token; class 1 takes no cipher, classes 0 and 2 need one.

    Raises LocalError: `token_cipher` where that is not so, `data_range` where the data have more than 48 bits.
    """
    if (cipher is None) != (token_class == _TEST):
        raise LocalError("only class 1 goes without a cipher", code="token_cipher", field="cipher")
    if data48 >> 48:
        raise LocalError("the data of a token have 48 bits", code="data_range", field="data48")
    block = data48 << 16 | _crc(token_class, data48)
    return with_class(token_class, block if cipher is None else cipher.encrypt(block))


def read_class(digits: str) -> TokenClass:
    """Return the class of a token, which shows without a key. Raises RemoteError `token_format`."""
    return _CLASSES[_number(digits) >> _CLASS_PLACE & 3]


def open_token(digits: str, cipher: BlockCipher | None) -> Opened:
    """Return what a token says: class 1 as it stands, classes 0 and 2 deciphered.

    Raises RemoteError: `token_format` (not 20 digits, or 2^66 or more), `token_class` (class 3), `token_crc`;
    LocalError `token_cipher` (class 0 or 2 without a cipher). A wrong key passes the CRC one time in 65536: never take
    one good token as proof of a key.
    """
    return Opened(*unsealed(digits, cipher))


def open_test(digits: str) -> Opened:
    """Return what a class 1 token says, which takes no key.

    Raises RemoteError: `token_format`, `token_class` (another class), `token_crc`.
    """
    if read_class(digits) is not _TEST:
        raise RemoteError("this is not a test token", code="token_class", field="class")
    return open_token(digits, None)


def unsealed(digits: str, cipher: BlockCipher | None) -> tuple[TokenClass, int]:
    """Return the class and the 48 bits of data: `open_token` as a bare pair, for who reads many. Errors as there."""
    number = _number(digits)
    token_class = _CLASSES[number >> _CLASS_PLACE & 3]
    block = number & _KEPT | number >> 64 << _CLASS_PLACE
    if token_class is not _TEST:
        block = _deciphered(token_class, block, cipher)
    data48 = block >> 16
    if _crc(token_class, data48) != block & 0xFFFF:
        raise RemoteError("the CRC is wrong", code="token_crc", field="crc")
    return token_class, data48


def as_hex(digits: str) -> str:
    """Return the 17 hex digits that some modules give beside the 20. Raises RemoteError `token_format`."""
    return f"{_number(digits):017X}"


def from_hex(text: str) -> str:
    """Return the 20 digits of the 17 hex digits that `as_hex` writes. Raises RemoteError `token_format`."""
    whole = len(text) == _HEX_DIGITS and _HEX.issuperset(text)
    number = int(text, 16) if whole else _LIMIT
    if number >= _LIMIT:
        raise RemoteError("a token in hex is 17 digits below 2^66", code="token_format", field="token")
    return str(number).zfill(_DIGITS)


def _crc(token_class: int, data48: int) -> int:
    covered = token_class << 48 | data48
    return currency_crc(covered) if 4 <= covered >> 44 < 8 else plain_crc(covered)  # class 0, subclasses 4-7


def _deciphered(token_class: TokenClass, block: int, cipher: BlockCipher | None) -> int:
    if token_class is _RESERVED:
        raise RemoteError("class 3 is reserved", code="token_class", field="class")
    if cipher is None:
        raise LocalError("only class 1 can be read without the meter's key", code="token_cipher", field="cipher")
    return cipher.decrypt(block)


def with_class(token_class: int, block: int) -> str:
    """Return the 20 digits of a block that is enciphered already, if its class is: what is left is to put that in."""
    displaced = (block & _CLASS_BITS) << 64 - _CLASS_PLACE
    return str(displaced | block & _KEPT | token_class << _CLASS_PLACE).zfill(_DIGITS)


def _number(digits: str) -> int:
    if len(digits) == _DIGITS and digits.isascii() and digits.isdecimal() and (number := int(digits)) < _LIMIT:
        return number
    raise RemoteError(f"a token is 20 digits below 2^66: {_fault(digits)}", code="token_format", field="token")


def _fault(digits: str) -> str:
    """Say what is wrong with the digits of a token, and where; never what they are."""
    for place, char in enumerate(digits, 1):
        if not (char.isascii() and char.isdecimal()):
            return f"character {place} is not a digit"
    return f"there are {len(digits)}" if len(digits) != _DIGITS else "the number is too large"
