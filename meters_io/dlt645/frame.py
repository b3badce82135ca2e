"""The DL/T 645-2007 frame (section 5.2 of the standard).

    [FE ...] 68 A0..A5 68 C L DATA[L] CS 16

Addresses and all fields inside DATA travel low byte first; each DATA byte has 33H added on the wire. CS is
the sum of everything from the first 68H to the last DATA byte as it stands on the wire. 68H and 16H may
occur anywhere inside.
"""

import re
from dataclasses import dataclass

from meters_io.errors import LocalError, RemoteError

BROADCAST = "999999999999"
ANY_METER = "AAAAAAAAAAAA"
MAX_FRAME = 12 + 255
MAX_PREAMBLE = 4

_START = 0x68
_END = 0x16
_MARK = b"\x68"
_WAKE = b"\xfe"
_PREAMBLES = tuple(_WAKE * count for count in range(MAX_PREAMBLE + 1))
_ADD_33 = bytes((byte + 0x33) & 0xFF for byte in range(256))
_TAKE_33 = bytes((byte - 0x33) & 0xFF for byte in range(256))
_SHORT_ADDRESS = re.compile("(?:AA)+[0-9]*")  # AA only in the high-order bytes


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame.

    `address`: 12 characters, highest digit first: digits, or leading pairs `AA` (abbreviated, wildcard).
    `control`: the byte C. `data`: 0..255 bytes with the 33H already off.
    `preamble`: how many FEH stand before it, 0..4.
    """

    address: str
    control: int
    data: bytes = b""
    preamble: int = 0


def is_address(text: str) -> bool:
    """Tell whether `text` can be the address of a frame."""
    if len(text) != 12:
        return False
    return (text.isdecimal() and text.isascii()) or _SHORT_ADDRESS.fullmatch(text) is not None


def encode(frame: Frame) -> bytes:
    """Return the bytes of `frame`, preamble included; LocalError names the field that cannot be sent."""
    data = frame.data
    if not is_address(frame.address):
        raise LocalError("an address is 12 digits, or leading pairs AA and digits", code="bad_address", field="address")
    if len(data) > 255:
        raise LocalError("a frame carries at most 255 bytes", code="too_long", field="data")
    if not 0 <= frame.control <= 255:
        raise LocalError("the control code is one byte", code="out_of_range", field="control")
    if not 0 <= frame.preamble <= MAX_PREAMBLE:
        raise LocalError("a preamble has at most four bytes", code="out_of_range", field="preamble")
    head = _MARK + bytes.fromhex(frame.address)[::-1] + _MARK + bytes((frame.control, len(data)))
    core = head + data.translate(_ADD_33)
    return _PREAMBLES[frame.preamble] + core + bytes((sum(core) & 0xFF, _END))


def decode(raw: bytes) -> Frame:
    """Read `raw`, which is exactly one frame and its preamble; RemoteError for anything else.

    Codes: `not_a_frame`, `bad_length`, `bad_end`, `bad_checksum`, `bad_address`.
    """
    at = len(raw) - len(raw.lstrip(_WAKE))
    size = len(raw) - at
    if size < 12 or raw[at] != _START or raw[at + 7] != _START:
        raise RemoteError("these bytes do not begin a frame", code="not_a_frame")
    if size != 12 + raw[at + 9]:
        raise RemoteError("the length does not match the bytes", code="bad_length", field="length")
    return _frame_at(raw, at, size, min(at, MAX_PREAMBLE))


def take_frame(buffer: bytes) -> tuple[Frame | None, int]:
    """Find the first frame in `buffer`; also say how many bytes are now spent.

    `(None, 0)` asks for more bytes; `(None, n)` says that the first n are noise. A bad checksum is noise,
    not an error: the search goes on one byte further, so that a good frame inside a bad one is found.
    """
    return find_frame(buffer, 0)


def find_frame(buffer: bytes | bytearray, start: int) -> tuple[Frame | None, int]:
    """As `take_frame`, from position `start`; the number returned is a position in `buffer` too."""
    at = buffer.find(_START, start)
    while at >= 0:
        size = _size_at(buffer, at)
        if size > len(buffer) - at:
            return None, at - _count_wake(buffer, start, at)
        if size and buffer[at + size - 1] == _END:
            try:
                return _frame_at(buffer, at, size, _count_wake(buffer, start, at)), at + size
            except RemoteError:
                pass  # noise: look one byte further
        at = buffer.find(_START, at + 1)
    return None, len(buffer) - _count_wake(buffer, start, len(buffer))


def _size_at(buffer: bytes | bytearray, at: int) -> int:
    """Return the size of a frame at `at`: 0 if none can be, more than there is if not known yet."""
    if at + 7 >= len(buffer):
        return 12
    if buffer[at + 7] != _START:
        return 0
    return 12 + buffer[at + 9] if at + 9 < len(buffer) else 12


def _count_wake(buffer: bytes | bytearray, start: int, at: int) -> int:
    """Return how many FEH stand right before `at`, as far as a preamble may reach."""
    first = max(start, at - MAX_PREAMBLE)
    before = bytes(buffer[first:at])
    return len(before) - len(before.rstrip(_WAKE))


def _frame_at(buffer: bytes | bytearray, at: int, size: int, preamble: int) -> Frame:
    end = at + size - 1
    if buffer[end] != _END:
        raise RemoteError("the frame does not end in 16H", code="bad_end", field="end")
    if sum(buffer[at : end - 1]) & 0xFF != buffer[end - 1]:
        raise RemoteError("the checksum does not match", code="bad_checksum", field="checksum")
    address = buffer[at + 6 : at : -1].hex()
    if not address.isdecimal():
        address = address.upper()
        if not is_address(address):
            raise RemoteError(
                "an address is 12 digits, or leading pairs AA and digits", code="bad_address", field="address"
            )
    return Frame(address, buffer[at + 8], bytes(buffer[at + 10 : end - 1]).translate(_TAKE_33), preamble)
