"""Twice as many bytes are twice as much work, however hostile, counted in calls of functions."""

from collections.abc import Callable
from functools import partial

import pytest

from meters_io.dlt645 import reader as meter_reader
from meters_io.gdw1376 import reader as terminal_reader
from meters_io.gdw1376.message import read_message
from tests.fuzz.effort import effort_of, within
from tests.fuzz.frames import terminal_frame

GARBAGE = {
    "starts": b"\x68",
    "wakes": b"\xfe",
    "ends": b"\x16",
    "false meter frames": bytes.fromhex("681122334455666891FF"),
    "good heads, bad sums": bytes.fromhex("68123456789012681100") + b"\x00\x16",
    "false terminal frames": bytes.fromhex("68FEFFFEFF68"),
    "short terminal frames": bytes.fromhex("683200320068") + bytes(12) + b"\x01\x16",
}
READERS: list[Callable[[], meter_reader.Reader | terminal_reader.Reader]] = [
    meter_reader.Reader,
    terminal_reader.Reader,
]
UNITS = {
    "one function": "0101 0100",
    "all functions of a group, all points": "FF01 FF03",
    "what nobody knows": "0101 011E",
}


def calls_of(work: Callable[[], None]) -> int:
    outcome, calls = effort_of(work)
    assert outcome is None
    assert calls > 10
    return calls


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE)
@pytest.mark.parametrize("new_reader", READERS, ids=["dlt645", "gdw1376"])
@pytest.mark.parametrize("step", [1, 997])
def test_a_stream_twice_as_long_is_twice_the_work(
    garbage: bytes, new_reader: Callable[[], meter_reader.Reader | terminal_reader.Reader], step: int
) -> None:
    def read(stream: bytes) -> None:
        reader = new_reader()
        for at in range(0, len(stream), step):
            reader.feed(stream[at : at + step])
        reader.gap()

    once, twice = (calls_of(partial(read, (garbage * size)[:size])) for size in (10_000, 20_000))
    assert twice <= 2.2 * once + 100


@pytest.mark.parametrize("afn", [0x0C, 0x0D, 0x0E, 0x04, 0x0A, 0x10])
@pytest.mark.parametrize("unit", UNITS.values(), ids=UNITS)
def test_a_message_twice_as_long_is_twice_the_work(afn: int, unit: str) -> None:
    def read(size: int) -> None:
        inside = bytes((0x88, 1, 0x32, 18, 0, 2, afn, 0x61)) + (bytes.fromhex(unit) * size)[:size]
        frame = terminal_frame(inside)
        assert frame is not None
        read_message(frame)

    once, twice = (calls_of(partial(read, size)) for size in (1_000, 2_000))
    assert twice <= 2.5 * once + 5_000


def test_too_much_work_is_noticed() -> None:
    with pytest.raises(AssertionError, match="where 10 are enough"):
        within(lambda: [len("") for _ in range(20)], 10)
