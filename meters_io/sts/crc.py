"""The checksum of a token (IEC 62055-41, 6.3.7): CRC-16, polynomial A001h reflected, start FFFFh, swapped.

The checksum is linear: each byte adds its own share, whatever the others are, so seven lookups make one.
"""

from collections.abc import Iterator, Sequence

_POLYNOMIAL = 0xA001
_START = 0xFFFF
_BYTES = 7
_CURRENCY_TAIL = 0x01  # CRC_C covers one byte more, so that a currency token never passes as a units token


def _one_byte(register: int) -> int:
    for _ in range(8):
        register = register >> 1 ^ (_POLYNOMIAL if register & 1 else 0)
    return register


_STEP = tuple(_one_byte(value) for value in range(256))


def _after_zero(register: int) -> int:
    return register >> 8 ^ _STEP[register & 0xFF]


def _swapped(register: int) -> int:
    return (register & 0xFF) << 8 | register >> 8


def _shares(registers: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield what a byte that leaves these registers adds to the field: with no byte behind it, with one, and so on."""
    for _ in range(_BYTES + 1):
        yield tuple(map(_swapped, registers))
        registers = list(map(_after_zero, registers))


_S0, _S1, _S2, _S3, _S4, _S5, _S6, _S7 = _shares(_STEP)
*_, _PLAIN, _LONGER = (share for (share,) in _shares([_after_zero(_START)]))  # what the start value adds
_CURRENCY = _LONGER ^ _S0[_CURRENCY_TAIL]


def plain_crc(covered: int) -> int:
    """Return the CRC field (16 bits) over 50 bits: the class, then the 48 data bits."""
    a, b, c, d, e, f, g = covered.to_bytes(_BYTES, "big")
    return _PLAIN ^ _S6[a] ^ _S5[b] ^ _S4[c] ^ _S3[d] ^ _S2[e] ^ _S1[f] ^ _S0[g]


def currency_crc(covered: int) -> int:
    """Return the CRC_C field (16 bits) over the same 50 bits; credit tokens in currency carry this one."""
    a, b, c, d, e, f, g = covered.to_bytes(_BYTES, "big")
    return _CURRENCY ^ _S7[a] ^ _S6[b] ^ _S5[c] ^ _S4[d] ^ _S3[e] ^ _S2[f] ^ _S1[g]


def crc_over(raw: bytes) -> int:
    """Return the same checksum over any bytes, step by step: CRC_C is that of the seven bytes and one 01h more."""
    register = _START
    for each in raw:
        register = _after_zero(register ^ each)
    return _swapped(register)
