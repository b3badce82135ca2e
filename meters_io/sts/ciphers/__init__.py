"""Block ciphers of tokens (EA codes of IEC 62055-41): 64-bit blocks as integers, keyed once.

EA11 is `misty1.Misty1(key)`; EA07 is `sta.Sta(key, tables)`, and the tables of real meters are the
operator's. EA09 (plain DES) is withdrawn and refused; `des` exists for the decoder keys of DKGA02 only.
"""

from enum import IntEnum
from typing import Protocol

from meters_io.errors import LocalError
from meters_io.sts.ciphers.misty1 import Misty1
from meters_io.sts.ciphers.sta import Sta, StaTables


class Algorithm(IntEnum):
    """Encryption algorithm (EA) of a meter."""

    STA = 7
    DES = 9
    MISTY1 = 11


class BlockCipher(Protocol):
    """A cipher with its key inside; blocks are integers of 64 bits, most significant byte first."""

    def encrypt(self, block: int) -> int:
        """Return the enciphered block."""

    def decrypt(self, block: int) -> int:
        """Return the deciphered block."""


def cipher_of(algorithm: Algorithm, key: bytes, tables: StaTables | None = None) -> BlockCipher:
    """Return the cipher of a meter with this algorithm and decoder key; only EA07 looks at `tables`.

    Raises LocalError: `key_length`, `sta_tables_missing` (EA07 without the operator's tables),
    `ea_refused` (EA09).
    """
    if algorithm is Algorithm.MISTY1:
        return Misty1(key)
    if algorithm is Algorithm.DES:
        raise ea09_refused()
    if tables is None:
        raise LocalError(
            "EA07 needs the operator's substitution tables, and none are loaded",
            code="sta_tables_missing",
            field="tables",
        )
    return Sta(key, tables)


def ea09_refused() -> LocalError:
    """Return what to raise for a meter with plain DES."""
    return LocalError("EA09 is withdrawn and not supported: EA07 and EA11 are", code="ea_refused", field="ea")
