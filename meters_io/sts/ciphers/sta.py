"""EA07: the standard transfer algorithm, 64-bit block and key, 16 rounds of substitution and permutation
(IEC 62055-41, 6.5.4.2).

The tables of real meters are licensed to members of the STS Association: the operator supplies them as JSON.
The standard's sample tables are here for simulators and tests.
"""

import json
from dataclasses import dataclass
from functools import cache

from meters_io.errors import LocalError, RemoteError

_MASK = (1 << 64) - 1
_ROUNDS = 16
_NIBBLES = range(16)
_KEY_TURN = 12  # the encryption key is complemented and turned right by this before the first round

_SIZES = {"sub1": 16, "sub2": 16, "perm": 64}
_Rows = tuple[tuple[int, ...], ...]  # 16 nibble positions x 16 nibble values -> where its bits end up in the block


@dataclass(frozen=True, slots=True)
class StaTables:
    """Two substitutions of 16 nibbles and one permutation of 64 bits. Raises RemoteError `sta_tables`."""

    sub1: tuple[int, ...]
    sub2: tuple[int, ...]
    perm: tuple[int, ...]

    def __post_init__(self) -> None:
        for name, size in _SIZES.items():
            if sorted(getattr(self, name)) != list(range(size)):
                message = f"{name} does not hold each number from 0 to {size - 1} once"
                raise RemoteError(message, code="sta_tables", field=name)


def parse_tables(text: str) -> StaTables:
    """Read the operator's tables: JSON lists `sub1`, `sub2` and `perm`. Raises RemoteError `sta_tables`."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RemoteError("the tables are not JSON", code="sta_tables", field="json") from error
    if not isinstance(found, dict):
        raise RemoteError("the tables are no JSON object", code="sta_tables", field="json")
    return StaTables(*(_numbers(found.get(name), name) for name in _SIZES))


def _numbers(entries: object, name: str) -> tuple[int, ...]:
    if not isinstance(entries, list) or not all(type(entry) is int for entry in entries):
        raise RemoteError(f"{name} is missing, or no list of whole numbers", code="sta_tables", field=name)
    return tuple(entries)


# fmt: off
SAMPLE_TABLES = StaTables(
    sub1=(12, 10, 8, 4, 3, 15, 0, 2, 14, 1, 5, 13, 6, 9, 7, 11),
    sub2=(6, 9, 7, 4, 3, 10, 12, 14, 2, 13, 1, 15, 0, 11, 8, 5),
    perm=(
        29, 27, 34, 9, 16, 62, 55, 2, 40, 49, 38, 25, 33, 61, 30, 23,
        1, 41, 21, 57, 42, 15, 5, 58, 19, 53, 22, 17, 48, 28, 24, 39,
        3, 60, 36, 14, 11, 52, 54, 12, 31, 51, 10, 26, 0, 45, 37, 43,
        44, 6, 59, 4, 7, 35, 56, 50, 13, 18, 32, 47, 46, 63, 20, 8,
    ),
)
# fmt: on


class Sta:
    """STA under one key of 8 bytes and one set of tables. Raises LocalError `key_length`."""

    __slots__ = ("_forward", "_inverse", "_key", "_unpermute")

    def __init__(self, key: bytes, tables: StaTables) -> None:
        if len(key) != 8:
            raise LocalError("the cipher takes a key of another length", code="key_length", field="key")
        self._key = _turned_right(int.from_bytes(key, "big") ^ _MASK, _KEY_TURN)
        self._forward = _forward(tables)
        self._inverse, self._unpermute = _backward(tables)

    def encrypt(self, block: int) -> int:
        """Return the enciphered 64-bit block."""
        for turn in range(_ROUNDS):
            block = _looked_up(self._rows(self._forward, turn), block)
        return block

    def decrypt(self, block: int) -> int:
        """Return the deciphered 64-bit block: the rounds backwards, permutation before substitution."""
        for turn in reversed(range(_ROUNDS)):
            block = _looked_up(self._unpermute, block)
            block = _looked_up(self._rows(self._inverse, turn), block)
        return block

    def _rows(self, tables: tuple[_Rows, _Rows], turn: int) -> _Rows:
        """Choose each nibble's table by the top bit of the same nibble of the round key."""
        key = _turned_right(self._key, -turn % 64)
        return tuple(tables[key >> 4 * n + 3 & 1][n] for n in _NIBBLES)


@cache
def _forward(tables: StaTables) -> tuple[_Rows, _Rows]:
    return _spread(tables.sub1, tables.perm), _spread(tables.sub2, tables.perm)


@cache
def _backward(tables: StaTables) -> tuple[tuple[_Rows, _Rows], _Rows]:
    in_place = tuple(range(64))
    substitutions = _spread(_inverted(tables.sub1), in_place), _spread(_inverted(tables.sub2), in_place)
    return substitutions, _spread(tuple(_NIBBLES), _inverted(tables.perm))


def _spread(sub: tuple[int, ...], perm: tuple[int, ...]) -> _Rows:
    """Fold a substitution and the permutation after it into one lookup a nibble position."""
    return tuple(
        tuple(sum(1 << perm[4 * n + bit] for bit in range(4) if sub[value] >> bit & 1) for value in _NIBBLES)
        for n in _NIBBLES
    )


def _looked_up(rows: _Rows, block: int) -> int:
    result = 0
    for row in rows:
        result |= row[block & 15]
        block >>= 4
    return result


def _inverted(table: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(table.index(value) for value in range(len(table)))


def _turned_right(word: int, count: int) -> int:
    return (word >> count | word << 64 - count) & _MASK
