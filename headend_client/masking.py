"""What of a frame may be kept: passwords, MACs, ciphers, random numbers and token digits read 'xx' afterwards.

The rule is closed: only bytes that are known to be harmless stay, whatever is not understood is hidden. Checksums go
with the bytes they cover, because a sum tells what one hidden byte was. Layouts: DL/T 645-2007 under C = 03, 14, 1C and
the reads; Q/GDW 1376.1 under AFN 00, 02 and 10 here, the others in `masking_terminal`.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from headend_client.masking_terminal import hidden_of_terminal
from meters_io.dlt645.items import item_of
from meters_io.dlt645.names import FUNCTION, REFUSED, REPLY, Control, Security
from meters_io.dlt645.relay import ESAM_LEVEL
from meters_io.dlt645.writes import MAC_LEVEL
from meters_io.gdw1376.frame import Afn

HIDDEN = "xx"

Spans = tuple[tuple[int, int], ...]  # first byte and the byte after the last

_HARMLESS = (Control.READ, Control.READ_MORE, Control.READ_ADDRESS, Control.BROADCAST_TIME, Control.FREEZE)

# By identifier, whether the meter speaks, and the length of DATA: what in DATA is secret.
_SECURITY: dict[tuple[int, bool, int], Spans] = {
    (Security.AUTHENTICATE, False, 32): ((8, 24),),  # cipher1 and random1; the diversifier is the meter's number
    (Security.AUTHENTICATE, True, 16): ((4, 8),),  # random2
    (Security.OPEN_ACCOUNT, False, 30): ((16, 20), (26, 30)),
    (Security.OPEN_ACCOUNT, True, 4): (),
    (Security.RECHARGE, False, 30): ((16, 20), (26, 30)),  # the two MACs around the customer number
    (Security.RECHARGE, True, 4): (),
    (Security.STATE, False, 8): (),
    (Security.STATE, True, 30): ((8, 12), (16, 20)),
    (Security.TOKEN, False, 18): ((8, 18),),
    (Security.TOKEN, True, 8): (),
}
_START, _END = 0x68, 0x16
_INNER_HEAD = 10  # 68, address 6, 68, C, L
_INNER_TAIL = 2  # checksum, 16
_AFN_AT = 12
_UNIT_AT = 14
_DATA_AT = 18  # behind the unit identifier
_DOWN_INNER_AT = 24  # port, line, two timeouts, k
_UP_INNER_AT = 21  # port, k
_PASSWORD = 16
_WRITE_HEAD = 12  # item, PA, P0 P1 P2, operator
_MAC_LEVEL = int(MAC_LEVEL, 16)
_PASSAGE_UNIT = b"\x00\x00\x01\x00"  # p0, F1


@dataclass(frozen=True, slots=True)
class Masked:
    """A frame of a concentrator as hex, and the meter's inside it (empty where there is none)."""

    outer_hex: str
    inner_hex: str


def masked(outer: bytes) -> Masked:
    """Return what may be kept of one whole Q/GDW 1376.1 frame, and of the DL/T 645 frame it carries."""
    place = _inner_place(outer)
    if place is None:
        return Masked(_hex(outer, _hide_own(outer)), "")
    first, last = place
    inner = outer[first:last]
    hidden = hidden_of_inner(inner)
    whole = {first + at for at in hidden} | _hide_password(outer, last)
    return Masked(_hex(outer, _with_checksum(whole, outer)), _hex(inner, hidden))


def masked_inner(inner: bytes) -> str:
    """Return what may be kept of one DL/T 645 frame that stands for itself."""
    return _hex(inner, hidden_of_inner(inner))


def hidden_of_inner(inner: bytes) -> set[int]:
    """Return the places of the secret bytes in one DL/T 645 frame, preamble included; all, if it is none."""
    at = len(inner) - len(inner.lstrip(b"\xfe"))
    core = inner[at:]
    if not _is_frame(core):
        return set(range(len(inner)))
    data = bytes((byte - 0x33) & 0xFF for byte in core[_INNER_HEAD:-_INNER_TAIL])
    start = at + _INNER_HEAD
    hidden = {start + place for first, last in _secret(core[8], data) for place in range(first, last)}
    return hidden | {len(inner) - 2} if hidden else hidden


