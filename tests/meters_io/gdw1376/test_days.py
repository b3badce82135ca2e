"""A day of many points is read the straight way wherever it can be, and that says nothing else than the general one.

A frame with a time tag is left to the general reader, so each frame is read twice: as it is, and with a tag.
"""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headend_client.masking_terminal import hidden_of_terminal
from meters_io.errors import LocalError, RemoteError
from meters_io.gdw1376.days import day_of, unit_of_answer
from meters_io.gdw1376.frame import Frame, encode
from meters_io.gdw1376.meter_values import PurchaseInfo, Register
from meters_io.gdw1376.passage import Route
from meters_io.gdw1376.readings import (
    Item,
    Reading,
    build_readings,
    build_readings_request,
    parse_readings,
    parse_readings_request,
)
from meters_io.gdw1376.tail import EventCounters, Tail, split_tail, with_tail
from tests.meters_io.gdw1376.asked import ROUTE, TAGGED, TERMINAL, over_the_wire, with_body
from tests.meters_io.gdw1376.test_readings import PURCHASES, REGISTERS
from tests.meters_io.samples import CHINA

UNITS_AT = 14  # in a frame
DAY = date(2026, 11, 20)
MIDNIGHT = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
WITH_A_TAG = Route(TERMINAL, ROUTE.number, tail=TAGGED)
VALUES = {Item.DAILY_REGISTER: REGISTERS | st.none(), Item.DAILY_PURCHASE: PURCHASES}
ITEMS = st.sampled_from(sorted(VALUES, key=lambda each: each.name))
POINTS = st.lists(st.integers(1, 2040), min_size=1, max_size=4, unique=True)
CHANGES = st.lists(st.tuples(st.integers(0, 2000), st.sampled_from([0, 0x12, 0x9A, 0xEE, 0xFF])), max_size=3)


def said(reply: Frame, asked: Frame, item: Item) -> object:
    """What reading a reply comes to: readings, or which error."""
    try:
        return parse_readings(reply, asked, item, CHINA)
    except RemoteError as error:
        return error.code, error.field


def changed(body: bytes, changes: list[tuple[int, int]], cut: int) -> bytes:
    spoiled = bytearray(body)
    for place, byte in changes:
        spoiled[place % len(spoiled)] = byte
    return bytes(spoiled[: len(spoiled) - cut])


def tagged(frame: Frame) -> Frame:
    units, tail = split_tail(frame)
    return with_tail(frame, units, Tail(events=tail.events, tag=TAGGED.tag))


def answered(data: st.DataObject, item: Item, asked: Frame, points: list[int]) -> Frame:
    """An answer about some of the points, and perhaps about one that nobody asked for; its bytes a little spoiled."""
    told = [each for each in points if data.draw(st.booleans())] or [data.draw(st.integers(1, 2040))]
    day = data.draw(st.sampled_from([DAY, DAY, DAY, date(2026, 11, 19)]))
    readings = [Reading(point, day, data.draw(VALUES[item])) for point in told]
    tail = Tail(events=data.draw(st.none() | st.just(EventCounters(3, 4))))
    good = build_readings(asked, item, readings, CHINA, tail)
    units, _ = split_tail(good)
    spoiled = changed(units, data.draw(CHANGES), data.draw(st.sampled_from([0, 0, 0, 1, 7])))
    return with_tail(good, spoiled, tail)


@settings(max_examples=150)
@given(st.data())
def test_the_straight_way_says_what_the_general_one_says(data: st.DataObject) -> None:
    item, points = data.draw(ITEMS), data.draw(POINTS)
    asked = build_readings_request(ROUTE, item, points, DAY)
    asked_so = build_readings_request(WITH_A_TAG, item, points, DAY)
    reply = answered(data, item, asked, points)
    other_item = data.draw(st.sampled_from([item, item, item, *Item]))
    assert day_of(tagged(reply)) is None
    assert said(reply, asked, other_item) == said(tagged(reply), asked_so, other_item)


