"""What the last count of an old meter proves, and when an exchange may be finished."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.download import Record
from app.domain.meter_life import MeterLife, bar_to_sale
from app.domain.swapping import Found, LastRead, OnItsWay, SwapBar, bar_to_end, find, judged

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
READ = LastRead(5000, 7, NOON)


@pytest.mark.parametrize(
    ("number", "sends", "count", "found"),
    [
        (None, 0, 7, Found.NOT_IN_METER),
        (8, 1, 8, Found.IN_METER),
        (8, 1, 7, Found.NOT_IN_METER),
        (8, 1, 9, Found.UNKNOWN),
        (8, 1, None, Found.UNKNOWN),
    ],
)
def test_the_count_says_where_a_purchase_is(number: int | None, sends: int, count: int | None, found: Found) -> None:
    assert find(OnItsWay(number, sends, 0), count) is found


@pytest.mark.parametrize(
    ("count", "records", "found"),
    [
        (8, ((8, 5000),), Found.IN_METER),
        (8, ((8, 700),), Found.NOT_IN_METER),
        (10, ((10, 5000), (9, 700), (8, 5000)), Found.IN_METER),
        (10, ((10, 5000), (9, 700), (8, 700)), Found.NOT_IN_METER),
        (10, ((10, 5000), (9, 700)), Found.UNKNOWN),
        (8, ((7, 5000),), Found.IN_METER),
        (1, ((1, 700), (8, 5000)), Found.IN_METER),
    ],
    ids=["ours", "another's", "ours, older", "another's, older", "too old", "not written down", "set back since"],
)
def test_the_meters_own_record_of_a_number_goes_before_its_count(
    count: int, records: tuple[tuple[int, int], ...], found: Found
) -> None:
    kept = tuple(Record(*each) for each in records)
    assert find(OnItsWay(8, 1, 0, 5000), count, kept) is found


def test_a_token_may_have_been_typed_by_a_hand() -> None:
    assert find(OnItsWay(None, 0, 1), None) is Found.UNKNOWN


def test_a_person_is_asked_only_where_the_count_proves_nothing() -> None:
    assert judged(Found.UNKNOWN, Found.IN_METER) is Found.IN_METER
    assert judged(Found.NOT_IN_METER, Found.IN_METER) is Found.NOT_IN_METER
    assert judged(Found.UNKNOWN, None) is Found.UNKNOWN


def test_nothing_is_carried_that_nobody_has_read() -> None:
    assert bar_to_end(None, None, ()) is SwapBar.NOT_READ


def test_a_credit_after_the_reading_wants_another_reading() -> None:
    assert bar_to_end(READ, NOON + timedelta(seconds=1), ()) is SwapBar.READ_AGAIN
    assert bar_to_end(READ, NOON - timedelta(seconds=1), ()) is None


def test_a_purchase_in_doubt_holds_the_exchange_up() -> None:
    assert bar_to_end(READ, None, (Found.IN_METER, Found.UNKNOWN)) is SwapBar.IN_DOUBT


def test_untried_meters_are_sold_to_where_the_utility_says_so() -> None:
    assert bar_to_sale(MeterLife.NEW, sell_untried=False) == "meter_not_in_service"
    assert bar_to_sale(MeterLife.COMMISSIONING, sell_untried=True) == ""
    assert bar_to_sale(MeterLife.REMOVED, sell_untried=True) == "meter_removed"
    assert bar_to_sale(MeterLife.LEAVING, sell_untried=False) == ""
