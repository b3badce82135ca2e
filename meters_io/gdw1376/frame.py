"""The Q/GDW 1376.1 frame.

    68 | L L | L L | 68 | C | A1 A1 A2 A2 A3 | AFN | SEQ | units ... | aux | CS | 16

L holds the protocol edition (bits 1..0) and the number of bytes from C to the byte before CS (bits 15..2),
twice. CS is the sum of exactly those bytes.

Three means make this fast. What stands before AFN is remembered with its sum, for it comes again and again. The low
half of an Adler-32 that starts at zero is the plain sum of up to 256 bytes, at C speed. And a frame is a named tuple.
"""

from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple
from zlib import adler32

from meters_io.errors import LocalError, RemoteError

MAX_INNER = 16383
MAX_FRAME = MAX_INNER + 8
_MIN_INNER = 8  # C, address, AFN, SEQ
_START = 0x68
_END = 0x16
_BLOCK = 256  # as many bytes can be summed up by an Adler-32 before it wraps
_KNOWN_HEADS = 16_384  # a front-end hears the same terminals again and again
_TAILS = tuple(bytes((check, _END)) for check in range(256))
_new = tuple.__new__


class Protocol(IntEnum):
    """The edition in bits 1..0 of L."""

    GDW130 = 1  # Q/GDW 130-2005
    GDW376 = 2  # Q/GDW 376.1-2009, Q/GDW 1376.1-2013


class Afn(IntEnum):
    """Application function codes."""

    CONFIRM = 0x00
    RESET = 0x01
    LINK = 0x02
    RELAY = 0x03  # relay station
    SET = 0x04
    CONTROL = 0x05
    AUTHENTICATION = 0x06
    CONFIGURATION = 0x09
    QUERY = 0x0A
    TASK_DATA = 0x0B
    CURRENT = 0x0C
    HISTORY = 0x0D
    EVENTS = 0x0E
    FILES = 0x0F
    FORWARD = 0x10


@dataclass(frozen=True, slots=True)
class Terminal:
    """The address of a concentrator: `region` 4 characters of 0-9A-F (BCD by the standard), `number`
    0..65535.
    """

    region: str
    number: int


@dataclass(frozen=True, slots=True)
class Control:
    """The byte C.

    `up`: from the terminal. `starts`: PRM, from the side that starts. `function`: 0..15. `flag5`: FCB
    downwards, ACD upwards (events wait, and EC follows). `flag4`: FCV downwards.
    """

    up: bool
    starts: bool
    function: int
    flag5: bool = False
    flag4: bool = False


@dataclass(frozen=True, slots=True)
class Seq:
    """The byte SEQ: `number` 0..15 is PSEQ or RSEQ; `tagged` says a time tag ends the frame; `confirm`
    asks for one.
    """

    number: int
    tagged: bool = False
    first: bool = True
    final: bool = True
    confirm: bool = False


class Frame(NamedTuple):
    """One frame. `body` is everything after SEQ: units with their data, and the tail
    (`tail.split_tail`).
    """

    terminal: Terminal
    control: Control
    afn: int
    seq: Seq
    body: bytes
    a3: int = 0
    protocol: int = Protocol.GDW376

    @property
    def master(self) -> int:
        """The master station number MSA, 0..127, that asked; zero when the terminal starts the talk."""
        return self.a3 >> 1

    @property
    def to_group(self) -> bool:
        """Whether the address is a group address."""
        return bool(self.a3 & 1)


_CONTROLS = tuple(
    Control(byte & 0x80 != 0, byte & 0x40 != 0, byte & 0x0F, byte & 0x20 != 0, byte & 0x10 != 0) for byte in range(256)
)
_SEQS = tuple(
    Seq(byte & 0x0F, byte & 0x80 != 0, byte & 0x40 != 0, byte & 0x20 != 0, byte & 0x10 != 0) for byte in range(256)
)


def encode(frame: Frame) -> bytes:
    """Return the bytes of `frame`; LocalError names the field that cannot be sent."""
    inner = _inner_head(frame) + frame.body
    if len(inner) > MAX_INNER:
        raise LocalError("the frame body is too long", code="too_long", field="body")
    if frame.protocol not in (Protocol.GDW130, Protocol.GDW376):
        raise LocalError("only protocol ids 1 and 2 are known", code="unknown_protocol", field="protocol")
    length = (len(inner) << 2 | frame.protocol).to_bytes(2, "little")
    return b"".join((b"\x68", length, length, b"\x68", inner, bytes((_sum(inner) & 0xFF, _END))))


def decode(raw: bytes) -> Frame:
    """Read `raw`, which is exactly one frame; RemoteError for anything else.

    Codes: `not_a_frame`, `bad_length`, `bad_end`, `bad_checksum`.
    """
    terminal, control, a3, protocol, size, total = _heads[raw[:12]]
    if size != len(raw):
        raise RemoteError("the length does not match the bytes", code="bad_length", field="length")
    body, afn, seq = raw[14:-2], raw[12], raw[13]
    if size > _BLOCK or raw[-2:] != _TAILS[adler32(body, total + afn + seq) & 0xFF]:
        _check_end(raw)
    return _new(Frame, (terminal, control, afn, _SEQS[seq], body, a3, protocol))


def take_frame(buffer: bytes) -> tuple[Frame | None, int]:
    """Find the first frame in `buffer`; also say how many bytes are now spent.

    `(None, 0)` asks for more bytes; `(None, n)` says that the first n are noise. A bad checksum is noise,
    not an error: the search goes on one byte further, so that a good frame inside a bad one is found.
    """
    return find_frame(buffer, Sums(), 0)


