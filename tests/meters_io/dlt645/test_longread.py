"""An item that comes in parts: joined in order, or dropped."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters_io.dlt645.frame import Frame
from meters_io.dlt645.longread import LongRead
from meters_io.dlt645.refusals import Refusal, RefusalCode, build_refusal
from meters_io.errors import RemoteError

METER, DI = "201000000012", 0x03300001


def first(part: bytes, *, more: bool = True) -> Frame:
    return Frame(METER, 0xB1 if more else 0x91, DI.to_bytes(4, "little") + part)


def further(part: bytes, seq: int, *, more: bool = True) -> Frame:
    return Frame(METER, 0xB2 if more else 0x92, DI.to_bytes(4, "little") + part + bytes((seq,)))


def begun(part: bytes = b"first") -> LongRead:
    reading = LongRead(METER, DI).join(first(part))
    assert isinstance(reading, LongRead)
    return reading


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=20))
def test_parts_are_joined_in_their_order(parts: list[bytes]) -> None:
    reading = LongRead(METER, DI)
    for seq, part in enumerate(parts):
        assert not reading.done
        asked, more = reading.ask(), seq < len(parts) - 1
        assert asked.data[4:] == (bytes((seq,)) if seq else b"")
        step = reading.join(further(part, seq, more=more) if seq else first(part, more=more))
        assert isinstance(step, LongRead)
        reading = step
    assert (reading.data, reading.done) == (b"".join(parts), True)


def test_it_asks_for_the_item_and_then_for_its_parts() -> None:
    assert LongRead(METER, DI).ask() == Frame(METER, 0x11, bytes.fromhex("01003003"))
    assert begun().ask() == Frame(METER, 0x12, bytes.fromhex("0100300301"))


def test_a_gap_drops_all_and_says_so() -> None:
    with pytest.raises(RemoteError) as caught:
        begun().join(further(b"third", 2))
    assert (caught.value.code, caught.value.field) == ("gap", "seq")


def test_a_part_that_comes_twice_is_joined_once() -> None:
    once = begun().join(further(b"second", 1))
    assert isinstance(once, LongRead)
    assert once.join(further(b"second", 1)) == once


def test_a_refused_part_is_a_value_and_ends_the_reading() -> None:
    no = build_refusal(begun().ask(), RefusalCode.NO_DATA)
    assert begun().join(no) == Refusal(RefusalCode.NO_DATA, 2, 0xD2)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (lambda: begun().join(Frame("201000000013", 0x92, further(b"x", 1).data)), "wrong_address"),
        (lambda: begun().join(first(b"again")), "wrong_control"),
        (lambda: begun().join(Frame(METER, 0x92, bytes(5))), "wrong_di"),
        (lambda: begun().join(Frame(METER, 0x92, bytes.fromhex("01003003"))), "bad_length"),
        (lambda: LongRead(METER, DI, b"", 254).join(further(b"x", 255)), "too_long"),
    ],
)
def test_what_is_no_further_part_is_not_joined(wrong: Callable[[], object], code: str) -> None:
    with pytest.raises(RemoteError) as caught:
        wrong()
    assert caught.value.code == code
