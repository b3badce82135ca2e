"""Purchase control in the terminal: orders, what is set, what is left, and a bill that is taken once."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters_io.errors import LocalError, RemoteError
from meters_io.gdw1376.amounts import Amount, amount_from_plain, amount_to_plain, exactly, yuan
from meters_io.gdw1376.asking import is_done
from meters_io.gdw1376.frame import Afn, answer_head
from meters_io.gdw1376.link import UnitResult, build_confirm, build_denial, build_per_unit
from meters_io.gdw1376.message import read_message, write_message
from meters_io.gdw1376.passage import Route
from meters_io.gdw1376.purchase_control import (
    Account,
    GroupOrder,
    Level,
    Mode,
    PurchaseOrder,
    Remaining,
    build_purchase,
    build_purchase_answer,
    build_purchase_query,
    build_remaining,
    build_remaining_query,
    level_of,
    parse_purchase,
    parse_purchase_answer,
    parse_remaining,
    take,
    use,
)
from meters_io.gdw1376.units import unit
from meters_io.layout import Plain
from tests.meters_io.gdw1376.asked import ROUTE, TAGGED, TERMINAL, heard_by, over_the_wire, published

AMOUNTS = st.integers(-9_999_999, 9_999_999).map(Amount) | st.integers(-9_999_999, 9_999_999).map(yuan)
ORDERS = st.builds(PurchaseOrder, st.integers(0, 2**32 - 1), st.sampled_from(Mode), AMOUNTS, AMOUNTS, AMOUNTS)
GROUP_ORDERS = st.builds(GroupOrder, st.integers(1, 64), ORDERS)
HUNDRED_YUAN = PurchaseOrder(1001, Mode.APPEND, yuan(100), yuan(20), yuan(0))


def test_the_published_order_is_built_and_read() -> None:
    sample = published("c-F47")
    assert parse_purchase(sample) == GroupOrder(1, HUNDRED_YUAN)
    assert build_purchase(Route(TERMINAL, 4, tail=TAGGED), GroupOrder(1, HUNDRED_YUAN)) == sample


def test_the_published_rest_is_five_yuan_below_zero() -> None:
    asked = build_remaining_query(Route(TERMINAL, 10), 1)
    sample = heard_by(asked, published("c-0C-F23-r"))
    assert parse_remaining(sample, asked) == Remaining(1, Amount(-5_000, coarse=True))
    assert build_remaining(asked, Remaining(1, yuan(-5))) == sample


@given(GROUP_ORDERS)
def test_any_order_arrives_as_it_was_sent(purchase: GroupOrder) -> None:
    assert parse_purchase(over_the_wire(build_purchase(ROUTE, purchase))) == purchase


@given(GROUP_ORDERS)
def test_any_setting_is_answered_as_it_was_set(purchase: GroupOrder) -> None:
    asked = over_the_wire(build_purchase_query(ROUTE, purchase.group))
    assert parse_purchase_answer(over_the_wire(build_purchase_answer(asked, purchase)), asked) == purchase


@given(st.integers(1, 64), st.none() | AMOUNTS)
def test_any_rest_is_answered_as_it_is(group: int, amount: Amount | None) -> None:
    asked = over_the_wire(build_remaining_query(ROUTE, group))
    reply = over_the_wire(build_remaining(asked, Remaining(group, amount)))
    assert parse_remaining(reply, asked) == Remaining(group, amount)


@pytest.mark.parametrize(
    ("amount", "plain"),
    [
        (yuan(100), {"v": 100, "big": 1}),
        (Amount(100_000), {"v": 100_000, "big": 0}),
        (exactly(9_999_999), {"v": 9_999_999, "big": 0}),
        (exactly(10_000_000), {"v": 10_000, "big": 1}),
        (exactly(-10_000_000), {"v": -10_000, "big": 1}),
    ],
)
def test_whole_yuan_and_li_mean_the_same_money(amount: Amount, plain: dict[str, int]) -> None:
    assert amount_to_plain(amount) == plain
    assert amount_from_plain(amount_to_plain(amount), "value") == amount


@pytest.mark.parametrize(
    ("amount", "code"),
    [(exactly(10_000_001), "inexact"), (Amount(10_000_000), "out_of_range"), (yuan(10_000_000), "out_of_range")],
)
def test_an_amount_that_no_seven_digits_hold_is_not_rounded(amount: Amount, code: str) -> None:
    with pytest.raises(LocalError) as caught:
        build_purchase(ROUTE, GroupOrder(1, replace(HUNDRED_YUAN, value=amount)))
    assert (caught.value.code, caught.value.field) == (code, "value")


def test_a_bill_is_taken_once() -> None:
    before = Account()
    after = take(before, HUNDRED_YUAN)
    assert (after.steps, after.bill, level_of(after)) == (100_000, 1001, Level.ENOUGH)
    with pytest.raises(RemoteError) as caught:
        take(after, HUNDRED_YUAN)
    assert (caught.value.code, caught.value.field) == ("repeated_bill", "bill")
    assert take(after, replace(HUNDRED_YUAN, bill=1002)).steps == 200_000
    assert take(after, replace(HUNDRED_YUAN, bill=1002, mode=Mode.REFRESH)).steps == 100_000


def test_a_group_that_uses_up_what_it_bought_is_warned_and_then_tripped() -> None:
    account = take(Account(), HUNDRED_YUAN)
    levels = [level_of(use(account, steps)) for steps in (79_999, 80_000, 99_999, 100_000, 100_001)]
    assert levels == [Level.ENOUGH, Level.ALARM, Level.ALARM, Level.TRIP, Level.TRIP]


def test_an_order_is_done_when_no_part_of_it_is_refused() -> None:
    order = build_purchase(ROUTE, GroupOrder(1, HUNDRED_YUAN))
    assert is_done(build_confirm(order), order)
    assert not is_done(build_denial(order), order)
    assert is_done(build_per_unit(order, (UnitResult(unit(1, 47), 0),)), order)
    assert not is_done(build_per_unit(order, (UnitResult(unit(1, 47), 1),)), order)


@pytest.mark.parametrize(
    ("field", "value"),
    [("mode", 0x54), ("value", None), ("trip", None)],
)
def test_what_a_terminal_cannot_take_is_named(field: str, value: Plain) -> None:
    message = read_message(published("c-F47"))
    fields = message.units[0].value
    assert isinstance(fields, dict)
    broken = replace(message, units=(replace(message.units[0], value=fields | {field: value}),))
    with pytest.raises(RemoteError) as caught:
        parse_purchase(write_message(broken))
    assert caught.value.field == field


def test_an_answer_about_another_group_is_not_taken() -> None:
    asked = build_remaining_query(ROUTE, 1)
    with pytest.raises(RemoteError) as caught:
        parse_remaining(build_remaining(asked, Remaining(2, yuan(5))), asked)
    assert (caught.value.code, caught.value.field) == ("wrong_unit", "units.0")


def test_an_answer_to_another_question_is_not_taken() -> None:
    asked = build_remaining_query(ROUTE, 1)
    with pytest.raises(RemoteError) as caught:
        parse_remaining(answer_head(asked, replace(asked.control, up=True, starts=False), Afn.HISTORY), asked)
    assert caught.value.code == "wrong_afn"


def test_a_terminal_without_the_group_denies_and_nothing_is_known() -> None:
    asked = build_remaining_query(ROUTE, 9)
    assert parse_remaining(build_denial(asked), asked) is None
    assert parse_purchase_answer(build_denial(asked), build_purchase_query(ROUTE, 9)) is None