@settings(max_examples=60)
@given(st.data())
def test_a_question_is_written_and_read_as_the_general_way_does_it(data: st.DataObject) -> None:
    item, points = data.draw(ITEMS), data.draw(POINTS)
    plain = over_the_wire(build_readings_request(ROUTE, item, points, DAY))
    general = build_readings_request(WITH_A_TAG, item, points, DAY)
    assert split_tail(general)[0] == plain.body
    assert tagged(plain) == general
    assert parse_readings_request(plain, item) == parse_readings_request(general, item)
    day = day_of(plain)
    assert day is not None
    assert (day.function, day.points) == (item.function, tuple(points))


@settings(max_examples=80)
@given(st.data())
def test_a_terminal_writes_a_point_as_the_general_way_does_it(data: st.DataObject) -> None:
    item, point = data.draw(ITEMS), data.draw(st.integers(1, 2040))
    value = data.draw(VALUES[item])
    asked = build_readings_request(ROUTE, item, [point], DAY)
    general = build_readings(asked, item, [Reading(point, DAY, value)], CHINA).body
    assert value is None or isinstance(value, Register | PurchaseInfo)
    assert unit_of_answer(item.function, general[4:7], point, value, CHINA) == general


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (Register(MIDNIGHT, Decimal("0.00001"), ()), "inexact"),
        (Register(MIDNIGHT, Decimal(-1), ()), "out_of_range"),
        (Register(MIDNIGHT, Decimal(10**6), ()), "out_of_range"),
        (Register(MIDNIGHT, None, (None,) * 238), "out_of_range"),
        (PurchaseInfo(MIDNIGHT, 1, None, None), "wrong_fields"),
    ],
)
def test_what_has_no_place_in_a_register_is_not_written(value: Register | PurchaseInfo, code: str) -> None:
    with pytest.raises(LocalError) as caught:
        unit_of_answer(161, bytes.fromhex("201126"), 1, value, CHINA)
    assert caught.value.code == code


@settings(max_examples=60)
@given(st.data())
def test_no_more_of_it_is_shown_than_the_general_way_shows(data: st.DataObject) -> None:
    item, points = data.draw(ITEMS), data.draw(POINTS)
    asked = build_readings_request(ROUTE, item, points, DAY)
    for frame in (asked, answered(data, item, asked, points)):
        ends = UNITS_AT + len(split_tail(frame)[0])
        shown, generally = (hidden_of_terminal(encode(each)) for each in (frame, tagged(frame)))
        assert not any(at < ends for at in shown ^ generally)


@pytest.mark.parametrize("item", [Item.DAILY_REGISTER, Item.DAILY_PURCHASE])
def test_a_towns_day_goes_the_straight_way(item: Item) -> None:
    """Meters with figures, a meter that was missed, and counters of events behind them."""
    points = range(2, 34)
    value = (
        Register(MIDNIGHT, Decimal("1234.56"), (Decimal("1"),) * 4)
        if item is Item.DAILY_REGISTER
        else PurchaseInfo(MIDNIGHT, 3, Decimal("12.34"), Decimal(100))
    )
    missed = None if item is Item.DAILY_REGISTER else PurchaseInfo(None, None, None, None)
    readings = tuple(Reading(point, DAY, missed if point == 7 else value) for point in points)
    asked = build_readings_request(ROUTE, item, points, DAY)
    reply = over_the_wire(build_readings(asked, item, readings, CHINA, Tail(events=EventCounters(1, 2))))
    assert day_of(asked) is not None
    assert day_of(reply) is not None
    assert parse_readings(reply, asked, item, CHINA) == readings


def test_a_register_of_238_tariffs_is_left_to_the_general_way() -> None:
    """EEH is a count of tariffs, or the whole register is missing: only what follows tells."""
    asked = build_readings_request(ROUTE, Item.DAILY_REGISTER, range(1, 50), DAY)
    readings = [Reading(point, DAY, None) for point in range(1, 50)]
    reply = build_readings(asked, Item.DAILY_REGISTER, readings, CHINA)
    assert day_of(reply) is None
    assert parse_readings(reply, asked, Item.DAILY_REGISTER, CHINA) == tuple(readings)
    few = with_body(reply, reply.body[: 30 * 38])
    assert day_of(few) is not None
    assert parse_readings(few, asked, Item.DAILY_REGISTER, CHINA) == tuple(readings[:30])
