"""When a purchase that did not get to its meter is tried again."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.download import Verdict, back_off, by_record, is_of_another_moment, moment_may_tell


def waits(*, heard: bool) -> list[int]:
    return [back_off(tries, heard=heard) // timedelta(seconds=1) for tries in (1, 2, 3, 4, 5, 6, 19, 20)]


def test_a_meter_that_answers_nothing_is_tried_further_and_further_apart() -> None:
    assert waits(heard=False) == [2, 2, 30, 120, 600, 1800, 1800, 1800]


def test_a_meter_that_answered_something_is_tried_every_two_minutes_but_not_for_ever() -> None:
    assert waits(heard=True) == [2, 2, 30, 120, 120, 120, 120, 1800]


@pytest.mark.parametrize(("record", "found"), [(5000, "landed"), (None, "landed"), (4999, "confused"), (0, "confused")])
def test_whose_purchase_stands_under_our_number_is_said_by_its_sum(record: int | None, found: str) -> None:
    assert by_record(5000, record) is Verdict(found)


SENT = datetime(2026, 3, 2, 10, tzinfo=UTC)
LATER = SENT + timedelta(days=1)


@pytest.mark.parametrize(
    ("minutes", "ahead_min", "another"),
    [
        (66, 0, True),
        (1440, 0, True),
        (1443, 0, True),  # its clock may be a little ahead
        (1446, 0, False),  # what lies before us was written by another clock
        (65, 0, False),
        (0, 0, False),
        (-60, 0, False),  # before the first of ours the count said that it was not there
        (200, 5, True),
        (200, -5, True),
        (200, 6, False),
        (200, -6, False),
    ],
)
def test_a_moment_tells_two_of_one_sum_apart_where_the_clock_is_right(
    minutes: int, ahead_min: int, another: bool
) -> None:
    recorded, clock = SENT + timedelta(minutes=minutes), LATER + timedelta(minutes=ahead_min)
    assert is_of_another_moment(recorded, clock, SENT, LATER) is another


@pytest.mark.parametrize(("minutes", "tells"), [(70, False), (71, True)])
def test_no_moment_is_asked_for_before_it_could_tell_anything(minutes: int, tells: bool) -> None:
    assert moment_may_tell(SENT, SENT + timedelta(minutes=minutes)) is tells
