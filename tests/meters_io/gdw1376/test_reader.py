import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters_io.gdw1376.frame import MAX_FRAME, Frame, Sums, decode, encode
from meters_io.gdw1376.reader import Reader
from tests.each import each
from tests.meters_io.gdw1376.strategies import FRAMES
from tests.meters_io.samples import GDW1376, Sample

GOOD = bytes.fromhex("683200320068C901321200000271000001008216")
FALSE_START = bytes.fromhex("68FEFFFEFF68")  # announces 16383 bytes
FALSE_STARTS = FALSE_START * 2731 + b"\x16" * 16386  # each of them ends in 16H, so each is summed up


def read_all(*chunks: bytes) -> list[Frame]:
    reader = Reader()
    return [frame for chunk in chunks for frame in reader.feed(chunk)]


@each(GDW1376, lambda sample: sample.id)
def test_a_stream_may_be_cut_at_every_byte(sample: Sample) -> None:
    two = sample.raw + sample.raw
    expected = [decode(sample.raw)] * 2
    for cut in range(len(two) + 1):
        assert read_all(two[:cut], two[cut:]) == expected


def test_a_stream_may_come_byte_by_byte_and_outgrow_the_buffer() -> None:
    stream = b"".join(sample.raw for sample in GDW1376) * 11
    expected = [decode(sample.raw) for sample in GDW1376] * 11
    assert len(stream) > MAX_FRAME
    assert read_all(*(bytes((byte,)) for byte in stream)) == expected
    assert read_all(stream) == expected


@given(st.lists(FRAMES, max_size=5), st.lists(st.integers(0, 2500), max_size=8))
def test_frames_come_out_once_and_in_order_however_the_stream_is_cut(frames: list[Frame], cuts: list[int]) -> None:
    stream = b"".join(encode(frame) for frame in frames)
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    assert read_all(*(stream[a:b] for a, b in pairwise(edges))) == frames


@given(st.binary(max_size=300), FRAMES)
def test_a_good_frame_after_noise_is_found_once_the_line_falls_silent(noise: bytes, frame: Frame) -> None:
    reader = Reader()
    found = reader.feed(noise) + reader.feed(encode(frame)) + reader.gap()
    assert frame in found


@pytest.mark.parametrize("position", range(len(GOOD)))
def test_a_damaged_frame_does_not_take_the_next_one_with_it(position: int) -> None:
    damaged = bytearray(GOOD)
    damaged[position] ^= 0x40
    reader = Reader()
    assert reader.feed(bytes(damaged) + GOOD) + reader.gap() == [decode(GOOD)]


def test_a_good_frame_inside_a_bad_one_is_found() -> None:
    assert read_all(FALSE_START + bytes(100) + GOOD + bytes(MAX_FRAME)) == [decode(GOOD)]


def test_a_false_start_holds_a_good_frame_back_only_until_the_line_falls_silent() -> None:
    reader = Reader()
    assert reader.feed(FALSE_START + GOOD) == []
    assert reader.gap() == [decode(GOOD)]
    assert reader.held == 0
    assert reader.feed(GOOD) == [decode(GOOD)]


@given(st.lists(st.binary(max_size=2000), max_size=6))
def test_a_reader_never_holds_more_than_one_part_frame(chunks: list[bytes]) -> None:
    reader = Reader()
    for chunk in chunks:
        reader.feed(chunk)
        assert reader.held <= MAX_FRAME


@given(st.binary(max_size=3000), st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 3000)), max_size=8))
def test_sums_of_a_growing_buffer_are_those_of_its_bytes(raw: bytes, stretches: list[tuple[int, int]]) -> None:
    sums, cut = Sums(), 0
    for one, other in stretches:
        first, end = sorted((min(one, len(raw)), min(other, len(raw))))
        assert sums.of(raw[:end], first, end) & 0xFF == sum(raw[first:end]) & 0xFF
        cut = end // 256
    sums.forget(cut)
    rest = raw[cut * 256 :]
    assert sums.of(rest, 0, len(rest)) & 0xFF == sum(rest) & 0xFF


@pytest.mark.parametrize("garbage", [b"\x68", FALSE_START, FALSE_STARTS, b"\x16", b"\x00"], ids=range(5))
@pytest.mark.parametrize("step", [1_000_000, 1_000])
def test_garbage_costs_time_in_proportion_to_its_length(garbage: bytes, step: int) -> None:
    reader, noise = Reader(), garbage * (1_000_000 // len(garbage))
    began = time.perf_counter()
    for first in range(0, len(noise), step):
        reader.feed(noise[first : first + step])
    assert time.perf_counter() - began < 10  # seconds; a reader that sums each false start needs minutes
    assert reader.held <= MAX_FRAME
    reader.gap()
    assert reader.held == 0
