"""EA07: the standard transfer algorithm, 64-bit block and key, 16 rounds of substitution and permutation
(IEC 62055-41, 6.5.4.2).

The tables of real meters are licensed to members of the STS Association: the operator supplies them as JSON.
The standard's sample tables are here for simulators and tests.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from meters_io.errors import LocalError, RemoteError

_MASK = (1 << 64) - 1
_TURNS = tuple((12 - turn) % 64 for turn in range(16))  # how far right a round turns the complement of the key

_SIZES = {"sub1": 16, "sub2": 16, "perm": 64}
_Row = tuple[int, ...]
_Rows = tuple[_Row, ...]
_Rounds = list[_Rows]  # for each round, the row of each byte of the block


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

    def __hash__(self) -> int:
        return hash(self.sub1)  # each keyed cipher looks its tables up, and a sixth of them tells sets apart


def parse_tables(text: str) -> StaTables:
    """Read the operator's tables: JSON lists `sub1`, `sub2` and `perm`. Raises RemoteError `sta_tables`.

    Operators type these files, or get them from different hands: the names may be longer (`STA_SUB1`, `permutation`),
    the three lists may stand in this order without names, or in an object inside the file.
    """
    import json  # noqa: PLC0415 - who has no EA07 meters need not wait for it

    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RemoteError("the tables are not JSON", code="sta_tables", field="json") from error
    lists = _named(found)
    return StaTables(*(_numbers(lists.get(name), name) for name in _SIZES))


def _named(found: object) -> dict[str, object]:
    """Return the tables by our names for them, whichever the file uses."""
    if isinstance(found, list) and len(found) == len(_SIZES):
        return dict(zip(_SIZES, found, strict=True))
    if not isinstance(found, dict):
        raise RemoteError("the tables are no JSON object", code="sta_tables", field="json")
    inside = [each for each in found.values() if isinstance(each, dict)]
    return _known(found) or (_known(inside[0]) if len(inside) == 1 else {})


def _known(found: dict[str, object]) -> dict[str, object]:
    return {ours: each for name, each in found.items() if (ours := _our_name(name))}


def _our_name(name: str) -> str | None:
    letters = "".join(filter(str.isalnum, name.lower())).replace("substitution", "sub").replace("permutation", "perm")
    return next((each for each in _SIZES if letters.endswith(each)), None)


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
    """STA under one key of 8 bytes and one set of tables. Raises LocalError `key_length`.

    The rows that its key chooses are kept from the first block of each direction on: keep the cipher of a meter that
    gets several tokens.
    """

    __slots__ = ("_backward", "_forward", "_keys", "_lookups")

    def __init__(self, key: bytes, tables: StaTables) -> None:
        if len(key) != 8:
            raise LocalError(f"EA07 takes a key of 8 bytes, not {len(key)}", code="key_length", field="key")
        self._keys = _round_keys(int.from_bytes(key, "big"))
        self._lookups = _lookups(tables)
        self._forward: _Rounds | None = None
        self._backward: _Rounds | None = None

    def encrypt(self, block: int) -> int:
        """Return the enciphered 64-bit block."""
        if self._forward is None:
            self._forward = _chosen(self._lookups.forward, self._keys)
        return _looked_up(self._forward, block)

    def decrypt(self, block: int) -> int:
        """Return the deciphered 64-bit block.

        A round backwards permutes before it substitutes. So that the two can be folded here as well, the first
        permutation and the last substitution stand alone, and between them each substitution goes with the next
        round's permutation.
        """
        if self._backward is None:
            lookups, keys = self._lookups, self._keys
            folded = _chosen(lookups.backward, keys[:0:-1])
            self._backward = [lookups.unpermute, *folded, *_chosen(lookups.restore, keys[:1])]
        return _looked_up(self._backward, block)


@dataclass(frozen=True, slots=True)
class _Lookups:
    """What a set of tables folds into. A byte holds two nibbles, and two bits of its round key's byte choose for them.

    For each byte of the block, by the byte of the round key, 256 values -> where their bits end up: `forward` and
    `backward` after substitution and permutation, `restore` after the last substitution backwards. `unpermute`: the
    same after the permutation backwards alone, which no key changes.
    """

    forward: tuple[_Rows, ...]
    backward: tuple[_Rows, ...]
    restore: tuple[_Rows, ...]
    unpermute: _Rows


@lru_cache(maxsize=4)  # a megabyte each, and an operator has one set
def _lookups(tables: StaTables) -> _Lookups:
    unpermute, in_place = _inverted(tables.perm), tuple(range(64))
    back, unchanged = (_inverted(tables.sub1), _inverted(tables.sub2)), tuple(range(16))
    return _Lookups(
        forward=_folded((tables.sub1, tables.sub2), tables.perm),
        backward=_folded(back, unpermute),
        restore=_folded(back, in_place),
        unpermute=tuple(rows[0] for rows in _folded((unchanged, unchanged), unpermute)),
    )


def _looked_up(rounds: _Rounds, block: int) -> int:
    for r0, r1, r2, r3, r4, r5, r6, r7 in rounds:
        a, b, c, d, e, f, g, h = block.to_bytes(8, "little")
        block = r0[a] | r1[b] | r2[c] | r3[d] | r4[e] | r5[f] | r6[g] | r7[h]
    return block


def _chosen(lookups: tuple[_Rows, ...], keys: Sequence[bytes]) -> _Rounds:
    """Return, for each round key, the row of each byte of the block."""
    r0, r1, r2, r3, r4, r5, r6, r7 = lookups
    return [(r0[a], r1[b], r2[c], r3[d], r4[e], r5[f], r6[g], r7[h]) for a, b, c, d, e, f, g, h in keys]


def _folded(subs: tuple[_Row, _Row], perm: _Row) -> tuple[_Rows, ...]:
    """Fold two substitutions and the permutation after them into one lookup for each byte of block and key."""
    return tuple(
        _by_key_byte([[_spread(sub, perm, n) for sub in subs] for n in (2 * at, 2 * at + 1)]) for at in range(8)
    )


def _by_key_byte(nibbles: list[list[_Row]]) -> _Rows:
    """Return the row of each key byte: its bit 3 chooses for the low nibble of the block's byte, bit 7 for the high."""
    low, high = nibbles
    rows = [[tuple(y | x for y in upper for x in lower) for upper in high] for lower in low]
    return tuple(rows[key >> 3 & 1][key >> 7] for key in range(256))


def _spread(sub: _Row, perm: _Row, nibble: int) -> _Row:
    """Return where the bits of each value of a nibble end up."""
    places = perm[4 * nibble : 4 * nibble + 4]
    return tuple(sum(1 << place for bit, place in enumerate(places) if value >> bit & 1) for value in sub)


def _inverted(table: _Row) -> _Row:
    return tuple(table.index(value) for value in range(len(table)))


def _round_keys(key: int) -> tuple[bytes, ...]:
    """Return the sixteen round keys, low byte first: the complement turned right by 12, then left by 1 each round."""
    complement = key ^ _MASK
    twice = complement << 64 | complement  # so that a turn is a shift
    return tuple([(twice >> turn & _MASK).to_bytes(8, "little") for turn in _TURNS])
