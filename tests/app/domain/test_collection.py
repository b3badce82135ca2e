"""What a collection scheme asks for, and of whom."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from app.domain.collection import (
    Known,
    Terms,
    balance_from_freeze,
    days_wanted,
    frozen_at,
    missing_in_bulk,
    missing_singly,
    round_is_due,
)
from app.domain.wallet import ReadingKind

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
DAYS = days_wanted(Terms(fill_days=3), ZONE, NOON)
BOTH = (ReadingKind.BALANCE, ReadingKind.ENERGY)


def known(*days: int, read_today: bool = False, first: int | None = 20) -> Known:
    """A meter with both frozen figures of these days of February or March (1)."""
    found = frozenset(date(2026, 3 if day == 1 else 2, day) for day in days)
    return Known(dict.fromkeys(BOTH, found), found, date(2026, 2, first) if first else None, read_today)


def test_the_days_wanted_are_those_that_are_over_yesterday_first() -> None:
    assert tuple(DAYS) == (date(2026, 3, 1), date(2026, 2, 28), date(2026, 2, 27))


def test_a_frozen_figure_is_that_of_the_midnight_that_ends_its_day() -> None:
    assert frozen_at(date(2026, 3, 1), ZONE) == datetime(2026, 3, 1, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(("hour", "minute", "due"), [(0, 19, False), (0, 20, True), (23, 59, True)])
def test_a_round_is_due_from_its_local_time_on(hour: int, minute: int, *, due: bool) -> None:
    assert round_is_due(Terms(), ZONE, datetime(2026, 3, 2, hour, minute, tzinfo=ZONE)) is due


def test_a_scheme_that_is_off_has_no_rounds() -> None:
    assert not round_is_due(Terms(on=False), ZONE, NOON)


def test_what_is_there_is_not_asked_for_again() -> None:
    assert missing_in_bulk(known(1, 28, 27), BOTH, DAYS) == ()
    assert missing_singly(known(1, 28, 27), DAYS, money=True) == ()


def test_a_hole_is_filled_and_days_before_the_first_are_not() -> None:
    assert missing_in_bulk(known(1, 27), BOTH, DAYS) == (date(2026, 2, 28),)
    assert missing_in_bulk(known(first=None), BOTH, DAYS) == DAYS[:1]
    assert missing_singly(known(1, 27), DAYS, money=True) == (date(2026, 2, 28),)


def test_a_meter_that_was_read_today_is_not_asked_itself() -> None:
    assert missing_singly(known(28, 27), DAYS, money=True) == DAYS[:1]
    assert missing_singly(known(28, 27, read_today=True), DAYS, money=True) == ()


def test_live_figures_of_a_meter_that_cannot_freeze_are_enough() -> None:
    live = Known({}, frozenset(DAYS), date(2026, 2, 1), read_today=True)
    assert missing_singly(live, DAYS, money=True) == ()


def test_without_money_a_day_needs_its_energy() -> None:
    assert missing_singly(known(1, 27), DAYS, money=False) == (date(2026, 2, 28),)


def test_a_frozen_zero_says_nothing_of_the_overdraft() -> None:
    assert balance_from_freeze(0) is None
    assert balance_from_freeze(1250) == 1250


@pytest.mark.parametrize(
    "wrong",
    [
        {"fill_days": 0},
        {"fill_days": 63},
        {"master_interval_min": 0},
        {"scan_every_min": -1},
        {"money": False, "energy": False},
    ],
)
def test_a_scheme_that_cannot_hold_names_its_field(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Terms(daily_from=time(1), **wrong)  # type: ignore[arg-type]
