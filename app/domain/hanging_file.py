"""A file that says how meters hang: what a row of it means beside what is known (SPEC H-15)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from app.domain.archive import ArchiveTerms, Hanging, Line, Protocol, ports_of

_NONE = "-"


class Finding(StrEnum):
    """What is made of a row that can be used. A row that cannot be has a code of what is wrong with it instead.

    `overtaken`: the meter hung otherwise by the time the file was applied than when it was looked at.
    """

    CHANGE = "change"
    SAME = "same"
    DONE = "done"
    OVERTAKEN = "overtaken"


class RowFault(StrEnum):
    """What is wrong with a row, beside what no meter can hang as (`BadHanging`: bad_line, bad_port ...)."""

    NO_NUMBER = "no_number"
    NUMBER_BAD = "number_bad"
    CELL_BAD = "cell_bad"
    QUOTES = "quotes"
    DUPLICATE = "duplicate"
    METER_UNKNOWN = "meter_unknown"
    METER_REMOVED = "meter_removed"
    POINT_BAD = "point_bad"
    POINT_TAKEN = "point_taken"
    POINT_KEPT = "point_kept"


@dataclass(frozen=True, slots=True)
class Wish:
    """One row: what it wants of a meter. None: that stays as it is. `collector` "": there is none in between."""

    row: int
    number: str
    line: Line | None = None
    port: int | None = None
    protocol: Protocol | None = None
    baud: int | None = None
    collector: str | None = None
    point: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How a meter hangs, and under which measuring point; None: it has none yet."""

    hanging: Hanging
    point: int | None = None

    @property
    def spelled(self) -> str:
        """Six words: line, port, protocol, speed, collector, point."""
        h = self.hanging
        return f"{h.line} {h.port} {h.protocol} {h.baud} {h.collector or _NONE} {self.point or _NONE}"


def read_standing(address: str, spelled: str) -> Standing:
    """The other way round. Raises ValueError for words of another kind."""
    line, port, protocol, baud, collector, point = spelled.split()
    hanging = Hanging(
        address, Line(line), int(port), Protocol(protocol), int(baud), "" if collector == _NONE else collector
    )
    return Standing(hanging, None if point == _NONE else int(point))


def meant(wish: Wish, now: Standing, terms: ArchiveTerms) -> Standing:
    """What a meter is to hang as: what the row leaves open stays, where it can on such a line.

    Who names only another line means its port, where it has one port only, and no speed where none can be set.
    """
    hanging = now.hanging
    line = wish.line or hanging.line
    port, ports = wish.port or hanging.port, ports_of(line, terms)
    if wish.port is None and port not in ports and len(ports) == 1:
        port = ports[0]
    baud = hanging.baud if wish.baud is None else wish.baud
    if wish.baud is None and line is not Line.RS485:
        baud = 0
    new = replace(
        hanging,
        line=line,
        port=port,
        protocol=wish.protocol or hanging.protocol,
        baud=baud,
        collector=hanging.collector if wish.collector is None else wish.collector,
    )
    return Standing(new, now.point if wish.point is None else wish.point)


@dataclass(frozen=True, slots=True)
class Move:
    """A meter of one concentrator that is to have another point. `row`: of the file; the earlier one goes first."""

    row: int
    before: int | None
    after: int


def clashes(moves: Mapping[int, Move], held: frozenset[int]) -> frozenset[int]:
    """The rows whose point somebody else has. `held`: points of a concentrator that no row of the file moves away.

    Two meters may change places: what counts is who has what in the end. A row that cannot have its point leaves its
    meter where it is, which may stand in the way of another.
    """
    wanted: dict[int, list[int]] = {}
    for row in sorted(moves):
        wanted.setdefault(moves[row].after, []).append(row)
    fresh = [row for point, rows in wanted.items() for row in (rows if point in held else rows[1:])]
    lost = set(fresh)
    while fresh:  # each row is lost once: what it stays on is what at most one other still hopes for
        stays_on = moves[fresh.pop()].before
        for row in wanted.get(stays_on, ()) if stays_on is not None else ():
            if row not in lost:
                lost.add(row)
                fresh.append(row)
    return frozenset(lost)
