"""The DL/T 645-2007 frame (section 5.2 of the standard).

    [FE ...] 68 A0..A5 68 C L DATA[L] CS 16

Addresses and all fields inside DATA travel low byte first; each DATA byte has 33H added on the wire. CS is
the sum of everything from the first 68H to the last DATA byte as it stands on the wire. 68H and 16H may
occur anywhere inside.

Two means make this fast. What stands before the data is remembered with its sum, for it comes again and again. And the
low half of an Adler-32 is the plain sum of its start and up to 256 bytes, at C speed.
"""

import re
from binascii import unhexlify
from dataclasses import dataclass, replace
from functools import lru_cache
from struct import Struct
from zlib import adler32

from meters_io.errors import LocalError, RemoteError

BROADCAST = "999999999999"
ANY_METER = "AAAAAAAAAAAA"
MAX_FRAME = 12 + 255
MAX_PREAMBLE = 4

_START = 0x68
_END = 0x16
_WAKE = b"\xfe"
_HEAD = Struct("B6sBBB")
_TAILS = tuple(bytes((check, _END)) for check in range(256))
_ADD_33 = bytes((byte + 0x33) & 0xFF for byte in range(256))
_TAKE_33 = bytes((byte - 0x33) & 0xFF for byte in range(256))
_SHORT_ADDRESS = re.compile("(?:AA)+[0-9]*")  # AA only in the high-order bytes
_KNOWN_HEADS = 16_384  # a front-end says the same few things to the same meters again and again


@dataclass(slots=True, unsafe_hash=True)
class Frame:
    """One frame. Nobody changes one; it is not frozen, for making a frozen one takes as long as writing it.

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
    head, total = _write_head(frame.address, frame.control, len(data))
    body = data.translate(_ADD_33)
    raw = head + body + _TAILS[adler32(body, total) & 0xFF]
    return _wake(frame.preamble) + raw if frame.preamble else raw


def decode(raw: bytes) -> Frame:
    """Read `raw`, which is exactly one frame and its preamble; RemoteError for anything else.

    Codes: `not_a_frame`, `bad_length`, `bad_end`, `bad_checksum`, `bad_address`.
    """
    try:
        address, control, size, total = _heads[raw[:10]]
    except RemoteError:
        return _decode_awake(raw)
    body = raw[10:-2]
    if size == len(body) and raw[-2:] == _TAILS[adler32(body, total) & 0xFF]:
        return Frame(address, control, body.translate(_TAKE_33))
    return _decode_awake(raw)


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
                frame = decode(bytes(buffer[at : at + size]))
                return replace(frame, preamble=_count_wake(buffer, start, at)), at + size
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


def _decode_awake(raw: bytes) -> Frame:
    """Read a frame behind its preamble, or say what is wrong with it."""
    awake = raw.lstrip(_WAKE)
    if len(awake) < len(raw):
        return replace(decode(awake), preamble=min(len(raw) - len(awake), MAX_PREAMBLE))
    if len(raw) < 12 or raw[0] != _START or raw[7] != _START:
        raise RemoteError("these bytes do not begin a frame", code="not_a_frame")
    if len(raw) != 12 + raw[9]:
        raise RemoteError("the length does not match the bytes", code="bad_length", field="length")
    if raw[-1] != _END:
        raise RemoteError("the frame does not end in 16H", code="bad_end", field="end")
    if sum(raw[:-2]) & 0xFF != raw[-2]:
        raise RemoteError("the checksum does not match", code="bad_checksum", field="checksum")
    raise RemoteError("the address is not BCD", code="bad_address", field="address")


def _wake(count: int) -> bytes:
    if not 0 <= count <= MAX_PREAMBLE:
        raise LocalError("a preamble has at most four bytes", code="out_of_range", field="preamble")
    return _WAKE * count


@lru_cache(_KNOWN_HEADS)
def _write_head(address: str, control: int, size: int) -> tuple[bytes, int]:
    """Return what stands before the data, everything checked, and its sum modulo 256."""
    if not is_address(address):
        raise LocalError("an address is 12 digits, or leading pairs AA and digits", code="bad_address", field="address")
    if not 0 <= control <= 255:
        raise LocalError("the control code is one byte", code="out_of_range", field="control")
    if size > 255:
        raise LocalError("a frame carries at most 255 bytes", code="too_long", field="data")
    head = _HEAD.pack(_START, unhexlify(address)[::-1], _START, control, size)
    return head, adler32(head, 0) & 0xFF


def _read_head(head: bytes) -> tuple[str, int, int, int]:
    """Return address, control code, length and the sum, modulo 256, of the ten bytes before the data."""
    if len(head) == _HEAD.size:
        first, wire, second, control, size = _HEAD.unpack(head)
        address = wire[::-1].hex()
        if first == second == _START and (address.isdecimal() or is_address(address := address.upper())):
            return address, control, size, adler32(head, 0) & 0xFF
    raise RemoteError("these bytes do not begin a frame", code="not_a_frame")


class _Heads(dict[bytes, tuple[str, int, int, int]]):
    """Heads that were read before; when full it starts anew. An `lru_cache` takes twice as long to find bytes."""

    def __missing__(self, head: bytes) -> tuple[str, int, int, int]:
        if len(self) >= _KNOWN_HEADS:
            self.clear()
        found = self[head] = _read_head(head)
        return found


_heads = _Heads()
