import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters_io.dlt645.frame import MAX_FRAME, MAX_PREAMBLE, Frame, decode, encode
from meters_io.dlt645.reader import Reader
from tests.each import each
from tests.meters_io.dlt645.strategies import FRAMES
from tests.meters_io.samples import DLT645, Sample

GOOD = bytes.fromhex("681200000010206891083335C33389CB3433C416")
FALSE_START = bytes.fromhex("681122334455666891FF")  # announces 255 bytes of data


def read_all(*chunks: bytes) -> list[Frame]:
    reader = Reader()
    return [frame for chunk in chunks for frame in reader.feed(chunk)]


@each(DLT645, lambda sample: sample.id)
def test_a_stream_may_be_cut_at_every_byte(sample: Sample) -> None:
    two = sample.raw + sample.raw
    expected = [decode(sample.raw)] * 2
    for cut in range(len(two) + 1):
        assert read_all(two[:cut], two[cut:]) == expected


def test_a_stream_may_come_byte_by_byte() -> None:
    stream = b"".join(sample.raw for sample in DLT645)
    assert read_all(*(bytes((byte,)) for byte in stream)) == [decode(sample.raw) for sample in DLT645]


@given(st.lists(FRAMES, max_size=5), st.lists(st.integers(0, 1500), max_size=8))
def test_frames_come_out_once_and_in_order_however_the_stream_is_cut(frames: list[Frame], cuts: list[int]) -> None:
    stream = b"".join(encode(frame) for frame in frames)
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    assert read_all(*(stream[a:b] for a, b in pairwise(edges))) == frames


@given(st.binary(max_size=300), FRAMES)
def test_a_good_frame_after_noise_is_found_once_the_line_falls_silent(noise: bytes, frame: Frame) -> None:
    reader = Reader()
    found = reader.feed(noise) + reader.feed(encode(frame)) + reader.gap()
    assert frame.data in [each.data for each in found if each.control == frame.control]


@pytest.mark.parametrize("position", range(len(GOOD)))
def test_a_damaged_frame_does_not_take_the_next_one_with_it(position: int) -> None:
    damaged = bytearray(GOOD)
    damaged[position] ^= 0x40
    reader = Reader()
    found = reader.feed(bytes(damaged) + GOOD) + reader.gap()
    assert decode(GOOD) in found


def test_a_good_frame_inside_a_bad_one_is_found() -> None:
    bad = FALSE_START + bytes(100) + GOOD + bytes(200)
    assert read_all(bad) == [decode(GOOD)]


def test_a_false_start_holds_a_good_frame_back_only_until_the_line_falls_silent() -> None:
    reader = Reader()
    assert reader.feed(FALSE_START + GOOD) == []
    assert reader.gap() == [decode(GOOD)]
    assert reader.held == 0
    assert reader.feed(GOOD) == [decode(GOOD)]


def test_silence_on_an_empty_line_is_nothing() -> None:
    assert Reader().gap() == []


@given(st.lists(st.binary(max_size=2000), max_size=6))
def test_a_reader_never_holds_more_than_one_part_frame(chunks: list[bytes]) -> None:
    reader = Reader()
    for chunk in chunks:
        reader.feed(chunk)
        assert reader.held <= MAX_FRAME + MAX_PREAMBLE


@pytest.mark.parametrize("garbage", [b"\x68", b"\xfe", b"\x16", FALSE_START, b"\x68\x16", b"\x00"])
def test_garbage_costs_time_in_proportion_to_its_length(garbage: bytes) -> None:
    reader, noise = Reader(), garbage * (400_000 // len(garbage))
    began = time.perf_counter()
    found = reader.feed(noise)
    assert time.perf_counter() - began < 5  # seconds; a quadratic reader would need an hour
    assert found == []
    assert reader.held <= MAX_FRAME + MAX_PREAMBLE
