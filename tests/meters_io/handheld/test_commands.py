"""Orders as rows: what is written is read, and what no file can hold is refused before it is written."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given

from meters_io.errors import LocalError, RemoteError
from meters_io.handheld.columns import COMMANDS, Kind
from meters_io.handheld.commands import (
    ORDERS,
    Act,
    Command,
    OverdraftLimit,
    Purchase,
    Tokens,
    command_from_row,
    command_to_row,
)
from tests.meters_io.handheld import strategies
from tests.meters_io.samples import CHINA

METER = "201000000012"
BUY = Command("C-17", METER, Purchase(8, 5000, "000000001234"), "东区3栋2单元", datetime(2026, 11, 30, 16, tzinfo=UTC))
TRIP = Command("C-18", METER, Act.TRIP)


@given(strategies.COMMANDS)
def test_every_command_is_read_as_it_was_written(command: Command) -> None:
    row = command_to_row(command, CHINA)
    assert row.keys() == {column.name for column in COMMANDS}
    assert command_from_row(row, CHINA) == command


def test_a_purchase_is_a_row_that_people_can_read() -> None:
    assert command_to_row(BUY, CHINA) == {
        "CMD_ID": "C-17",
        "METER": METER,
        "PLACE": "东区3栋2单元",
        "KIND": "PU",
        "AMOUNT": "50.00",
        "COUNT": "8",
        "CUSTOMER": "000000001234",
        "TOKENS": "",
        "NOT_AFTER": "20261201000000",  # the meter's own clock
    }


def test_each_order_has_a_code_of_its_own() -> None:
    assert sorted(ORDERS) == ["1A", "1B", "1C", "3A", "3B", "OL", "PU", "TK"]


def test_column_names_and_widths_are_those_that_dbase_allows() -> None:
    for column in COMMANDS:
        assert column.name.isupper()
        assert len(column.name) <= 10
        assert column.width <= (20 if column.kind is Kind.NUMBER else 254)


@pytest.mark.parametrize(
    ("command", "code", "field"),
    [
        (replace(TRIP, id=""), "bad_text", "CMD_ID"),
        (replace(TRIP, id="C" * 21), "bad_text", "CMD_ID"),
        (replace(TRIP, meter="20100000001"[:10]), "bad_meter", "METER"),
        (replace(TRIP, meter="２０１０００００００１２"), "bad_meter", "METER"),
        (replace(TRIP, place="电" * 31), "bad_text", "PLACE"),
        (replace(TRIP, place="⚡"), "bad_text", "PLACE"),
        (replace(TRIP, order=OverdraftLimit(-1)), "out_of_range", "AMOUNT"),
        (replace(TRIP, order=OverdraftLimit(10**9 * 10)), "out_of_range", "AMOUNT"),
        (replace(TRIP, order=Purchase(100_000, 1, "0" * 12)), "out_of_range", "COUNT"),
        (replace(TRIP, order=Purchase(1, 1, "0" * 11)), "bad_customer", "CUSTOMER"),
        (replace(TRIP, order=Tokens(())), "bad_token", "TOKENS"),
        (replace(TRIP, order=Tokens(("1" * 19,))), "bad_token", "TOKENS"),
        (replace(TRIP, order=Tokens(("1" * 20,) * 6)), "bad_token", "TOKENS"),
        (replace(BUY, not_after=datetime(2026, 11, 30)), "naive_time", "NOT_AFTER"),  # noqa: DTZ001
    ],
)
def test_what_no_row_can_hold_is_refused_with_its_column(command: Command, code: str, field: str) -> None:
    with pytest.raises(LocalError) as caught:
        command_to_row(command, CHINA)
    assert (caught.value.code, caught.value.field) == (code, field)


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"KIND": "ZZ"}, "bad_kind", "KIND"),
        ({"CMD_ID": " "}, "no_command", "CMD_ID"),
        ({"METER": "12345"}, "not_digits", "METER"),
        ({"AMOUNT": ""}, "bad_number", "AMOUNT"),
        ({"AMOUNT": "1E99999999"}, "bad_number", "AMOUNT"),
        ({"AMOUNT": "-1"}, "bad_number", "AMOUNT"),
        ({"AMOUNT": "1.005"}, "bad_number", "AMOUNT"),
        ({"CUSTOMER": "x"}, "not_digits", "CUSTOMER"),
        ({"NOT_AFTER": "20261301000000"}, "bad_date", "NOT_AFTER"),
        ({"NOT_AFTER": "2026120100"}, "bad_date", "NOT_AFTER"),
        ({"PLACE": "x" * 61}, "too_long", "PLACE"),
        ({"KIND": "TK", "TOKENS": "12"}, "bad_token", "TOKENS"),
    ],
)
def test_a_row_that_is_no_command_says_in_which_column(changed: dict[str, str], code: str, field: str) -> None:
    with pytest.raises(RemoteError) as caught:
        command_from_row({**command_to_row(BUY, CHINA), **changed}, CHINA)
    assert (caught.value.code, caught.value.field) == (code, field)


def test_a_row_without_a_column_says_which() -> None:
    row = command_to_row(BUY, CHINA)
    del row["METER"]
    with pytest.raises(RemoteError) as caught:
        command_from_row(row, CHINA)
    assert (caught.value.code, caught.value.field) == ("no_column", "METER")
