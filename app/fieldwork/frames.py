"""Which protocol some bytes are, and what they say; what is wrong with them, where, and what can be read anyhow."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from app.fieldwork import dlt645, gdw1376
from app.fieldwork.sheet import Sheet, hex_lines
from meters_io.bits import sum8
from meters_io.dlt645 import frame as inner
from meters_io.errors import CodecError
from meters_io.gdw1376 import frame as outer

_BETWEEN = re.compile(r"0x|[\s\-:,;.|_]", re.IGNORECASE)
_START, _END = 0x68, 0x16
_INNER_HEAD, _OUTER_HEAD = 10, 14


class NotHexError(ValueError):
    """What was given are no bytes; the text says where."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """Bytes from `first` up to `last`: a good frame that `tell` writes down, or none."""

    first: int
    last: int
    tell: Callable[[Sheet], None] | None = None


def bytes_of(text: str) -> bytes:
    """Return the bytes of hex, however it is grouped. Raises NotHexError."""
    bare = _BETWEEN.sub("", text)
    wrong = re.search("[^0-9a-fA-F]", bare)
    if wrong is not None:
        place = wrong.start() // 2 + 1
        raise NotHexError(f"{wrong.group()!r} is no hex digit (in byte {place}); give hex like 68 11 ... 16")
    if not bare:
        raise NotHexError("there are no bytes; give hex like 68 11 ... 16, here or on standard input")
    if len(bare) % 2:
        raise NotHexError(
            f"{len(bare)} hex digits are {len(bare) // 2} bytes and a half; one digit is missing or too many"
        )
    return bytes.fromhex(bare)


def tell(raw: bytes, sheet: Sheet) -> bool:
    """Write down all frames in `raw`, and what is between them. Return whether there was nothing but good frames."""
    pieces = [*_pieces(raw)]
    if not any(piece.tell for piece in pieces):
        _tell_broken(raw, sheet)
        return False
    for piece in pieces:
        if piece.tell is not None:
            piece.tell(sheet)
            continue
        sheet.title(f"bytes {piece.first + 1} to {piece.last} belong to no good frame:")
        _tell_broken(raw[piece.first : piece.last], sheet.under())
    return all(piece.tell for piece in pieces)


def _pieces(raw: bytes) -> Iterator[_Piece]:
    """Yield frames and what lies between them; of two that overlap the first, so that a frame keeps what it carries."""
    at = 0
    while at < len(raw):
        found = min((piece for piece in (_outer_at(raw, at), _inner_at(raw, at)) if piece), key=_first, default=None)
        if found is None:
            yield _Piece(at, len(raw))
            return
        if found.first > at:
            yield _Piece(at, found.first)
        yield found
        at = found.last


def _first(piece: _Piece) -> int:
    return piece.first


def _outer_at(raw: bytes, at: int) -> _Piece | None:
    frame, end = outer.take_frame(raw[at:])
    return (
        _Piece(at + end - len(outer.encode(frame)), at + end, lambda sheet: gdw1376.tell(sheet, frame))
        if frame
        else None
    )


def _inner_at(raw: bytes, at: int) -> _Piece | None:
    frame, end = inner.take_frame(raw[at:])
    return (
        _Piece(at + end - len(inner.encode(frame)), at + end, lambda sheet: dlt645.tell(sheet, frame))
        if frame
        else None
    )


def _tell_broken(raw: bytes, sheet: Sheet) -> None:
    core = raw.lstrip(b"\xfe")
    if core[:1] == b"\x68" and core[5:6] == b"\x68" and core[1:3] == core[3:5]:
        _tell_broken_outer(core, sheet)
    elif core[:1] == b"\x68" and (core[7:8] == b"\x68" or len(core) < 8):
        _tell_broken_inner(core, sheet)
    else:
        sheet.title("no frame of DL/T 645 or Q/GDW 1376.1")
        inside = sheet.under()
        inside.row("what is wrong", _why_no_start(core))
        for line in hex_lines(raw):
            inside.title(line)


def _why_no_start(core: bytes) -> str:
    if core[:1] != b"\x68":
        return f"a frame begins with 68, this with {core[:1].hex().upper() or 'nothing'}"
    return "behind the first 68 a second one is due: byte 8 in DL/T 645, byte 6 in Q/GDW 1376.1 behind its length twice"


def _tell_broken_inner(core: bytes, sheet: Sheet) -> None:
    sheet.title("DL/T 645 frame, broken")
    inside = sheet.under()
    if len(core) < _INNER_HEAD:
        inside.row("what is wrong", f"it breaks off after {len(core)} bytes; the shortest frame has 12")
        _tell_rest(core, inside)
        return
    size = 12 + core[9]
    for fault in _faults(core, size, 0):
        inside.row("what is wrong", fault)
    data = bytes((byte - 0x33) & 0xFF for byte in core[10 : min(size, len(core) + 2) - 2])
    address = core[6:0:-1].hex().upper()
    if not inner.is_address(address):
        inside.row("what is wrong", f"the address {address} (bytes 2 to 7, lowest pair first) is not BCD")
        _tell_rest(core, inside)
        return
    inside.title("what could be read, not to be trusted:")
    dlt645.tell(inside.under(), inner.Frame(address, core[8], data))


def _tell_broken_outer(core: bytes, sheet: Sheet) -> None:
    sheet.title("Q/GDW 1376.1 frame, broken")
    inside = sheet.under()
    length = int.from_bytes(core[1:3], "little")
    size = (length >> 2) + 8
    if length & 3 not in (1, 2):
        inside.row("what is wrong", f"the protocol id is {length & 3} (byte 2, bits 0 and 1); 1 and 2 are known")
    for fault in _faults(core, size, 6):
        inside.row("what is wrong", fault)
    body = core[6 : min(size, len(core) + 2) - 2]
    if len(body) < _OUTER_HEAD - 6:
        _tell_rest(core, inside)
        return
    inside.title("what could be read, not to be trusted:")
    try:
        gdw1376.tell(inside.under(), outer.decode(_mended(body)))
    except CodecError as error:
        inside.under().row("not even that", error)


def _mended(body: bytes) -> bytes:
    length = (len(body) << 2 | 2).to_bytes(2, "little")
    return b"".join((b"\x68", length, length, b"\x68", body, bytes((sum8(body), _END))))


def _faults(core: bytes, size: int, summed_from: int) -> Iterator[str]:
    """Yield what is wrong with a frame of `size` bytes whose sum begins at `summed_from`, and where."""
    if len(core) < size:
        yield f"it announces {size} bytes and {len(core)} are here: {size - len(core)} are missing at the end"
        return
    if len(core) > size:
        yield f"it announces {size} bytes and {len(core)} are here: {len(core) - size} too many"
    if core[size - 1] != _END:
        yield f"byte {size} ends the frame and must be 16, it is {core[size - 1]:02X}"
    made, said = sum8(core[summed_from : size - 2]), core[size - 2]
    if made != said:
        where = f"bytes {summed_from + 1} to {size - 2}"
        yield f"the checksum (byte {size - 1}) is {said:02X}, but {where} add up to {made:02X}"


def _tell_rest(core: bytes, sheet: Sheet) -> None:
    for line in hex_lines(core):
        sheet.title(line)
