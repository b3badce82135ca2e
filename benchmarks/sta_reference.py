"""STA as the standard describes it, bit by bit: the yardstick of the benchmark and an oracle of the tests.

Nothing is folded or precomputed (IEC 62055-41, 6.5.4.2); only the tables are shared with the codec.
"""

from meters_io.sts.ciphers.sta import StaTables

_MASK = (1 << 64) - 1


class ReferenceSta:
    """STA under one key of 8 bytes and one set of tables."""

    def __init__(self, key: bytes, tables: StaTables) -> None:
        word = int.from_bytes(key, "big")
        self._enciphering = _turned_right(word ^ _MASK, 12)
        self._deciphering = word
        self._tables = tables

    def encrypt(self, block: int, rounds: int = 16) -> int:
        """Return the enciphered block: the prepared key turns left, bit 4n + 3 chooses the table of nibble n."""
        tables, key = self._tables, self._enciphering
        for _ in range(rounds):
            block = _substituted(block, key >> 3, tables.sub1, tables.sub2)
            block = sum((block >> place & 1) << to for place, to in enumerate(tables.perm))
            key = _turned_right(key, 63)
        return block

    def decrypt(self, block: int) -> int:
        """Return the deciphered block: the key as it is turns right, bit 4n chooses, and the tables are exchanged."""
        tables, key = self._tables, self._deciphering
        back1, back2 = _inverted(tables.sub1), _inverted(tables.sub2)
        for _ in range(16):
            block = sum((block >> to & 1) << place for place, to in enumerate(tables.perm))
            block = _substituted(block, key, back2, back1)
            key = _turned_right(key, 1)
        return block


def _substituted(block: int, key: int, where_0: tuple[int, ...], where_1: tuple[int, ...]) -> int:
    return sum((where_1 if key >> at & 1 else where_0)[block >> at & 15] << at for at in range(0, 64, 4))


def _inverted(table: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(table.index(value) for value in range(len(table)))


def _turned_right(word: int, count: int) -> int:
    return (word >> count | word << 64 - count) & _MASK
