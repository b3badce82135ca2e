import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters_io.errors import LocalError, RemoteError
from meters_io.gdw1376.frame import MAX_INNER, Control, Frame, Seq, Terminal, decode, encode, take_frame
from tests.meters_io.gdw1376.strategies import FRAMES

GOOD = bytes.fromhex("683200320068C901321200000271000001008216")
FRAME = decode(GOOD)


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


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "not_a_frame"),
        (GOOD[:5], "not_a_frame"),
        (at(0, 0x69), "not_a_frame"),
        (at(3, 0x36), "not_a_frame"),
        (at(5, 0x69), "not_a_frame"),
        (bytes.fromhex("683000300068C901321200000271000001008216"), "not_a_frame"),  # protocol id 0
        (bytes.fromhex("681E001E0068C90132120000023F16"), "not_a_frame"),  # too short for an address
        (GOOD + b"\x00", "bad_length"),
        (GOOD[:-1], "bad_length"),
        (at(19, 0x17), "bad_end"),
        (at(18, 0x00), "bad_checksum"),
        (at(8, 0x33), "bad_checksum"),
    ],
)
def test_what_is_not_one_frame_is_refused_by_reason(raw: bytes, code: str) -> None:
    with pytest.raises(RemoteError) as caught:
        decode(raw)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("frame", "field"),
    [
        (FRAME._replace(terminal=Terminal("32", 1)), "region"),
        (FRAME._replace(terminal=Terminal("32 1", 1)), "region"),
        (FRAME._replace(terminal=Terminal("3201", 65536)), "terminal"),
        (FRAME._replace(control=Control(up=True, starts=True, function=16)), "function"),
        (FRAME._replace(seq=Seq(16)), "seq"),
        (FRAME._replace(a3=256), "a3"),
        (FRAME._replace(afn=-1), "afn"),
        (FRAME._replace(protocol=3), "protocol"),
        (FRAME._replace(body=bytes(MAX_INNER)), "body"),
    ],
)
def test_a_frame_that_cannot_be_sent_is_refused_by_field(frame: Frame, field: str) -> None:
    with pytest.raises(LocalError) as caught:
        encode(frame)
    assert caught.value.field == field


def test_the_longest_frame_of_the_network_fits() -> None:
    longest = FRAME._replace(body=bytes(MAX_INNER - 8))
    assert decode(encode(longest)) == longest


def test_a_search_says_how_much_is_noise_and_keeps_what_may_become_a_frame() -> None:
    assert take_frame(b"") == (None, 0)
    assert take_frame(b"abc") == (None, 3)
    assert take_frame(GOOD[:3]) == (None, 0)
    assert take_frame(b"abc" + GOOD[:12]) == (None, 3)
    assert take_frame(b"abc" + GOOD + b"x") == (FRAME, 23)
