"""Unit identifiers: which measuring points (Pn) and which functions (Fn) the data behind them are about.

DA is a bitmap of 8 points and a group 1..255, DT a bitmap of 8 functions and a group 0..30: F = group * 8 + bit + 1.
Adding the two bytes up instead is a known mistake: DT 04 00 is F3, not F4.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from meters_io.bits import set_places
from meters_io.errors import LocalError, RemoteError

TERMINAL_POINT = 0  # p0: the terminal itself
ALL_POINTS = -1
UNIT_BYTES = 4
_MAX_POINT = 255 * 8
_MAX_FUNCTION = 31 * 8
_KNOWN_UNITS = 4096  # the same few are asked for again and again


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit identifier. `points`: (0,) the terminal, (ALL_POINTS,), or 1..2040 of one group of eight, rising.

    `functions`: 1..248 of one group of eight, rising. The data run point by point, inside a point F by F.
    """

    points: tuple[int, ...]
    functions: tuple[int, ...]


def unit(point: int, function: int) -> Unit:
    """Return the identifier of one function of one point."""
    return Unit((point,), (function,))


@lru_cache(_KNOWN_UNITS)
def unit_to_bytes(identifier: Unit) -> bytes:
    """Write DA and DT; LocalError when the points or functions do not share a group."""
    return _points_to_bytes(identifier.points) + _functions_to_bytes(identifier.functions)


@lru_cache(_KNOWN_UNITS)
def unit_from_bytes(raw: bytes) -> Unit:
    """Read DA and DT, 4 bytes; RemoteError for an empty bitmap or a group that does not exist."""
    if len(raw) != UNIT_BYTES:
        raise RemoteError("a unit identifier has 4 bytes", code="bad_length", field="unit")
    return Unit(_points_from_bytes(raw[0], raw[1]), _functions_from_bytes(raw[2], raw[3]))


def take_unit(body: bytes, expected: Unit) -> bytes:
    """Return what follows the unit identifier that begins `body`, which must be `expected`."""
    if unit_from_bytes(body[:UNIT_BYTES]) != expected:
        raise RemoteError("the answer is about another unit", code="wrong_unit", field="unit")
    return body[UNIT_BYTES:]


def _points_to_bytes(points: tuple[int, ...]) -> bytes:
    if points == (TERMINAL_POINT,):
        return b"\x00\x00"
    if points == (ALL_POINTS,):
        return b"\xff\x00"
    group, bitmap = _pack(points, _MAX_POINT, "points")
    return bytes((bitmap, group + 1))


def _functions_to_bytes(functions: tuple[int, ...]) -> bytes:
    group, bitmap = _pack(functions, _MAX_FUNCTION, "functions")
    return bytes((bitmap, group))


def _pack(numbers: Sequence[int], limit: int, name: str) -> tuple[int, int]:
    groups = {(number - 1) // 8 for number in numbers}
    if len(groups) != 1 or not all(1 <= number <= limit for number in numbers):
        raise LocalError(f"{name} must share one group of eight", code="out_of_range", field=name)
    return groups.pop(), sum({1 << (number - 1) % 8 for number in numbers})


def _points_from_bytes(bitmap: int, group: int) -> tuple[int, ...]:
    if group == 0 and bitmap in (0, 0xFF):
        return (ALL_POINTS,) if bitmap else (TERMINAL_POINT,)
    if group == 0 or bitmap == 0:
        raise RemoteError("DA names no point", code="bad_unit", field="da")
    return tuple((group - 1) * 8 + place + 1 for place in set_places(bitmap))


def _functions_from_bytes(bitmap: int, group: int) -> tuple[int, ...]:
    if bitmap == 0 or group > 30:
        raise RemoteError("DT names no function", code="bad_unit", field="dt")
    return tuple(group * 8 + place + 1 for place in set_places(bitmap))
