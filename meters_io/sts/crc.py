"""The checksum of a token (IEC 62055-41, 6.3.7): CRC-16, polynomial A001h reflected, start FFFFh, swapped."""

_POLYNOMIAL = 0xA001
_CURRENCY_TAIL = 0x01  # CRC_C covers one byte more, so that a currency token never passes as a units token


def _shifted(value: int) -> int:
    for _ in range(8):
        value = value >> 1 ^ (_POLYNOMIAL if value & 1 else 0)
    return value


_TABLE = tuple(_shifted(value) for value in range(256))


def plain_crc(covered: int) -> int:
    """Return the CRC field (16 bits) over 50 bits: the class, then the 48 data bits."""
    register = _register(covered)
    return (register & 0xFF) << 8 | register >> 8


def currency_crc(covered: int) -> int:
    """Return the CRC_C field (16 bits) over the same 50 bits; credit tokens in currency carry this one."""
    register = _register(covered)
    register = register >> 8 ^ _TABLE[(register ^ _CURRENCY_TAIL) & 0xFF]
    return (register & 0xFF) << 8 | register >> 8


def _register(value: int) -> int:
    register = 0xFFFF
    for byte in value.to_bytes(7, "big"):
        register = register >> 8 ^ _TABLE[(register ^ byte) & 0xFF]
    return register
