"""Token identifiers and key expiry."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meters_io.errors import LocalError
from meters_io.sts.tid import (
    TID_LIMIT,
    BaseDate,
    is_expired,
    is_reserved,
    last_tid_of,
    next_free,
    reserved_tid,
    tid_at,
    time_of,
)

TIDS = st.integers(0, TID_LIMIT - 1)


def test_the_minute_is_the_one_that_has_begun() -> None:
    moment = datetime(2020, 1, 1, 8, 0, 59, 999999, tzinfo=UTC)
    assert tid_at(moment, BaseDate.Y1993) == 14200320
    assert tid_at(moment, BaseDate.Y2014) == 3155520


def test_the_zone_of_the_clock_does_not_matter() -> None:
    moment = datetime(2020, 1, 1, 8, 0, tzinfo=UTC)
    assert tid_at(moment.astimezone(), BaseDate.Y2014) == tid_at(moment, BaseDate.Y2014)


@pytest.mark.parametrize(
    ("moment", "base", "code"),
    [
        (datetime(2020, 1, 1), BaseDate.Y2014, "naive_time"),  # noqa: DTZ001 - that is the point
        (datetime(2013, 12, 31, 23, 59, tzinfo=UTC), BaseDate.Y2014, "tid_before_base"),
        (datetime(2024, 11, 24, 20, 16, tzinfo=UTC), BaseDate.Y1993, "tid_exhausted"),
        (datetime(2045, 11, 24, 20, 16, tzinfo=UTC), BaseDate.Y2014, "tid_exhausted"),
    ],
)
def test_a_time_outside_the_base_date_is_refused(moment: datetime, base: BaseDate, code: str) -> None:
    with pytest.raises(LocalError) as refusal:
        tid_at(moment, base)
    assert refusal.value.code == code


@given(TIDS, st.sampled_from(BaseDate))
def test_a_tid_and_its_minute_lead_to_each_other(tid: int, base: BaseDate) -> None:
    assert tid_at(time_of(tid, base) + timedelta(seconds=59), base) == tid


def test_the_last_hour_of_the_calendar_is_refused_like_every_other_that_is_too_late() -> None:
    with pytest.raises(LocalError) as refusal:
        tid_at(datetime.max.replace(tzinfo=UTC), BaseDate.Y2014, timedelta(hours=8))
    assert refusal.value.code == "tid_exhausted"


@pytest.mark.parametrize("tid", [-1, TID_LIMIT])
def test_no_time_belongs_to_a_number_that_is_no_tid(tid: int) -> None:
    with pytest.raises(LocalError):
        time_of(tid, BaseDate.Y2014)


def test_one_minute_past_midnight_moves_to_two() -> None:
    reserved = tid_at(datetime(2026, 7, 29, 0, 1, tzinfo=UTC), BaseDate.Y2014)
    assert is_reserved(reserved)
    assert next_free(reserved, None) == 0x64E602
    assert next_free(reserved + 1, 0x64E602) == 0x64E603  # the honest 00:02 was taken by the one that moved


@pytest.mark.parametrize("minutes", [0, 1, 2, 1439])
def test_a_special_token_carries_the_reserved_minute_of_its_day(minutes: int) -> None:
    midnight = datetime(2026, 7, 29, tzinfo=UTC)
    tid = reserved_tid(midnight + timedelta(minutes=minutes), BaseDate.Y2014)
    assert is_reserved(tid)
    assert time_of(tid, BaseDate.Y2014) == midnight + timedelta(minutes=1)


def test_the_day_of_a_special_token_is_that_of_its_fleets_clock() -> None:
    evening = datetime(2026, 7, 28, 20, 0, tzinfo=UTC)
    ahead = timedelta(hours=8)
    assert reserved_tid(evening, BaseDate.Y2014, ahead) == 0x64E601
    assert reserved_tid(evening, BaseDate.Y2014) == 0x64E601 - 1440


def test_later_tokens_of_one_minute_take_the_minutes_after_it() -> None:
    assert [next_free(500, last) for last in (None, 499, 500, 501)] == [500, 500, 501, 502]


def test_a_token_after_midnight_steps_over_the_reserved_minute() -> None:
    assert next_free(1440, 1440) == 1442


def test_the_last_tid_of_a_base_date_is_given_once() -> None:
    assert next_free(TID_LIMIT - 1, None) == TID_LIMIT - 1
    with pytest.raises(LocalError) as refusal:
        next_free(TID_LIMIT - 1, TID_LIMIT - 1)
    assert refusal.value.code == "tid_exhausted"


@given(st.integers(0, TID_LIMIT - 4), st.none() | st.integers(0, TID_LIMIT - 4))
def test_a_new_tid_is_never_reserved_and_never_goes_back(current: int, last: int | None) -> None:
    tid = next_free(current, last)
    assert tid >= current
    assert last is None or tid > last
    assert not is_reserved(tid)


@pytest.mark.parametrize(
    ("ken", "base", "last_minute"),
    [
        (85, BaseDate.Y1993, datetime(2003, 9, 19, 22, 55, tzinfo=UTC)),
        (85, BaseDate.Y2014, datetime(2024, 9, 18, 22, 55, tzinfo=UTC)),
        (170, BaseDate.Y1993, datetime(2014, 4, 23, 9, 35, tzinfo=UTC)),
        (170, BaseDate.Y2014, datetime(2035, 4, 23, 9, 35, tzinfo=UTC)),
        (255, BaseDate.Y2014, datetime(2045, 11, 24, 20, 15, tzinfo=UTC)),
    ],
)
def test_a_key_serves_its_last_minute_and_not_the_next(ken: int, base: BaseDate, last_minute: datetime) -> None:
    tid = tid_at(last_minute, base)
    assert tid == last_tid_of(ken)
    assert not is_expired(tid, ken)
    assert is_expired(tid + 1, ken)
