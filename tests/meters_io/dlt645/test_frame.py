import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters_io.dlt645.frame import Frame, decode, encode, is_address, take_frame
from meters_io.errors import LocalError, RemoteError
from tests.meters_io.dlt645.strategies import FRAMES

GOOD = bytes.fromhex("681200000010206891083335C33389CB3433C416")


def at(position: int, byte: int) -> bytes:
    return GOOD[:position] + bytes((byte,)) + GOOD[position + 1 :]


@given(FRAMES)
def test_what_is_written_is_read_back(frame: Frame) -> None:
    raw = encode(frame)
    assert decode(raw) == frame
    assert take_frame(raw) == (frame, len(raw))


@given(st.binary(max_size=600))
def test_noise_never_raises_from_the_search(noise: bytes) -> None:
    _, spent = take_frame(noise)
    assert 0 <= spent <= len(noise)


@given(st.binary(max_size=600))
def test_noise_raises_nothing_but_remote_errors_when_read_as_one_frame(noise: bytes) -> None:
    try:
        decode(noise)
    except RemoteError:
        return
    assert take_frame(noise)[1] == len(noise)


@given(FRAMES, st.integers(0, 2**16), st.integers(0, 7))
def test_one_wrong_bit_is_always_noticed(frame: Frame, where: int, bit: int) -> None:
    raw = bytearray(encode(frame))
    body = len(raw) - frame.preamble
    raw[frame.preamble + where % body] ^= 1 << bit
    with contextlib.suppress(RemoteError):
        assert decode(bytes(raw)) != frame


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "not_a_frame"),
        (b"\xfe\xfe", "not_a_frame"),
        (GOOD[:11], "not_a_frame"),
        (at(0, 0x67), "not_a_frame"),
        (at(7, 0x16), "not_a_frame"),
        (GOOD + b"\x00", "bad_length"),
        (GOOD + GOOD, "bad_length"),
        (GOOD[:-1], "bad_length"),
        (at(9, 7), "bad_length"),
        (at(19, 0x17), "bad_end"),
        (at(18, 0), "bad_checksum"),
        (at(12, 0), "bad_checksum"),
        (bytes.fromhex("681A00000010206891083335C33389CB3433CC16"), "bad_address"),
        (bytes.fromhex("68AA12AA12AA12688100ED16"), "bad_checksum"),
    ],
)
def test_what_is_not_one_frame_is_refused_by_reason(raw: bytes, code: str) -> None:
    with pytest.raises(RemoteError) as caught:
        decode(raw)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("frame", "field"),
    [
        (Frame("20100000001", 0x11), "address"),
        (Frame("20100000001x", 0x11), "address"),
        (Frame("２０１０００００００１２", 0x11), "address"),
        (Frame("20100000 012", 0x11), "address"),
        (Frame("0000000000AA", 0x11), "address"),
        (Frame("AAA000000012", 0x11), "address"),
        (Frame("201000000012", 0x111), "control"),
        (Frame("201000000012", -1), "control"),
        (Frame("201000000012", 0x11, bytes(256)), "data"),
        (Frame("201000000012", 0x11, b"", 5), "preamble"),
    ],
)
def test_a_frame_that_cannot_be_sent_is_refused_by_field(frame: Frame, field: str) -> None:
    with pytest.raises(LocalError) as caught:
        encode(frame)
    assert caught.value.field == field


def test_abbreviated_addresses_may_stand_in_the_high_digits_only() -> None:
    assert is_address("AAAAAAAA0012")
    assert is_address("AAAAAAAAAAAA")
    assert not is_address("12AAAAAAAAAA")
    assert not is_address("AA00AA000012")


def test_more_preamble_than_allowed_is_noise_before_the_frame() -> None:
    frame, spent = take_frame(b"\xfe" * 9 + GOOD)
    assert frame is not None
    assert (frame.preamble, spent) == (4, 9 + len(GOOD))


def test_a_search_says_how_much_is_noise_and_keeps_what_may_become_a_frame() -> None:
    assert take_frame(b"") == (None, 0)
    assert take_frame(b"abc") == (None, 3)
    assert take_frame(b"abc\xfe\xfe") == (None, 3)
    assert take_frame(GOOD[:15]) == (None, 0)
    assert take_frame(b"abc\xfe" + GOOD[:15]) == (None, 3)