class Sums:
    """The sums of stretches of a buffer that grows at its end: each costs the same, however long the stretch.

    So a false header costs the same however long a frame it announces, and garbage made of headers is read in linear
    time. The sum of what stands before each block of 256 bytes is remembered once it is asked for.
    """

    def __init__(self) -> None:
        self._before = [0]

    def of(self, buffer: bytes | bytearray, first: int, end: int) -> int:
        """Return the sum of `buffer[first:end]`, right in its lowest eight bits."""
        if end - first <= _BLOCK:
            return adler32(buffer[first:end], 0)
        low, high = -(-first // _BLOCK), end // _BLOCK
        before = self._before
        while len(before) <= high:
            at = len(before) * _BLOCK
            before.append(before[-1] + (adler32(buffer[at - _BLOCK : at], 0) & 0xFFFF))
        edges = adler32(buffer[first : low * _BLOCK], 0) + adler32(buffer[high * _BLOCK : end], 0)
        return edges + before[high] - before[low]

    def forget(self, blocks: int) -> None:
        """Hear that the first so many blocks of the buffer were cut off."""
        self._before = self._before[blocks:] or [0]


def find_frame(buffer: bytes | bytearray, sums: Sums, start: int) -> tuple[Frame | None, int]:
    """As `take_frame`, from position `start`; the number returned is a position in `buffer` too.

    `sums`: those of `buffer`, the same object as long as it only grows.
    """
    at, length = buffer.find(_START, start), len(buffer)
    while at >= 0:
        size = _size_at(bytes(buffer[at : at + 6]))
        if size > length - at:
            return None, at
        end = at + size
        if size and buffer[end - 1] == _END and (size <= _BLOCK or _is_whole(buffer, sums, at, end)):
            try:
                return decode(bytes(buffer[at:end])), end
            except RemoteError:
                pass  # noise: look one byte further
        at = buffer.find(_START, at + 1)
    return None, length


def answer_head(asked: Frame, control: Control, afn: int) -> Frame:
    """Return an empty answer to `asked`: same terminal, master and number, no tail."""
    return asked._replace(control=control, afn=afn, seq=Seq(asked.seq.number), body=b"")


@lru_cache(1024)
def _size_at(head: bytes) -> int:
    """Return the size of the frame that six bytes begin: 0 if they begin none, more than there is if not known yet."""
    if len(head) < 6:
        return 7
    length = head[1] | head[2] << 8
    inner = length >> 2
    if head[1:3] != head[3:5] or head[5] != _START or inner < _MIN_INNER or length & 3 not in (1, 2):
        return 0
    return inner + 8


_Head = tuple[Terminal, Control, int, int, int, int]


class _Heads(dict[bytes, _Head]):
    """What is known of the twelve bytes that begin a frame. A dictionary, for it is asked for each frame."""

    def __missing__(self, head: bytes) -> _Head:
        if len(self) >= _KNOWN_HEADS:
            self.clear()
        found = self[head] = _read_head(head)
        return found


_heads = _Heads()


def _read_head(head: bytes) -> _Head:
    """Return terminal, control, A3, protocol, the size of the frame and the sum of C to A3."""
    size = _size_at(head[:6]) if len(head) == 12 and head[0] == _START else 0
    if not size:
        raise RemoteError("these bytes do not begin a frame", code="not_a_frame")
    return _terminal(head[7:11]), _CONTROLS[head[6]], head[11], head[1] & 3, size, sum(head[6:])


@lru_cache(_KNOWN_HEADS)
def _terminal(address: bytes) -> Terminal:
    """Return the terminal of A1 and A2: the same object each time, so that comparing costs nothing."""
    return Terminal(address[1::-1].hex().upper(), address[2] | address[3] << 8)


def _is_whole(buffer: bytes | bytearray, sums: Sums, at: int, end: int) -> bool:
    """Tell whether the sum of a long frame is right, without reading all of it."""
    return sums.of(buffer, at + 6, end - 2) & 0xFF == buffer[end - 2]


def _check_end(raw: bytes) -> None:
    if raw[-1] != _END:
        raise RemoteError("the frame does not end in 16H", code="bad_end", field="end")
    if _sum(raw[6:-2]) & 0xFF != raw[-2]:
        raise RemoteError("the checksum does not match", code="bad_checksum", field="checksum")


def _sum(raw: bytes) -> int:
    return Sums().of(raw, 0, len(raw))


def _inner_head(frame: Frame) -> bytes:
    """Return C to SEQ, everything checked."""
    terminal = frame.terminal
    if len(terminal.region) != 4 or not set(terminal.region) <= set("0123456789ABCDEF"):
        raise LocalError("a region is 4 hexadecimal digits, upper case", code="bad_address", field="region")
    if not 0 <= terminal.number <= 0xFFFF:
        raise LocalError("a terminal number has 16 bits", code="out_of_range", field="terminal")
    if not 0 <= frame.a3 <= 0xFF:
        raise LocalError("A3 is one byte", code="out_of_range", field="a3")
    if not 0 <= frame.afn <= 0xFF:
        raise LocalError("AFN is one byte", code="out_of_range", field="afn")
    address = bytes.fromhex(terminal.region)[::-1] + terminal.number.to_bytes(2, "little")
    return bytes((_control_byte(frame.control), *address, frame.a3, frame.afn, _seq_byte(frame.seq)))


def _control_byte(control: Control) -> int:
    if not 0 <= control.function <= 15:
        raise LocalError("a function code has four bits", code="out_of_range", field="function")
    flags = control.up << 7 | control.starts << 6 | control.flag5 << 5 | control.flag4 << 4
    return flags | control.function


def _seq_byte(seq: Seq) -> int:
    if not 0 <= seq.number <= 15:
        raise LocalError("a sequence number has four bits", code="out_of_range", field="seq")
    return seq.tagged << 7 | seq.first << 6 | seq.final << 5 | seq.confirm << 4 | seq.number
