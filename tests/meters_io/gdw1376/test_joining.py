"""Answers in several frames: what a terminal splits, a master joins; what is not whole is dropped and said so."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters_io.errors import LocalError
from meters_io.gdw1376.exchange import is_answer
from meters_io.gdw1376.frame import Control, Frame, Seq, Terminal, decode, encode
from meters_io.gdw1376.joining import MAX_JOINED, MAX_PARTS, Joined, Joiner, split_message
from meters_io.gdw1376.message import Message, UnitData, read_message
from meters_io.gdw1376.tail import EventCounters, Tail
from meters_io.gdw1376.units import unit

HEAD = Frame(Terminal("3201", 18), Control(up=True, starts=False, function=8), 0x06, Seq(14), b"", a3=2)
TAIL = Tail(events=EventCounters(3, 4))


def message_of(*data: str) -> Message:
    units = tuple(UnitData(unit(0, 2), {"data": each * 16}) for each in data)
    return Message(HEAD, units, TAIL)


def parts(count: int = 3) -> list[Frame]:
    return list(split_message(message_of(*(f"{each:02x}" for each in range(count))), 40))


@given(st.lists(st.binary(min_size=1, max_size=1), min_size=1, max_size=40), st.integers(30, 200))
def test_what_is_split_is_joined_again(data: list[bytes], most_bytes: int) -> None:
    message = message_of(*(each.hex() for each in data))
    frames = split_message(message, most_bytes)
    joiner, last = Joiner(), Joined()
    for place, frame in enumerate(frames):
        assert len(encode(frame)) <= most_bytes + 8
        assert (frame.seq.first, frame.seq.final) == (place == 0, place == len(frames) - 1)
        assert frame.seq.number == (14 + place) % 16
        assert last == Joined()
        last = joiner.take(decode(encode(frame)))
    assert last.whole is not None
    whole = read_message(last.whole)
    assert (whole.units, whole.tail) == (message.units, TAIL)
    assert (whole.frame.control.flag5, whole.frame.seq) == (True, Seq(14))
    assert joiner.held == 0


def test_a_joined_answer_belongs_to_the_request_that_its_first_part_names() -> None:
    asked = HEAD._replace(control=Control(up=False, starts=True, function=11))
    joiner = Joiner()
    *_, last = [joiner.take(each).whole for each in parts()]
    assert last is not None
    assert is_answer(last, asked)


def test_a_frame_that_stands_alone_passes_between_the_parts_of_another() -> None:
    first, middle, last = parts()
    alone = HEAD._replace(control=Control(up=True, starts=True, function=4))
    joiner = Joiner()
    assert joiner.take(first) == Joined()
    assert joiner.take(alone) == Joined(alone)
    assert joiner.take(middle) == Joined()
    assert joiner.take(last).whole is not None


def test_a_gap_drops_what_came_and_says_so() -> None:
    first, _, last = parts()
    joiner = Joiner()
    joiner.take(first)
    assert joiner.take(last) == Joined(dropped=(first, last), reason="gap")
    assert joiner.take(last) == Joined(dropped=(last,), reason="no_beginning")
    assert joiner.held == 0


def test_a_part_of_another_answer_is_a_gap() -> None:
    first, middle, _ = parts()
    for stranger in (middle._replace(afn=0x0C), middle._replace(terminal=Terminal("3201", 19))):
        joiner = Joiner()
        joiner.take(first)
        assert joiner.take(stranger).reason == "gap"


def test_a_repeated_part_is_dropped_alone() -> None:
    first, middle, last = parts()
    joiner = Joiner()
    for frame in (first, first, middle, middle):
        taken = joiner.take(frame)
        assert taken in (Joined(), Joined(dropped=(frame,), reason="repeated"))
    assert joiner.take(last).whole is not None


def test_a_new_beginning_drops_what_waited() -> None:
    first, middle, _ = parts()
    again = first._replace(seq=replace(first.seq, number=3))
    joiner = Joiner()
    joiner.take(first)
    joiner.take(middle)
    assert joiner.take(again) == Joined(dropped=(first, middle), reason="begun_again")
    assert joiner.held == 1


def test_a_part_without_its_tail_is_dropped() -> None:
    broken = parts()[0]._replace(body=b"")
    assert Joiner().take(broken) == Joined(dropped=(broken,), reason="bad_length")


def test_a_joiner_holds_a_limited_number_of_bytes() -> None:
    joiner, reason, number = Joiner(), "", 14
    part = HEAD._replace(seq=Seq(number, final=False), body=bytes(16_000))
    for _ in range(MAX_JOINED // 16_000 + 1):
        reason = joiner.take(part).reason
        number = (number + 1) % 16
        part = part._replace(seq=Seq(number, first=False, final=False))
    assert reason == "too_long"
    assert joiner.held == 0


def test_a_joiner_holds_a_limited_number_of_parts_that_say_nothing() -> None:
    joiner, reason = Joiner(), ""
    for place in range(MAX_PARTS + 1):
        seq = Seq(place % 16, first=place == 0, final=False)
        reason = joiner.take(HEAD._replace(seq=seq, body=b"")).reason
    assert reason == "too_long"
    assert joiner.held == 0


def test_a_unit_that_fits_no_frame_is_our_error() -> None:
    with pytest.raises(LocalError) as caught:
        split_message(message_of("aa"), 20)
    assert (caught.value.code, caught.value.field) == ("too_long", "units.0")
