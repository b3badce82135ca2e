"""When a purchase that did not get to its meter is tried again."""

from datetime import timedelta

import pytest

from app.domain.download import Verdict, back_off, by_record


def waits(*, heard: bool) -> list[int]:
    return [back_off(tries, heard=heard) // timedelta(seconds=1) for tries in (1, 2, 3, 4, 5, 6, 19, 20)]


def test_a_meter_that_answers_nothing_is_tried_further_and_further_apart() -> None:
    assert waits(heard=False) == [2, 2, 30, 120, 600, 1800, 1800, 1800]


def test_a_meter_that_answered_something_is_tried_every_two_minutes_but_not_for_ever() -> None:
    assert waits(heard=True) == [2, 2, 30, 120, 120, 120, 120, 1800]


@pytest.mark.parametrize(("record", "found"), [(5000, "landed"), (None, "landed"), (4999, "confused"), (0, "confused")])
def test_whose_purchase_stands_under_our_number_is_said_by_its_sum(record: int | None, found: str) -> None:
    assert by_record(5000, record) is Verdict(found)