def _is_frame(core: bytes) -> bool:
    """Tell whether these bytes are laid out as one frame; its checksum may be wrong."""
    if len(core) < _INNER_HEAD + _INNER_TAIL or len(core) != _INNER_HEAD + core[9] + _INNER_TAIL:
        return False
    return core[0] == core[7] == _START and core[-1] == _END


def _secret(control: int, data: bytes) -> Spans:
    """Return the secret spans of DATA, 33H taken off, under the control code `control`."""
    function, reply = control & FUNCTION, bool(control & REPLY)
    if control & REFUSED:
        return _all_but(data, 2)
    if function in _HARMLESS:
        return ()
    if function == Control.SECURITY:
        return _security(data, reply=reply)
    if function == Control.WRITE and not reply:
        return _write(data)
    if function == Control.RELAY:
        return _all_but(data, 2) if reply else _relay(data)
    return _all(data)


def _security(data: bytes, *, reply: bool) -> Spans:
    if reply and not data:
        return ()
    spans = _SECURITY.get((int.from_bytes(data[:4], "little"), reply, len(data)))
    return ((min(4, len(data)), len(data)),) if spans is None else spans


def _write(data: bytes) -> Spans:
    """Which item and whose authority stay; so does the value of an item that we know, for none of those is a secret."""
    if len(data) <= _WRITE_HEAD or item_of(int.from_bytes(data[:4], "little")) is None:
        return _all(data)
    if data[4] == ESAM_LEVEL:
        return ((_WRITE_HEAD, len(data)),)  # cipher and MAC
    if data[4] == _MAC_LEVEL:
        return ((max(_WRITE_HEAD, len(data) - 4), len(data)),)
    return ((5, 8),)


def _relay(data: bytes) -> Spans:
    if len(data) == 28 and data[0] == ESAM_LEVEL:
        return ((8, 28),)  # cipher and MAC
    return ((1, 4),) if len(data) == 16 else _all(data)


def _all(data: bytes) -> Spans:
    return ((0, len(data)),)


def _all_but(data: bytes, harmless: int) -> Spans:
    """An error word or a result is at most this long; anything longer is something else."""
    return () if len(data) <= harmless else _all(data)


def _inner_place(outer: bytes) -> tuple[int, int] | None:
    """Return where the inner frame lies, or None if this frame carries none that can be told."""
    if outer[_AFN_AT] != Afn.FORWARD or outer[_UNIT_AT:_DATA_AT] != _PASSAGE_UNIT:
        return None
    first = _UP_INNER_AT if _is_up(outer) else _DOWN_INNER_AT
    last = first + int.from_bytes(outer[first - 2 : first], "little")
    return (first, last) if last <= len(outer) - 2 else None


def _hide_own(outer: bytes) -> set[int]:
    if outer[_AFN_AT] in (Afn.CONFIRM, Afn.LINK):
        return set()
    return _with_checksum(hidden_of_terminal(outer), outer)


def _hide_password(outer: bytes, inner_end: int) -> set[int]:
    """The concentrator's password follows the inner frame downwards; sixteen zeros are none."""
    password = range(inner_end, min(inner_end + _PASSWORD, len(outer) - 2))
    if _is_up(outer) or not any(outer[at] for at in password):
        return set()
    return set(password)


def _is_up(outer: bytes) -> bool:
    return bool(outer[6] & 0x80)


def _with_checksum(hidden: set[int], raw: bytes) -> set[int]:
    return hidden | {len(raw) - 2} if hidden else hidden


def _hex(raw: bytes, hidden: Iterable[int]) -> str:
    text = raw.hex()
    for at in hidden:
        text = text[: 2 * at] + HIDDEN + text[2 * at + 2 :]
    return text
