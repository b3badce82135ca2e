"""The meter archive of a terminal (AFN 04 F10, AFN 0A F10): which meters it reads, as which points, over which port."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum

from meters_io.errors import LocalError, RemoteError
from meters_io.gdw1376.asking import (
    Piece,
    build_answer,
    build_request,
    fields_of,
    number_in,
    only,
    pieces_of_answer,
    pieces_of_request,
    text_in,
)
from meters_io.gdw1376.frame import Afn, Frame
from meters_io.gdw1376.passage import CARRIER_PORT, Route
from meters_io.gdw1376.tail import NO_TAIL, Tail
from meters_io.gdw1376.units import TERMINAL_POINT
from meters_io.layout import Plain, at_field

_ARCHIVE = 10
_BAUDS = (0, 600, 1200, 2400, 4800, 7200, 9600, 19200)  # 0: the terminal's default
_NOWHERE = "000000000000"


class MeterProtocol(IntEnum):
    """What the terminal speaks with a meter; a maker may have others."""

    NONE = 0
    DLT645_1997 = 1
    AC_SAMPLING = 2
    DLT645_2007 = 30
    NARROW_BAND_MODULE = 31


@dataclass(frozen=True, slots=True)
class ArchiveEntry:
    """One meter.

    `sequence`: its place in the archive, 1..2040. `point`: under which it is asked for; 0 deletes the entry. `address`,
    `collector`: 12 digits; no collector is zeros, or None. `port`: 1 AC sampling, 2..4 RS-485, 31 carrier. `password`:
    6 bytes. `whole_digits` 4..7, `decimals` 1..4: how it shows energy. `user_class`, `sub_class`: 0..15, whose item
    sets F38 and F39 configure.
    """

    sequence: int
    point: int
    address: str
    port: int = CARRIER_PORT
    baud: int = 0
    protocol: int = MeterProtocol.DLT645_2007
    password: bytes = field(default=bytes(6), repr=False)
    tariffs: int = 4
    whole_digits: int = 6
    decimals: int = 2
    collector: str | None = _NOWHERE
    user_class: int = 0
    sub_class: int = 0


def deletion(entry: ArchiveEntry) -> ArchiveEntry:
    """Return what deletes an entry."""
    return replace(entry, point=0)


def build_archive(route: Route, entries: Iterable[ArchiveEntry]) -> Frame:
    """Order entries to be added, changed or deleted. LocalError names the field that cannot be sent."""
    return build_request(route, Afn.SET, [_piece(entries)])


def parse_archive(request: Frame) -> tuple[ArchiveEntry, ...]:
    """Read, as a terminal, such an order. RemoteError names the entry and the field that is out of range."""
    return _entries_in(only(pieces_of_request(request, Afn.SET), _ARCHIVE))


def build_archive_query(route: Route, sequences: Iterable[int]) -> Frame:
    """Ask for the entries in these places."""
    return build_request(route, Afn.QUERY, [Piece(TERMINAL_POINT, _ARCHIVE, list(sequences))])


def parse_archive_query(request: Frame) -> tuple[int, ...]:
    """Read, as a terminal, which places are asked for; none at all asks for the whole archive."""
    asked = only(pieces_of_request(request, Afn.QUERY), _ARCHIVE).value
    return tuple(each for each in asked if isinstance(each, int)) if isinstance(asked, list) else ()


def build_archive_answer(asked: Frame, entries: Iterable[ArchiveEntry], tail: Tail = NO_TAIL) -> Frame:
    """Answer, as a terminal, with entries."""
    return build_answer(asked, [_piece(entries)], tail)


def parse_archive_answer(reply: Frame, asked: Frame) -> tuple[ArchiveEntry, ...]:
    """Read the entries that a terminal has; none where it denies that it has any. Raises RemoteError."""
    pieces = pieces_of_answer(reply, asked)
    return _entries_in(only(pieces, _ARCHIVE)) if pieces else ()


def changed(archive: Mapping[int, ArchiveEntry], entries: Iterable[ArchiveEntry]) -> dict[int, ArchiveEntry]:
    """Return a terminal's archive, by sequence, after such an order."""
    found = dict(archive)
    for entry in entries:
        found.pop(entry.sequence, None)
        if entry.point:
            found[entry.sequence] = entry
    return found


def _piece(entries: Iterable[ArchiveEntry]) -> Piece:
    lines: list[Plain] = []
    for place, entry in enumerate(entries):
        with at_field(f"entries.{place}"):
            lines.append(_plain(entry))
    return Piece(TERMINAL_POINT, _ARCHIVE, lines)


def _plain(entry: ArchiveEntry) -> Plain:
    if entry.baud not in _BAUDS:
        raise LocalError("a terminal knows no such baud rate", code="out_of_range", field="baud")
    port = _within(entry.port, 0, 31, "port")
    shown = _within(entry.whole_digits, 4, 7, "whole_digits") - 4 << 2 | _within(entry.decimals, 1, 4, "decimals") - 1
    classes = _within(entry.user_class, 0, 15, "user_class") << 4 | _within(entry.sub_class, 0, 15, "sub_class")
    return {
        "sequence": entry.sequence,
        "point": entry.point,
        "port": _BAUDS.index(entry.baud) << 5 | port,
        "protocol": int(entry.protocol),
        "address": entry.address,
        "password": entry.password.hex(),
        "tariffs": entry.tariffs,
        "digits": shown,
        "collector": entry.collector,
        "user_class": classes,
    }


def _within(number: int, least: int, most: int, field: str) -> int:
    if not least <= number <= most:
        raise LocalError(f"{field} is {least} to {most}", code="out_of_range", field=field)
    return number


def _entries_in(piece: Piece) -> tuple[ArchiveEntry, ...]:
    if not isinstance(piece.value, list):
        raise RemoteError("there are no entries", code="no_value", field="entries")
    found = []
    for place, line in enumerate(piece.value):
        with at_field(f"entries.{place}"):
            found.append(_entry(fields_of(line, "entry")))
    return tuple(found)


def _entry(line: dict[str, Plain]) -> ArchiveEntry:
    port, digits, classes = (number_in(line, name) for name in ("port", "digits", "user_class"))
    if digits > 0x0F:
        raise RemoteError("the number of digits is not written so", code="out_of_range", field="digits")
    return ArchiveEntry(
        sequence=number_in(line, "sequence"),
        point=number_in(line, "point"),
        address=text_in(line, "address"),
        port=port & 0x1F,
        baud=_BAUDS[port >> 5],
        protocol=number_in(line, "protocol"),
        password=bytes.fromhex(text_in(line, "password")),
        tariffs=number_in(line, "tariffs"),
        whole_digits=(digits >> 2) + 4,
        decimals=(digits & 3) + 1,
        collector=None if line["collector"] is None else text_in(line, "collector"),
        user_class=classes >> 4,
        sub_class=classes & 0x0F,
    )
