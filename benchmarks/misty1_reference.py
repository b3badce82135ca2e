"""MISTY1 as RFC 2994 describes it, step by step: the yardstick of the benchmark and an oracle of the tests.

Nothing is folded or precomputed beyond the key schedule of section 2.1; only the two S-boxes are shared with the
codec, and the RFC's test vectors prove those.
"""

from meters_io.sts.ciphers.misty1_tables import S7, S9


class ReferenceMisty1:
    """MISTY1 under one key of 16 bytes; EK holds K and K' (RFC 2994, 2.1)."""

    def __init__(self, key: bytes) -> None:
        ek = [key[2 * i] * 256 + key[2 * i + 1] for i in range(8)] + [0] * 8
        for i in range(8):
            ek[i + 8] = _fi(ek[i], ek[(i + 1) % 8])
        self._ek = ek

    def encrypt(self, block: int) -> int:
        """Return the enciphered block (RFC 2994, 2.2)."""
        d0, d1 = block >> 32, block & 0xFFFFFFFF
        for k in range(0, 8, 2):
            d0, d1 = self._fl(d0, k), self._fl(d1, k + 1)
            d1 ^= self._fo(d0, k)
            d0 ^= self._fo(d1, k + 1)
        d0, d1 = self._fl(d0, 8), self._fl(d1, 9)
        return d1 << 32 | d0

    def decrypt(self, block: int) -> int:
        """Return the deciphered block (RFC 2994, 2.2)."""
        d0, d1 = block & 0xFFFFFFFF, block >> 32
        d0, d1 = self._flinv(d0, 8), self._flinv(d1, 9)
        for k in range(6, -1, -2):
            d0 ^= self._fo(d1, k + 1)
            d1 ^= self._fo(d0, k)
            d0, d1 = self._flinv(d0, k), self._flinv(d1, k + 1)
        return d0 << 32 | d1

    def _fo(self, word: int, k: int) -> int:
        ek = self._ek
        t0, t1 = word >> 16, word & 0xFFFF
        t0 = _fi(t0 ^ ek[k], ek[(k + 5) % 8 + 8]) ^ t1
        t1 = _fi(t1 ^ ek[(k + 2) % 8], ek[(k + 1) % 8 + 8]) ^ t0
        t0 = _fi(t0 ^ ek[(k + 7) % 8], ek[(k + 3) % 8 + 8]) ^ t1
        t1 ^= ek[(k + 4) % 8]
        return t1 << 16 | t0

    def _fl_keys(self, k: int) -> tuple[int, int]:
        if k % 2 == 0:
            return self._ek[k // 2], self._ek[(k // 2 + 6) % 8 + 8]
        return self._ek[((k - 1) // 2 + 2) % 8 + 8], self._ek[((k - 1) // 2 + 4) % 8]

    def _fl(self, word: int, k: int) -> int:
        and_key, or_key = self._fl_keys(k)
        d0, d1 = word >> 16, word & 0xFFFF
        d1 ^= d0 & and_key
        d0 ^= d1 | or_key
        return d0 << 16 | d1

    def _flinv(self, word: int, k: int) -> int:
        and_key, or_key = self._fl_keys(k)
        d0, d1 = word >> 16, word & 0xFFFF
        d0 ^= d1 | or_key
        d1 ^= d0 & and_key
        return d0 << 16 | d1


def _fi(word: int, key: int) -> int:
    d9, d7 = word >> 7, word & 0x7F
    d9 = S9[d9] ^ d7
    d7 = S7[d7] ^ d9 & 0x7F
    d7 ^= key >> 9
    d9 ^= key & 0x1FF
    d9 = S9[d9] ^ d7
    return d7 << 9 | d9
