"""Shares that are told to the public."""

from datetime import date

import pytest

from app.domain.performance import Share, months_back


@pytest.mark.parametrize(("kept", "of", "tenths"), [(999, 1000, 999), (9999, 10000, 999), (3, 3, 1000), (0, 4, 0)])
def test_a_share_is_rounded_down_so_that_not_quite_all_is_never_all(kept: int, of: int, tenths: int) -> None:
    assert Share(kept, of).percent_tenths == tenths


def test_nothing_to_count_is_not_a_hundred_per_cent() -> None:
    assert Share(0, 0).percent_tenths is None


def test_twelve_months_end_with_this_one() -> None:
    found = months_back(date(2026, 2, 28))
    assert (found[0], found[-1], len(found)) == (date(2025, 3, 1), date(2026, 2, 1), 12)
