"""DES, one block (FIPS 46-3). Only the decoder keys of DKGA02 still need it; it protects nothing today."""

from collections.abc import Sequence

from meters_io.errors import LocalError

# Tables as the standard prints them; bit 1 is the most significant.
# fmt: off
_IP = (
    58, 50, 42, 34, 26, 18, 10, 2, 60, 52, 44, 36, 28, 20, 12, 4,
    62, 54, 46, 38, 30, 22, 14, 6, 64, 56, 48, 40, 32, 24, 16, 8,
    57, 49, 41, 33, 25, 17, 9, 1, 59, 51, 43, 35, 27, 19, 11, 3,
    61, 53, 45, 37, 29, 21, 13, 5, 63, 55, 47, 39, 31, 23, 15, 7,
)
_E = (
    32, 1, 2, 3, 4, 5, 4, 5, 6, 7, 8, 9, 8, 9, 10, 11, 12, 13, 12, 13, 14, 15, 16, 17,
    16, 17, 18, 19, 20, 21, 20, 21, 22, 23, 24, 25, 24, 25, 26, 27, 28, 29, 28, 29, 30, 31, 32, 1,
)
_P = (
    16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10,
    2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25,
)
_PC1 = (
    57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18,
    10, 2, 59, 51, 43, 35, 27, 19, 11, 3, 60, 52, 44, 36,
    63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22,
    14, 6, 61, 53, 45, 37, 29, 21, 13, 5, 28, 20, 12, 4,
)
_PC2 = (
    14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2,
    41, 52, 31, 37, 47, 55, 30, 40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32,
)
_TURNS = (1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1)
_S = (  # one hex digit an entry, four rows of sixteen a box
    "E4D12FB83A6C5907" "0F74E2D1A6CB9538" "41E8D62BFC973A50" "FC8249175B3EA06D",
    "F18E6B34972DC05A" "3D47F28EC01A69B5" "0E7BA4D158C6932F" "D8A13F42B67C05E9",
    "A09E63F51DC7B428" "D709346A285ECBF1" "D6498F30B12C5AE7" "1AD069874FE3B52C",
    "7DE3069A1285BC4F" "D8B56F03472C1AE9" "A690CB7DF13E5284" "3F06A1D8945BC72E",
    "2C417AB6853FD0E9" "EB2C47D150FA3986" "421BAD78F9C5630E" "B8C71E2D6F09A453",
    "C1AF92680D34E75B" "AF427C9561DE0B38" "9EF528C3704A1DB6" "432C95FABE17608D",
    "4B2EF08D3C975A61" "D0B7491AE35C2F86" "14BDC37EAF680592" "6BD814A7950FE23C",
    "D2846FB1A93E50C7" "1FD8A374C56B0E92" "7B419CE206ADF358" "21E74A8DFC90356B",
)
# fmt: on


def encrypt_block(key: bytes, block: int) -> int:
    """Return the DES of a 64-bit block under 8 key bytes, parity ignored. Raises LocalError `key_length`."""
    if len(key) != 8:
        raise LocalError(f"DES takes a key of 8 bytes, not {len(key)}", code="key_length", field="key")
    mixed = _picked(block, 64, _IP)
    left, right = mixed >> 32, mixed & 0xFFFFFFFF
    for round_key in _round_keys(int.from_bytes(key, "big")):
        left, right = right, left ^ _feistel(right, round_key)
    return _picked(right << 32 | left, 64, _IP_INVERSE)


def _round_keys(key: int) -> list[int]:
    halves = _picked(key, 64, _PC1)
    c, d = halves >> 28, halves & 0xFFFFFFF
    keys = []
    for turn in _TURNS:
        c, d = _turned_left(c, turn), _turned_left(d, turn)
        keys.append(_picked(c << 28 | d, 56, _PC2))
    return keys


def _feistel(half: int, round_key: int) -> int:
    mixed = _picked(half, 32, _E) ^ round_key
    result = 0
    for box, digits in enumerate(_S):
        six = mixed >> 42 - 6 * box & 0x3F
        row, column = (six >> 5) << 1 | six & 1, six >> 1 & 0xF
        result = result << 4 | int(digits[row * 16 + column], 16)
    return _picked(result, 32, _P)


def _picked(word: int, width: int, table: Sequence[int]) -> int:
    result = 0
    for place in table:
        result = result << 1 | word >> width - place & 1
    return result


def _turned_left(half: int, count: int) -> int:
    return (half << count | half >> 28 - count) & 0xFFFFFFF


_IP_INVERSE = tuple(_IP.index(place) + 1 for place in range(1, 65))
