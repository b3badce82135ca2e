"""Writing an item (C = 14): in plain text with a password, with a MAC (class 1), or enciphered (class 2).

MACs and ciphers come from the utility's encryption machine, and need a valid identity authentication; a head-end only
carries them. They are given in the machine's order, high byte first.
"""

from dataclasses import dataclass, field

from meters_io.dlt645.dialects import STANDARD, Dialect
from meters_io.dlt645.frame import Frame
from meters_io.dlt645.items.parameters import CLASS_1
from meters_io.dlt645.names import Control
from meters_io.dlt645.refusals import Refusal
from meters_io.dlt645.relay import Password
from meters_io.dlt645.replies import check_reply
from meters_io.dlt645.requests import build_request
from meters_io.errors import LocalError
from meters_io.layout import Plain

PLAIN_LEVELS = (0x02, 0x04)  # classic passwords of old meters and those without a chip; 02 is the higher
ENCIPHERED_LEVEL = "98"
MAC_LEVEL = "99"


@dataclass(frozen=True, slots=True)
class Seal:
    """What the encryption machine adds: the operator code C0..C3 as a number, and a MAC of 4 bytes."""

    mac: bytes = field(repr=False)
    operator: int = 0


@dataclass(frozen=True, slots=True)
class Written:
    """The meter says that it took the value. Proof is what it says when the item is read back."""


def is_class_1(di: int) -> bool:
    """Tell whether an item is written in plain text with a MAC; all others go enciphered."""
    return di in CLASS_1


def build_plain_write(address: str, di: int, password: Password, value: Plain, dialect: Dialect = STANDARD) -> Frame:
    """Write an item under a password of level 02 or 04. LocalError where the value is none of this item."""
    if password.level not in PLAIN_LEVELS:
        raise LocalError("plain passwords are of level 02 or 04", code="wrong_level", field="level")
    authority: dict[str, Plain] = {"level": f"{password.level:02x}", "password": f"{password.secret:06x}"}
    return _build(address, di, {**authority, "operator": f"{password.operator:08x}", "value": value}, dialect)


def build_class_1_write(address: str, di: int, value: Plain, seal: Seal) -> Frame:
    """Write an item in plain text with a MAC, PA = 99. LocalError `wrong_class` for an item that goes enciphered."""
    if not is_class_1(di):
        raise LocalError(f"{di:08X} is written enciphered", code="wrong_class", field="di")
    return _build(address, di, {**_authority(MAC_LEVEL, seal), "value": value, "mac": seal.mac.hex()})


def build_class_2_write(address: str, di: int, cipher: bytes, seal: Seal) -> Frame:
    """Write an item enciphered, PA = 98. LocalError `wrong_class` for an item that goes in plain text."""
    if is_class_1(di):
        raise LocalError(f"{di:08X} is written in plain text with a MAC", code="wrong_class", field="di")
    return _build(address, di, {**_authority(ENCIPHERED_LEVEL, seal), "cipher": cipher.hex(), "mac": seal.mac.hex()})


def parse_write_reply(reply: Frame, address: str) -> Written | Refusal:
    """Read the answer of meter `address` to a write."""
    return check_reply(reply, address, Control.WRITE) or Written()


def _authority(level: str, seal: Seal) -> dict[str, Plain]:
    return {"level": level, "password": "000000", "operator": f"{seal.operator:08x}"}


def _build(address: str, di: int, fields: dict[str, Plain], dialect: Dialect = STANDARD) -> Frame:
    return build_request(address, "write", {"di": f"{di:08X}", **fields}, dialect)
