"""Keys for tokens, in hex: from a file, the environment or a prompt; never from the command line, where others read.

What a key is shows its length: 8 bytes an EA07 decoder key, 16 an EA11 decoder key, 20 a vending key (DKGA04). With a
meter's number beside it a key of 8 bytes is a vending key too (DKGA02).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from meters_io.errors import LocalError
from meters_io.sts.ciphers import Algorithm, BlockCipher, cipher_of
from meters_io.sts.ciphers.sta import StaTables
from meters_io.sts.keys import Dkga, KeyType, MeterConfig, VendingKey, decoder_key
from meters_io.sts.pan import parse_meter_number
from meters_io.sts.tid import BaseDate

_DKGA = {8: Dkga.DKGA02, 20: Dkga.DKGA04}
_LENGTHS = "a key has 16 hex digits (EA07), 32 (EA11) or 40 (a vending key)"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a vending key needs beside itself to make a decoder key. `meter`: DRN or PAN; empty for a decoder key."""

    meter: str = ""
    sgc: str = ""
    krn: int = 1
    ti: int = 1
    kt: int = KeyType.DUTK
    ken: int = 255
    base: int = BaseDate.Y2014
    ea: int = Algorithm.MISTY1


@dataclass(frozen=True, slots=True)
class Keys:
    """A meter's decoder key, and the cipher it is for."""

    key: bytes = field(repr=False)
    ea: Algorithm

    def cipher(self, tables: StaTables | None) -> BlockCipher:
        """Return the cipher. Raises LocalError `sta_tables_missing` for EA07 without tables."""
        return cipher_of(self.ea, self.key, tables)


def keys_of(text: str, around: Circumstances) -> Keys:
    """Return a meter's key from hex. Raises CodecError, which never holds the key."""
    secret = _bytes_of(text)
    if not around.meter:
        if len(secret) not in (8, 16):
            wanted = "; a vending key needs --meter and --sgc" if len(secret) == 20 else ""
            raise LocalError(f"{_LENGTHS}{wanted}", code="key_length", field="key")
        return Keys(secret, Algorithm.STA if len(secret) == 8 else Algorithm.MISTY1)
    if len(secret) not in _DKGA:
        raise LocalError(
            "a vending key has 16 or 40 hex digits; leave --meter out for a decoder key", code="key_length"
        )
    algorithm = Algorithm.STA if len(secret) == 8 else Algorithm(around.ea)
    vending = VendingKey(
        secret,
        sgc=around.sgc,
        krn=around.krn,
        kt=KeyType(around.kt),
        ken=around.ken,
        base_date=BaseDate(around.base),
        dkga=_DKGA[len(secret)],
    )
    meter = MeterConfig(parse_meter_number(around.meter), ti=around.ti, ea=algorithm)
    return Keys(decoder_key(vending, meter), algorithm)


def _bytes_of(text: str) -> bytes:
    try:
        return bytes.fromhex("".join(text.split()))
    except ValueError:
        raise LocalError("the key is no hex", code="not_hex", field="key") from None
