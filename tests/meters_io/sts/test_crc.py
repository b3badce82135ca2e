"""The checksum of a token against its definition, bit by bit."""

from hypothesis import given
from hypothesis import strategies as st

from meters_io.sts.crc import crc_over, currency_crc, plain_crc
from tests.each import each

COVERED = st.integers(0, (1 << 50) - 1)


def crc_16(covered: bytes) -> int:
    """CRC-16 as it is usually defined (start FFFFh, A001h reflected), its two bytes exchanged."""
    register = 0xFFFF
    for byte in covered:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0xA001 if register & 1 else 0)
    return int.from_bytes(register.to_bytes(2, "little"), "big")


@given(COVERED)
def test_the_checksum_is_that_of_seven_bytes(covered: int) -> None:
    assert plain_crc(covered) == crc_16(covered.to_bytes(7, "big"))


@given(COVERED)
def test_the_checksum_of_money_covers_one_byte_more(covered: int) -> None:
    assert currency_crc(covered) == crc_16(covered.to_bytes(7, "big") + b"\x01")


@given(st.binary(max_size=40))
def test_any_bytes_have_a_checksum(raw: bytes) -> None:
    assert crc_over(raw) == crc_16(raw)


@given(COVERED)
def test_money_never_passes_as_units(covered: int) -> None:
    assert plain_crc(covered) != currency_crc(covered)


@given(COVERED, st.integers(0, 49), st.integers(0, 49))
def test_two_wrong_bits_are_always_noticed(covered: int, one: int, other: int) -> None:
    wrong = covered ^ 1 << one ^ 1 << other
    for crc in (plain_crc, currency_crc):
        assert (crc(wrong) == crc(covered)) == (one == other)


@each(range(50))
def test_one_wrong_bit_is_always_noticed(bit: int) -> None:
    assert plain_crc(1 << bit) != plain_crc(0)
    assert currency_crc(1 << bit) != currency_crc(0)
