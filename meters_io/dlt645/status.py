"""Status word 3 (item 04000503), the one a prepaid head-end lives on. Low byte first, bits as DL/T
645-2007 annex B.

Bits 10 and 11 differ between meters and are not read; neither are the day-period and year-zone sets.
"""

from dataclasses import dataclass
from enum import StrEnum

from meters_io.bits import cut_bits, has_bit, uint_from_bytes
from meters_io.errors import RemoteError


class PrepayKind(StrEnum):
    """What the meter counts down."""

    NONE = "none"
    ENERGY = "energy"
    MONEY = "money"
    UNKNOWN = "unknown"  # both bits set: no meaning is published


_KINDS = tuple(PrepayKind)


@dataclass(frozen=True, slots=True)
class StatusWord3:
    """What the meter says of its relay, its credit and its accounts."""

    relay_open: bool = False
    relay_command_open: bool = False  # open while `relay_open` is not: the meter has the order and waits
    alarm: bool = False
    prepay_kind: PrepayKind = PrepayKind.NONE
    keep_power: bool = False
    authenticated: bool = False
    local_account_opened: bool = True
    remote_account_opened: bool = True


def status_from_bytes(raw: bytes) -> StatusWord3:
    """Read the two bytes of item 04000503."""
    if len(raw) != 2:
        raise RemoteError("a status word has 2 bytes", code="bad_length", field="status")
    word = uint_from_bytes(raw)
    return StatusWord3(
        relay_open=has_bit(word, 4),
        relay_command_open=has_bit(word, 6),
        alarm=has_bit(word, 7),
        prepay_kind=_KINDS[cut_bits(word, 8, 2)],
        keep_power=has_bit(word, 12),
        authenticated=has_bit(word, 13),
        local_account_opened=not has_bit(word, 14),
        remote_account_opened=not has_bit(word, 15),
    )


def status_to_bytes(status: StatusWord3) -> bytes:
    """Write the two bytes of item 04000503, for a simulated meter; bits that are not read are zero."""
    word = status.relay_open << 4 | status.relay_command_open << 6 | status.alarm << 7
    word |= _KINDS.index(status.prepay_kind) << 8 | status.keep_power << 12 | status.authenticated << 13
    word |= (not status.local_account_opened) << 14 | (not status.remote_account_opened) << 15
    return word.to_bytes(2, "little")
