"""Decoder keys from vending keys (IEC 62055-41, 6.5.3): DKGA04, and DKGA02 for older 64-bit vending keys.

The vending key names its supply group, revision, type, expiry and base date; the meter adds its number,
cipher and tariff index. Change one of these and the meter needs key change tokens before any other.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from hmac import digest

from meters_io.errors import LocalError
from meters_io.sts.ciphers import Algorithm, des, ea09_refused
from meters_io.sts.pan import MeterPan
from meters_io.sts.tid import BaseDate


class KeyType(IntEnum):
    """Kind of decoder key (KT): initialisation, default group, unique to the meter, common to the group."""

    DITK = 0
    DDTK = 1
    DUTK = 2
    DCTK = 3


class Dkga(IntEnum):
    """Decoder key generation algorithm. 01 and 03 are legacy, have no public vector, and are refused."""

    DKGA01 = 1
    DKGA02 = 2
    DKGA03 = 3
    DKGA04 = 4


# A key is derived for each token, and looking a member up in its enumeration takes a fortieth of that, each time.
_DITK, _DCTK = KeyType.DITK, KeyType.DCTK
_MISTY1, _STA, _DES = Algorithm.MISTY1, Algorithm.STA, Algorithm.DES
_DKGA02, _DKGA04 = Dkga.DKGA02, Dkga.DKGA04

_SECRET_BYTES = {Dkga.DKGA01: 8, Dkga.DKGA02: 8, Dkga.DKGA03: 16, Dkga.DKGA04: 20}


@dataclass(frozen=True, slots=True)
class VendingKey:
    """A vending key and its attributes: `sgc` six digits, `krn` 1-9, `ken` 0-255 (255 never expires).

    `secret` is 20 bytes for DKGA04 and 8 for DKGA02, used exactly as given: parity is not mended.
    Raises LocalError: `key_length`, `sgc`, `krn` or `ken`.
    """

    secret: bytes = field(repr=False)
    sgc: str
    krn: int = 1
    kt: KeyType = KeyType.DUTK
    ken: int = 255
    base_date: BaseDate = BaseDate.Y2014
    dkga: Dkga = Dkga.DKGA04

    def __post_init__(self) -> None:
        wanted = _SECRET_BYTES[self.dkga]
        if len(self.secret) != wanted:
            raise LocalError(
                f"DKGA{int(self.dkga):02d} takes a vending key of {wanted} bytes, not {len(self.secret)}",
                code="key_length",
                field="secret",
            )
        if not (len(self.sgc) == 6 and self.sgc.isascii() and self.sgc.isdecimal()):
            raise LocalError("a supply group code has six digits", code="sgc", field="sgc")
        if not 1 <= self.krn <= 9:
            raise LocalError("a key revision number is 1 to 9", code="krn", field="krn")
        if not 0 <= self.ken <= 255:
            raise LocalError("a key expiry number is 0 to 255", code="ken", field="ken")


@dataclass(frozen=True, slots=True)
class MeterConfig:
    """What a meter puts into its decoder key: number, tariff index 0-99, cipher. Raises LocalError `ti`."""

    pan: MeterPan
    ti: int = 1
    ea: Algorithm = Algorithm.MISTY1

    def __post_init__(self) -> None:
        if not 0 <= self.ti <= 99:
            raise LocalError("a tariff index is 0 to 99", code="ti", field="ti")


def decoder_key(key: VendingKey, meter: MeterConfig) -> bytes:
    """Return the meter's decoder key: 16 bytes for EA11, 8 for EA07.

    Raises LocalError: `dkga_refused` (01, 03), `ea_refused` (EA09, or a cipher this DKGA cannot serve),
    `kt_refused` (an initialisation key comes from the factory; a common key is not derived under DKGA04).
    """
    if key.kt is _DITK:
        raise LocalError("initialisation keys come from the factory", code="kt_refused", field="kt")
    if key.dkga is _DKGA04:
        return _dkga04(key, meter)
    if key.dkga is _DKGA02:
        return _dkga02(key, meter)
    raise LocalError(
        f"DKGA{int(key.dkga):02d} is not supported: DKGA02 and DKGA04 are", code="dkga_refused", field="dkga"
    )


def dkga04_data(key: VendingKey, meter: MeterConfig) -> bytes:
    """Return the 49 bytes that DKGA04 authenticates: length-prefixed texts, then the key length in bits.

    Raises LocalError: `ea_refused`, `kt_refused`.
    """
    if key.kt is _DCTK:
        # What stands in the PAN field for a common key is not public.
        raise LocalError("common keys (KT 3) under DKGA04 are not supported", code="kt_refused", field="kt")
    if meter.ea is _DES:
        raise ea09_refused()
    # int(): an enumeration's own formatting costs as much as the rest of this function.
    ea, bits = ("11", "\x80") if meter.ea is _MISTY1 else ("07", "\x40")
    group = f"\x04\x02\x30\x34\x02{key.base_date % 100}\x02{ea}\x02{meter.ti:02d}\0"
    unit = f"\x04\x06{key.sgc}\x01{int(key.kt)}\x01{key.krn}\x12{meter.pan.digits}\0\0\0{bits}"
    return (group + unit).encode("latin-1")


def pan_block(iin: str, iain: str, kt: KeyType) -> int:
    """Return the 64-bit PANBlock of DKGA01-03: the last 16 digits, as hex; common keys blank the IAIN."""
    account = "0" * len(iain) if kt is _DCTK else iain
    return int((iin + account)[-16:], 16)


def control_block(key: VendingKey, ti: int) -> int:
    """Return the 64-bit CONTROLBlock of DKGA01-03: KT, SGC, TI, KRN and six F, read as hex."""
    return int(f"{key.kt:d}{key.sgc}{ti:02d}{key.krn}FFFFFF", 16)


def _dkga04(key: VendingKey, meter: MeterConfig) -> bytes:
    full = digest(key.secret, dkga04_data(key, meter), "sha256")
    return full[:16] if meter.ea is _MISTY1 else full[:8]


def _dkga02(key: VendingKey, meter: MeterConfig) -> bytes:
    if meter.ea is _DES:
        raise ea09_refused()
    if meter.ea is not _STA:
        raise LocalError("DKGA02 makes keys for EA07 only: EA11 takes DKGA04", code="ea_refused", field="ea")
    block = pan_block(meter.pan.iin, meter.pan.drn, key.kt) ^ control_block(key, meter.ti)
    mixed = des.encrypt_block(key.secret, block) ^ block ^ int.from_bytes(key.secret, "big")
    return mixed.to_bytes(8, "big")
