"""Binary coded decimals, sums and masks: what the protocols share. All numbers travel low byte first."""

from collections.abc import Iterable

from meters_io.errors import LocalError, RemoteError


def bcd_to_bytes(number: int, width: int) -> bytes:
    """Write `number` as `width` bytes of BCD, low pair first; LocalError when it does not fit."""
    if not 0 <= number < 100**width:
        raise LocalError("the number does not fit its BCD field", code="out_of_range", field="bcd")
    return bytes.fromhex(f"{number:0{2 * width}d}")[::-1]


def bcd_from_bytes(raw: bytes) -> int:
    """Read BCD bytes, low pair first; RemoteError on a nibble above nine or on no bytes at all."""
    return int(digits_from_bytes(raw))


def digits_to_bytes(digits: str, width: int) -> bytes:
    """Write a string of `2 * width` decimal digits, low pair first; LocalError for anything else."""
    if len(digits) != 2 * width or not (digits.isascii() and digits.isdecimal()):
        raise LocalError("not a decimal number of the right width", code="not_digits", field="bcd")
    return bytes.fromhex(digits)[::-1]


def digits_from_bytes(raw: bytes) -> str:
    """Read BCD bytes as digits, keeping leading zeros; RemoteError on a nibble above nine."""
    digits = raw[::-1].hex()
    if not digits.isdecimal():
        raise RemoteError("a nibble above nine in a BCD field", code="not_bcd", field="bcd")
    return digits


def uint_to_bytes(number: int, width: int) -> bytes:
    """Write an unsigned binary number, low byte first; LocalError when it does not fit."""
    if not 0 <= number < 1 << (8 * width):
        raise LocalError("the number does not fit its binary field", code="out_of_range", field="binary")
    return number.to_bytes(width, "little")


def uint_from_bytes(raw: bytes) -> int:
    """Read an unsigned binary number, low byte first."""
    return int.from_bytes(raw, "little")


def sum8(raw: Iterable[int]) -> int:
    """Return the sum of all bytes modulo 256, the check of both DL/T 645 and Q/GDW 1376.1."""
    return sum(raw) & 0xFF


def has_bit(word: int, place: int) -> bool:
    """Tell whether bit `place` (0 = lowest) of `word` is set."""
    return bool(word >> place & 1)


def cut_bits(word: int, low: int, width: int) -> int:
    """Return the `width` bits of `word` that begin at bit `low`."""
    return word >> low & ((1 << width) - 1)


def set_places(word: int) -> tuple[int, ...]:
    """Return the places of the set bits of `word`, lowest first."""
    return tuple(place for place in range(word.bit_length()) if word >> place & 1)
