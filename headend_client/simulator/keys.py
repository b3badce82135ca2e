"""The keys a simulated meter holds, and how a seed derives them from those of the head end."""

from dataclasses import dataclass, field

from headend_client.simulator.errors import WorldError
from meters_io.dlt645 import softesam
from meters_io.errors import LocalError, RemoteError
from meters_io.sts.keys import KeyType, MeterConfig, VendingKey, decoder_key
from meters_io.sts.pan import parse_meter_number
from meters_io.sts.tid import BaseDate


@dataclass(frozen=True, slots=True)
class EsamKeys:
    """What sits in an ESAM meter's chip: its own key, 32 bytes as hex (`meters_io.dlt645.softesam`)."""

    meter_key_hex: str = field(repr=False)

    def __post_init__(self) -> None:
        check_hex(self.meter_key_hex, 32, "meter_key_hex")


@dataclass(frozen=True, slots=True, kw_only=True)
class StsKeys:
    """What sits in an STS meter of cipher EA11: its decoder key, 16 bytes as hex, and that key's attributes.

    `first_tid` fills the memory of `memory_size` token identifiers: tokens up to it are refused.
    """

    decoder_key_hex: str = field(repr=False)
    krn: int = 1
    ti: int = 1
    ken: int = 255
    kt: int = KeyType.DUTK
    first_tid: int = 0
    memory_size: int = 50

    def __post_init__(self) -> None:
        check_hex(self.decoder_key_hex, 16, "decoder_key_hex")
        if self.memory_size < 1:
            raise WorldError("memory_size", "a meter remembers one token at least")
        if self.kt not in tuple(KeyType):
            raise WorldError("kt", "a key type is 0 to 3")


@dataclass(frozen=True, slots=True, kw_only=True)
class VendingKeySpec:
    """A vending key of the head end, as a seed knows it: `secret` 20 bytes for DKGA04."""

    secret: bytes = field(repr=False)
    sgc: str
    krn: int = 1
    ken: int = 255
    base_year: int = 2014


def esam_keys(master: bytes, address: str) -> EsamKeys:
    """Return what the meter with this 12-digit address holds under the head end's master key."""
    return EsamKeys(softesam.meter_key(master, address).hex())


def sts_keys(vending: VendingKeySpec, number: str, ti: int) -> StsKeys:
    """Return what the STS meter with this printed number holds; WorldError for a number or key that cannot be."""
    try:
        key = VendingKey(
            vending.secret, vending.sgc, vending.krn, ken=vending.ken, base_date=BaseDate(vending.base_year)
        )
        secret = decoder_key(key, MeterConfig(parse_meter_number(number), ti))
    except (LocalError, RemoteError) as wrong:
        raise WorldError(wrong.field or "", str(wrong)) from None
    return StsKeys(decoder_key_hex=secret.hex(), krn=vending.krn, ti=ti, ken=vending.ken)


def check_hex(text: str, width: int, name: str) -> None:
    """Raise WorldError unless `text` is `width` bytes of hex. What it says is not repeated: it may be a key."""
    try:
        raw = bytes.fromhex(text)
    except ValueError:
        raise WorldError(name, "this is no hex") from None
    if len(raw) != width:
        raise WorldError(name, f"{width} bytes of hex are due here")
