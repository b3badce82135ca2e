"""EA11: MISTY1, 64-bit block, 128-bit key, 8 rounds (RFC 2994; IEC 62055-41, 6.5.4.4).

Written for speed in plain Python: the block is carried as four 16-bit words, FI is two lookups, and the
eighteen key words of each pair of rounds are picked from the schedule in one call.
"""

from collections.abc import Callable
from operator import itemgetter
from struct import Struct

from meters_io.errors import LocalError
from meters_io.sts.ciphers.misty1_tables import AFTER_KEY, BEFORE_KEY

_words_of = Struct(">8H").unpack
_Words = tuple[int, ...]


def _fl_words(step: int) -> list[int]:
    """Return where FL(step) and FL(step + 1) find their keys; step is even, 0-7 is K and 8-15 is J."""
    t = step // 2
    return [t, 8 + (t + 6) % 8, 8 + (t + 2) % 8, (t + 4) % 8]


def _fo_words(step: int) -> list[int]:
    """Return where FO(step) finds its keys, in the order of use."""
    k = [(step + ahead) % 8 for ahead in (0, 2, 7, 4)]
    j = [8 + (step + ahead) % 8 for ahead in (5, 1, 3)]
    return [k[0], j[0], k[1], j[1], k[2], j[2], k[3]]


def _pair(step: int) -> Callable[[_Words], _Words]:
    return itemgetter(*_fl_words(step), *_fo_words(step), *_fo_words(step + 1))


_PAIR0, _PAIR2, _PAIR4, _PAIR6 = (_pair(step) for step in (0, 2, 4, 6))
_LAST: Callable[[_Words], _Words] = itemgetter(*_fl_words(8))


class Misty1:
    """MISTY1 under one key of 16 bytes. Raises LocalError `key_length`."""

    __slots__ = ("_last", "_pairs")

    def __init__(self, key: bytes) -> None:
        if len(key) != 16:
            raise LocalError(f"EA11 takes a key of 16 bytes, not {len(key)}", code="key_length", field="key")
        words = _schedule(_words_of(key))
        self._pairs = (_PAIR0(words), _PAIR2(words), _PAIR4(words), _PAIR6(words))
        self._last = _LAST(words)

    def encrypt(self, block: int) -> int:
        """Return the enciphered 64-bit block."""
        a, b, c, d = block >> 48, block >> 32 & 0xFFFF, block >> 16 & 0xFFFF, block & 0xFFFF
        before, after = BEFORE_KEY, AFTER_KEY
        for e0, e1, o0, o1, k0, j0, k1, j1, k2, j2, k3, m0, n0, m1, n1, m2, n2, m3 in self._pairs:
            b ^= a & e0
            a ^= b | e1
            d ^= c & o0
            c ^= d | o1
            x = after[before[a ^ k0] ^ j0] ^ b
            y = after[before[b ^ k1] ^ j1] ^ x
            d ^= after[before[x ^ k2] ^ j2] ^ y
            c ^= y ^ k3
            x = after[before[c ^ m0] ^ n0] ^ d
            y = after[before[d ^ m1] ^ n1] ^ x
            b ^= after[before[x ^ m2] ^ n2] ^ y
            a ^= y ^ m3
        e0, e1, o0, o1 = self._last
        b ^= a & e0
        a ^= b | e1
        d ^= c & o0
        c ^= d | o1
        return c << 48 | d << 32 | a << 16 | b

    def decrypt(self, block: int) -> int:
        """Return the deciphered 64-bit block: the same steps, backwards."""
        c, d, a, b = block >> 48, block >> 32 & 0xFFFF, block >> 16 & 0xFFFF, block & 0xFFFF
        before, after = BEFORE_KEY, AFTER_KEY
        e0, e1, o0, o1 = self._last
        a ^= b | e1
        b ^= a & e0
        c ^= d | o1
        d ^= c & o0
        for e0, e1, o0, o1, k0, j0, k1, j1, k2, j2, k3, m0, n0, m1, n1, m2, n2, m3 in reversed(self._pairs):
            x = after[before[c ^ m0] ^ n0] ^ d
            y = after[before[d ^ m1] ^ n1] ^ x
            b ^= after[before[x ^ m2] ^ n2] ^ y
            a ^= y ^ m3
            x = after[before[a ^ k0] ^ j0] ^ b
            y = after[before[b ^ k1] ^ j1] ^ x
            d ^= after[before[x ^ k2] ^ j2] ^ y
            c ^= y ^ k3
            a ^= b | e1
            b ^= a & e0
            c ^= d | o1
            d ^= c & o0
        return a << 48 | b << 32 | c << 16 | d


def _schedule(k: _Words) -> _Words:
    """Return K[0..7] and J[0..7], where J[i] = FI(K[i], K[i+1])."""
    before, after = BEFORE_KEY, AFTER_KEY
    k0, k1, k2, k3, k4, k5, k6, k7 = k
    return (
        *k,
        after[before[k0] ^ k1],
        after[before[k1] ^ k2],
        after[before[k2] ^ k3],
        after[before[k3] ^ k4],
        after[before[k4] ^ k5],
        after[before[k5] ^ k6],
        after[before[k6] ^ k7],
        after[before[k7] ^ k0],
    )
