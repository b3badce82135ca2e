"""Lines over a day: gaps break them, lone points stand as dots, and the axis has a few round values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.curves import HEIGHT, WIDTH, Series, picture

_VALUES = st.lists(st.none() | st.integers(-2_000_000, 2_000_000_000), min_size=1, max_size=96)


def _points(line: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, _, y in (spot.partition(",") for spot in line.split())]


def test_a_gap_breaks_the_line_and_a_lone_point_is_a_dot() -> None:
    (path,) = picture([Series("power", [1, 2, None, 4, None, 6, 7])], from_zero=True).paths
    assert [len(_points(line)) for line in path.lines] == [2, 2]
    assert len(path.dots) == 1


def test_an_axis_from_nothing_begins_at_nothing_and_another_near_its_lowest_value() -> None:
    values = [2210, 2235, 2290]
    assert [value for _, value in picture([Series("v", values)], from_zero=False).lines] == [
        2200,
        2220,
        2240,
        2260,
        2280,
        2300,
    ]
    assert picture([Series("v", values)], from_zero=True).lines[0][1] == 0


def test_a_day_that_never_changes_is_drawn() -> None:
    drawn = picture([Series("v", [2300] * 24)], from_zero=False)
    assert [value for _, value in drawn.lines] == [2299, 2300, 2301]
    assert len(drawn.paths[0].lines) == 1


def test_nothing_known_is_no_picture() -> None:
    with pytest.raises(ValueError, match="known"):
        picture([Series("v", [None] * 24)], from_zero=False)


@given(days=st.lists(_VALUES, min_size=1, max_size=3), from_zero=st.booleans())
def test_whatever_is_known_is_inside_the_picture(days: list[list[int | None]], *, from_zero: bool) -> None:
    count = sum(value is not None for day in days for value in day)
    if not count:
        return
    drawn = picture([Series(str(at), day) for at, day in enumerate(days)], from_zero=from_zero)
    spots = [spot for path in drawn.paths for line in path.lines for spot in _points(line)]
    spots += [spot for path in drawn.paths for spot in path.dots]
    assert len(spots) == count
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in spots)
    assert 2 <= len(drawn.lines) <= 6
