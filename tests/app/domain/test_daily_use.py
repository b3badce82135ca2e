"""What a meter uses a day, as far as two figures can tell."""

from datetime import UTC, datetime, timedelta

from app.domain.wallet import Figure, daily_use, days_left

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def figure(days: float, balance_minor: int) -> Figure:
    return Figure(MONDAY + timedelta(days=days), balance_minor)


def test_use_is_what_went_down_plus_what_was_credited() -> None:
    assert daily_use(figure(0, 5000), figure(5, 6000), credited_minor=4000) == 600


def test_use_below_zero_counts_too() -> None:
    assert daily_use(figure(0, 300), figure(2, -500), credited_minor=0) == 400


def test_nothing_is_said_of_a_few_hours() -> None:
    assert daily_use(figure(0, 5000), figure(0.5, 4000), credited_minor=0) is None


def test_nothing_is_said_when_the_meter_gained_money_that_we_know_nothing_of() -> None:
    assert daily_use(figure(0, 5000), figure(3, 9000), credited_minor=0) is None


def test_without_a_figure_for_use_no_days_are_promised() -> None:
    assert days_left(5000, None) is None
    assert days_left(5000, 0) is None
    assert days_left(-100, 300) == 0
