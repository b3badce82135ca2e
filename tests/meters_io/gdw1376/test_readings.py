"""Registers, relay states and purchase information of meters: current and frozen, asked for and answered."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meters_io.bits import has_bit
from meters_io.errors import LocalError, RemoteError
from meters_io.gdw1376.asking import Piece, build_answer
from meters_io.gdw1376.link import build_denial
from meters_io.gdw1376.message import read_message, write_message
from meters_io.gdw1376.meter_values import PurchaseInfo, Register, RelayState, StatusWords, TerminalClock, Value
from meters_io.gdw1376.passage import Route
from meters_io.gdw1376.readings import (
    Item,
    Reading,
    build_readings,
    build_readings_request,
    parse_readings,
    parse_readings_request,
)
from meters_io.gdw1376.units import ALL_POINTS
from meters_io.layout import Plain
from tests.meters_io.gdw1376.asked import ROUTE, TERMINAL, heard_by, over_the_wire, published, with_body
from tests.meters_io.samples import CHINA

_SINCE_2001 = datetime(2001, 1, 1, tzinfo=UTC)
SECONDS = st.none() | st.integers(0, 98 * 365 * 86_400).map(lambda each: _SINCE_2001 + timedelta(seconds=each))
MOMENTS = SECONDS.map(lambda each: each and each.replace(second=0))
TEN_DIGITS = st.none() | st.integers(0, 10**10 - 1).map(lambda number: Decimal(number).scaleb(-4))
EIGHT_DIGITS = st.none() | st.integers(0, 10**8 - 1).map(lambda number: Decimal(number).scaleb(-2))
REGISTERS = st.builds(Register, MOMENTS, TEN_DIGITS, st.lists(TEN_DIGITS, max_size=12).map(tuple))
RELAYS = st.builds(RelayState, MOMENTS, st.none() | st.booleans(), MOMENTS, MOMENTS) | st.builds(
    RelayState, MOMENTS, st.none() | st.booleans(), SECONDS, SECONDS, st.just(True)
)
PURCHASES = st.builds(
    PurchaseInfo, MOMENTS, st.none() | st.integers(0, 9999), TEN_DIGITS, TEN_DIGITS, *[EIGHT_DIGITS] * 6
)
SEVEN = st.lists(st.integers(0, 0xFFFF), min_size=7, max_size=7).map(tuple)
STATUS = st.builds(StatusWords, MOMENTS, SEVEN, SEVEN)
VALUES: dict[Item, st.SearchStrategy[Value]] = {
    Item.TERMINAL_CLOCK: st.builds(TerminalClock, SECONDS),
    Item.STATUS: STATUS,
    Item.REGISTER: REGISTERS,
    Item.RELAY: RELAYS,
    Item.PURCHASE: PURCHASES,
    Item.DAILY_REGISTER: REGISTERS,
    Item.DAILY_RELAY: RELAYS,
    Item.DAILY_PURCHASE: PURCHASES,
    Item.MONTHLY_REGISTER: REGISTERS,
    Item.MONTHLY_PURCHASE: PURCHASES,
}
DAY = date(2026, 11, 1)
NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


def day_for(item: Item) -> date | None:
    return DAY if item.label else None


@pytest.mark.parametrize(
    ("question", "answer", "item", "value"),
    [
        (
            Route(TERMINAL, 9),
            "c-0C-F167-r",
            Item.PURCHASE,
            PurchaseInfo(datetime(2026, 11, 20, 1, 25, tzinfo=UTC), 2, Decimal("149.99"), Decimal(150)),
        ),
        (
            Route(TERMINAL, 11),
            "c-0C-F129-r",
            Item.REGISTER,
            Register(
                datetime(2026, 11, 20, 1, 25, tzinfo=UTC),
                Decimal("1.29"),
                (Decimal("0.62"), Decimal("0.6"), Decimal("0.03"), Decimal("0.02")),
            ),
        ),
    ],
)
def test_the_published_answers_are_built_and_read(question: Route, answer: str, item: Item, value: Value) -> None:
    asked = build_readings_request(question, item, [2])
    assert parse_readings(heard_by(asked, published(answer)), asked, item, CHINA) == (Reading(2, None, value),)
    assert build_readings(asked, item, [Reading(2, None, value)], CHINA) == heard_by(asked, published(answer))


def test_the_published_request_is_built_and_read() -> None:
    sample = published("c-0C-F167")
    assert build_readings_request(Route(TERMINAL, 9), Item.PURCHASE, [2]) == sample
    assert parse_readings_request(sample, Item.PURCHASE) == ((2, None),)
    old = published("old-hist-F161-F163")
    asked = parse_readings_request(old, Item.DAILY_REGISTER)
    assert asked == tuple((point, date(2011, 12, 25)) for point in range(2, 7))


@given(st.data())
def test_any_reading_arrives_as_it_was_sent(data: st.DataObject) -> None:
    item = data.draw(st.sampled_from(Item))
    points = data.draw(st.lists(st.integers(1, 2040), min_size=1, max_size=4, unique=True))
    readings = tuple(Reading(point, day_for(item), data.draw(VALUES[item])) for point in points)
    asked = over_the_wire(build_readings_request(ROUTE, item, points, day_for(item)))
    assert parse_readings_request(asked, item) == tuple((point, day_for(item)) for point in points)
    reply = over_the_wire(build_readings(asked, item, readings, CHINA))
    assert parse_readings(reply, asked, item, CHINA) == readings


@pytest.mark.parametrize("item", [Item.REGISTER, Item.DAILY_REGISTER, Item.MONTHLY_REGISTER])
def test_a_register_that_the_terminal_does_not_have_is_none(item: Item) -> None:
    asked = build_readings_request(ROUTE, item, [4], day_for(item))
    nothing = Reading(4, day_for(item), None)
    reply = build_readings(asked, item, [nothing], CHINA)
    assert bytes((0xEE,)) * 31 in reply.body
    assert parse_readings(reply, asked, item, CHINA) == (nothing,)


def test_a_remote_fee_meter_has_no_purchase_information() -> None:
    asked = build_readings_request(ROUTE, Item.DAILY_PURCHASE, [4], DAY)
    empty = PurchaseInfo(NOON, None, None, None)
    reply = build_readings(asked, Item.DAILY_PURCHASE, [Reading(4, DAY, empty)], CHINA)
    assert reply.body.endswith(bytes((0xEE,)) * 36)
    assert parse_readings(reply, asked, Item.DAILY_PURCHASE, CHINA) == (Reading(4, DAY, empty),)


def test_the_length_tells_in_which_edition_a_relay_state_is_written() -> None:
    asked = build_readings_request(ROUTE, Item.RELAY, [4])
    old = RelayState(NOON, True, NOON, None)
    new = RelayState(NOON, True, NOON.replace(second=7), None, to_the_second=True)
    lengths = []
    for state in (old, new):
        reply = build_readings(asked, Item.RELAY, [Reading(4, None, state)], CHINA)
        assert parse_readings(reply, asked, Item.RELAY, CHINA) == (Reading(4, None, state),)
        lengths.append(len(reply.body) - 4)
    assert lengths == [16, 18]


@settings(max_examples=60)
@given(st.lists(st.tuples(SECONDS, SECONDS), min_size=8, max_size=8), st.sampled_from([Item.RELAY, Item.DAILY_RELAY]))
def test_many_units_of_the_new_edition_are_not_mistaken_for_units_of_the_old(
    orders: list[tuple[datetime | None, datetime | None]], item: Item
) -> None:
    states = [RelayState(NOON, True, closed, opened, to_the_second=True) for closed, opened in orders]
    readings = tuple(Reading(point, day_for(item), state) for point, state in enumerate(states, 1))
    asked = build_readings_request(ROUTE, item, range(1, 9), day_for(item))
    assert parse_readings(build_readings(asked, item, readings, CHINA), asked, item, CHINA) == readings


def test_the_third_status_word_tells_of_a_low_balance() -> None:
    asked = build_readings_request(ROUTE, Item.STATUS, [3])
    words = StatusWords(NOON, (0, 0, 0x80, 0, 0, 0, 0), (0, 0, 0x80, 0, 0, 0, 0))
    reply = build_readings(asked, Item.STATUS, [Reading(3, None, words)], CHINA)
    assert len(reply.body) == 4 + 33
    (read,) = parse_readings(reply, asked, Item.STATUS, CHINA)
    assert isinstance(read.value, StatusWords)
    assert has_bit(read.value.words[2], 7)


def test_a_terminal_that_has_nothing_denies() -> None:
    asked = build_readings_request(ROUTE, Item.PURCHASE, [1])
    assert parse_readings(build_denial(asked), asked, Item.PURCHASE, CHINA) == ()


def test_all_points_may_be_asked_for_at_once() -> None:
    asked = build_readings_request(ROUTE, Item.RELAY, [ALL_POINTS])
    states = [Reading(point, None, RelayState(NOON, point == 1, None, None)) for point in (1, 9)]
    assert parse_readings(build_readings(asked, Item.RELAY, states, CHINA), asked, Item.RELAY, CHINA) == tuple(states)


@pytest.mark.parametrize(("item", "day"), [(Item.PURCHASE, DAY), (Item.DAILY_PURCHASE, None)])
def test_history_and_nothing_else_is_asked_for_by_its_day(item: Item, day: date | None) -> None:
    with pytest.raises(LocalError) as caught:
        build_readings_request(ROUTE, item, [1], day)
    assert (caught.value.code, caught.value.field) == ("wrong_label", "day")


def test_what_is_frozen_for_another_day_is_not_taken_for_this_one() -> None:
    asked = build_readings_request(ROUTE, Item.DAILY_RELAY, [1], DAY)
    late = Reading(1, date(2026, 11, 2), RelayState(NOON, True, None, None))
    with pytest.raises(RemoteError) as caught:
        parse_readings(build_readings(asked, Item.DAILY_RELAY, [late], CHINA), asked, Item.DAILY_RELAY, CHINA)
    assert (caught.value.code, caught.value.field) == ("wrong_label", "units.0.day")


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("state", 0x12, "out_of_range"),
        ("read", "2613200925", "bad_date"),
        ("closed", "2611209900", "bad_date"),
    ],
)
def test_what_is_out_of_range_is_named_by_unit_and_field(name: str, value: Plain, code: str) -> None:
    asked = build_readings_request(ROUTE, Item.RELAY, [1])
    good = build_readings(asked, Item.RELAY, [Reading(1, None, RelayState(NOON, True, NOON, NOON))], CHINA)
    message = read_message(good)
    fields = message.units[0].value
    assert isinstance(fields, dict)
    bad = write_message(replace(message, units=(replace(message.units[0], value=fields | {name: value}),)))
    with pytest.raises(RemoteError) as caught:
        parse_readings(bad, asked, Item.RELAY, CHINA)
    assert (caught.value.code, caught.value.field) == (code, f"units.0.{name}")


def test_a_register_that_is_no_number_is_not_guessed_at() -> None:
    asked = build_readings_request(ROUTE, Item.REGISTER, [1])
    reply = build_readings(asked, Item.REGISTER, [Reading(1, None, Register(NOON, Decimal(1), ()))], CHINA)
    spoiled = with_body(reply, reply.body[:-1] + b"\x0a")
    with pytest.raises(RemoteError) as caught:
        parse_readings(spoiled, asked, Item.REGISTER, CHINA)
    assert (caught.value.code, caught.value.field) == ("not_bcd", "units.0.energies")


def test_an_answer_may_hold_other_functions_too() -> None:
    asked = build_readings_request(ROUTE, Item.RELAY, [1])
    assert parse_readings_request(asked, Item.PURCHASE) == ()
    both = build_answer(asked, [Piece(1, 161, {"read": None, "state": 0, "closed": None, "opened": None})])
    assert parse_readings(both, asked, Item.RELAY, CHINA) == (Reading(1, None, RelayState(None, False, None, None)),)
