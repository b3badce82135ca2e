"""Curves of master meters: whole or not, filled later, and never emptied by a later answer."""

from datetime import date

import pytest

from app.domain.collection import Terms
from app.domain.curve import days_to_ask, is_whole, merged, points_a_day
from app.domain.wallet import ReadingKind

TODAY = date(2026, 3, 3)


def test_a_day_has_as_many_points_as_it_is_dense() -> None:
    assert [points_a_day(minutes) for minutes in (15, 30, 60)] == [96, 48, 24]


def test_a_hole_is_filled_and_what_was_known_stays() -> None:
    first = merged([], [1, None, 3], 60)
    assert not is_whole(first, 60)
    second = merged(first, [9, 2, *range(3, 24)], 60)
    assert second[:3] == [1, 2, 3]
    assert is_whole(merged(second, list(range(24)), 60), 60)


def test_days_that_are_not_whole_are_asked_for_yesterday_first() -> None:
    assert days_to_ask({date(2026, 3, 1)}, TODAY, 3) == (date(2026, 3, 2), date(2026, 2, 28))


def test_a_scheme_says_how_dense_curves_are_and_which_tariffs_are_kept() -> None:
    kept = Terms(by_tariff=True).kept
    assert (ReadingKind.ENERGY in kept, ReadingKind.ENERGY_4 in kept) == (True, True)
    assert ReadingKind.ENERGY_1 not in Terms(by_tariff=True).kinds
    for how, field in (({"curve_min": 20}, "curve_min"), ({"by_tariff": True, "energy": False}, "by_tariff")):
        with pytest.raises(ValueError, match=field):
            Terms(**how)
