import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters_io import bits
from meters_io.errors import LocalError, RemoteError


@given(st.integers(0, 10**12 - 1))
def test_decimals_are_read_back(number: int) -> None:
    assert bits.bcd_from_bytes(bits.bcd_to_bytes(number, 6)) == number


@given(st.text("0123456789", min_size=12, max_size=12))
def test_leading_zeros_are_kept(digits: str) -> None:
    assert bits.digits_from_bytes(bits.digits_to_bytes(digits, 6)) == digits


@given(st.integers(0, 2**32 - 1))
def test_binary_numbers_are_read_back(number: int) -> None:
    assert bits.uint_from_bytes(bits.uint_to_bytes(number, 4)) == number


@given(st.integers(0, 2**20))
def test_set_places_are_the_set_bits(word: int) -> None:
    assert sum(1 << place for place in bits.set_places(word)) == word
    assert all(bits.has_bit(word, place) for place in bits.set_places(word))


def test_low_pairs_travel_first() -> None:
    assert bits.bcd_to_bytes(123456, 4) == bytes.fromhex("56341200")
    assert bits.uint_to_bytes(0x0102, 4) == bytes.fromhex("02010000")
    assert bits.cut_bits(0b1011_0001, 5, 3) == 0b101
    assert bits.sum8(b"\xff\x02") == 1


@pytest.mark.parametrize(("number", "width"), [(-1, 4), (10**8, 4), (100, 1)])
def test_a_number_too_wide_for_its_field_is_our_error(number: int, width: int) -> None:
    with pytest.raises(LocalError):
        bits.bcd_to_bytes(number, width)


@pytest.mark.parametrize("digits", ["", "123", "12345x", "１２３４５６", "1234567", " 12345"])
def test_what_is_not_digits_is_our_error(digits: str) -> None:
    with pytest.raises(LocalError):
        bits.digits_to_bytes(digits, 3)


@pytest.mark.parametrize("number", [-1, 1 << 16])
def test_a_binary_number_too_wide_is_our_error(number: int) -> None:
    with pytest.raises(LocalError):
        bits.uint_to_bytes(number, 2)


@pytest.mark.parametrize("raw", [b"", b"\x0a", b"\xa0", b"\xff\x00"])
def test_a_nibble_above_nine_is_their_error(raw: bytes) -> None:
    with pytest.raises(RemoteError) as caught:
        bits.bcd_from_bytes(raw)
    assert caught.value.code == "not_bcd"
