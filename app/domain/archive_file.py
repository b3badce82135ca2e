"""Files that change the archive: what is made of a row, and who has which point in the end (SPEC H-15)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.domain.archive import FIRST_POINT, LAST_POINT


class FileKind(StrEnum):
    """What the rows of a file are about."""

    METERS = "meters"
    MASTERS = "masters"


class Finding(StrEnum):
    """What is made of a row that can be used. A row that cannot be has a code of what is wrong with it instead.

    `add`, `change`: what the row would do; `added`, `done`: that it has done it. `overtaken`: what it is about stood
    otherwise by the time the file was applied than when it was looked at.
    """

    ADD = "add"
    CHANGE = "change"
    SAME = "same"
    ADDED = "added"
    DONE = "done"
    OVERTAKEN = "overtaken"


GOING = (Finding.ADD, Finding.CHANGE)
"""What a row can be before its file is applied, that applying it would do."""
APPLIED = (Finding.ADDED, Finding.DONE)


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
    POINT_STAYS = "point_stays"
    POINTS_USED_UP = "points_used_up"
    ADDRESS_BAD = "bad_address"
    ADDRESS_TAKEN = "address_taken"
    NO_ADDRESS = "no_address"
    NO_NAME = "no_name"
    NAME_BAD = "name_bad"
    NO_CONCENTRATOR = "no_concentrator"
    CONCENTRATOR_BAD = "concentrator_bad"
    CONCENTRATOR_UNKNOWN = "concentrator_unknown"
    MASTER_ELSEWHERE = "master_elsewhere"


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


def points_given(wants: Mapping[int, int | None], held: frozenset[int]) -> dict[int, int | RowFault]:
    """The points of new ones at one concentrator, by row: that which a row names, or the lowest that is left.

    What a row names comes first, the earlier row before the later; one that cannot have it gets none. `held`: points
    that somebody has.
    """
    named = {row: Move(row, None, point) for row, point in wants.items() if point is not None}
    lost = clashes(named, held)
    taken = held | {move.after for row, move in named.items() if row not in lost}
    left = (point for point in range(FIRST_POINT, LAST_POINT + 1) if point not in taken)
    found: dict[int, int | RowFault] = {}
    for row in sorted(wants):
        if row in named:
            found[row] = RowFault.POINT_TAKEN if row in lost else named[row].after
        else:
            found[row] = next(left, RowFault.POINTS_USED_UP)
    return found
