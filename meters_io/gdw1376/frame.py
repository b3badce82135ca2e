"""The Q/GDW 1376.1 frame.

    68 | L L | L L | 68 | C | A1 A1 A2 A2 A3 | AFN | SEQ | units ... | aux | CS | 16

L holds the protocol edition (bits 1..0) and the number of bytes from C to the byte before CS (bits 15..2),
twice. CS is the sum of exactly those bytes.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import accumulate

from meters_io.bits import cut_bits, has_bit, sum8
from meters_io.errors import LocalError, RemoteError

MAX_INNER = 16383
MAX_FRAME = MAX_INNER + 8
_MIN_INNER = 8  # C, address, AFN, SEQ
_START = 0x68
_END = 0x16


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


@dataclass(frozen=True, slots=True)
class Frame:
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


def encode(frame: Frame) -> bytes:
    """Return the bytes of `frame`; LocalError names the field that cannot be sent."""
    inner = _head(frame) + frame.body
    if len(inner) > MAX_INNER:
        raise LocalError("the frame body is too long", code="too_long", field="body")
    if frame.protocol not in (Protocol.GDW130, Protocol.GDW376):
        raise LocalError("only protocol ids 1 and 2 are known", code="unknown_protocol", field="protocol")
    length = (len(inner) << 2 | frame.protocol).to_bytes(2, "little")
    return b"".join((b"\x68", length, length, b"\x68", inner, bytes((sum8(inner), _END))))


def decode(raw: bytes) -> Frame:
    """Read `raw`, which is exactly one frame; RemoteError for anything else.

    Codes: `not_a_frame`, `bad_length`, `bad_end`, `bad_checksum`.
    """
    size = _size_at(raw, 0) if len(raw) >= 6 and raw[0] == _START else 0
    if not size:
        raise RemoteError("these bytes do not begin a frame", code="not_a_frame")
    if size != len(raw):
        raise RemoteError("the length does not match the bytes", code="bad_length", field="length")
    if raw[-1] != _END:
        raise RemoteError("the frame does not end in 16H", code="bad_end", field="end")
    if sum8(raw[6:-2]) != raw[-2]:
        raise RemoteError("the checksum does not match", code="bad_checksum", field="checksum")
    return _frame_at(raw, 0, size)


def take_frame(buffer: bytes) -> tuple[Frame | None, int]:
    """Find the first frame in `buffer`; also say how many bytes are now spent.

    `(None, 0)` asks for more bytes; `(None, n)` says that the first n are noise. A bad checksum is noise,
    not an error: the search goes on one byte further, so that a good frame inside a bad one is found.
    """
    return find_frame(buffer, running_sums(buffer, 0), 0)


def running_sums(raw: bytes, first: int) -> array[int]:
    """Return `first`, and after it the sum up to and including each byte of `raw`."""
    return array("Q", accumulate(raw, initial=first))


def find_frame(buffer: bytes | bytearray, sums: Sequence[int], start: int) -> tuple[Frame | None, int]:
    """As `take_frame`, from position `start`; the number returned is a position in `buffer` too.

    `sums[i]` is the sum of the bytes before `i`, so that a false header costs the same however long a
    frame it announces: garbage made of headers is read in linear time.
    """
    at = buffer.find(_START, start)
    while at >= 0:
        size = _size_at(buffer, at)
        if size > len(buffer) - at:
            return None, at
        end = at + size - 1
        if size and buffer[end] == _END and (sums[end - 1] - sums[at + 6]) & 0xFF == buffer[end - 1]:
            return _frame_at(buffer, at, size), end + 1
        at = buffer.find(_START, at + 1)
    return None, len(buffer)


def answer_head(asked: Frame, control: Control, afn: int) -> Frame:
    """Return an empty answer to `asked`: same terminal, master and number, no tail."""
    return replace(asked, control=control, afn=afn, seq=Seq(asked.seq.number), body=b"")


def _size_at(buffer: bytes | bytearray, at: int) -> int:
    """Return the size of a frame at `at`: 0 if none can be, more than there is if not known yet."""
    head = bytes(buffer[at : at + 6])
    if len(head) < 6:
        return 7
    length = head[1] | head[2] << 8
    inner = length >> 2
    if head[1:3] != head[3:5] or head[5] != _START or inner < _MIN_INNER or length & 3 not in (1, 2):
        return 0
    return inner + 8


def _head(frame: Frame) -> bytes:
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


def _frame_at(buffer: bytes | bytearray, at: int, size: int) -> Frame:
    inner = bytes(buffer[at + 6 : at + size - 2])
    c, seq = inner[0], inner[7]
    return Frame(
        terminal=Terminal(inner[2:0:-1].hex().upper(), inner[3] | inner[4] << 8),
        control=Control(has_bit(c, 7), has_bit(c, 6), c & 15, has_bit(c, 5), has_bit(c, 4)),
        afn=inner[6],
        seq=Seq(cut_bits(seq, 0, 4), has_bit(seq, 7), has_bit(seq, 6), has_bit(seq, 5), has_bit(seq, 4)),
        body=inner[8:],
        a3=inner[5],
        protocol=buffer[at + 1] & 3,
    )
