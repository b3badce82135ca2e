"""How two providers share what is to be sent."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import sharing
from app.domain.sharing import Pace, Share

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(hours=1)


def share(name: str, points: int = 50, resting: int = 50, moved_at: datetime = LONG_AGO, *, off: bool = False) -> Share:
    return Share(name, points, resting, moved_at, off)


def test_load_falls_by_share() -> None:
    picked = [sharing.choose({"a": 30, "b": 70}, dice / 100) for dice in range(100)]
    assert (picked.count("a"), picked.count("b")) == (30, 70)


def test_nobody_is_nobody_and_nothing_to_share_is_shared_evenly() -> None:
    assert sharing.choose({}, 0.5) is None
    assert {sharing.choose({"a": 0, "b": 0}, dice) for dice in (0.1, 0.9)} == {"a", "b"}


@given(st.dictionaries(st.sampled_from("abcd"), st.integers(0, 100), min_size=1), st.floats(0, 1, exclude_max=True))
def test_whoever_is_chosen_is_one_of_them(points: dict[str, int], dice: float) -> None:
    chosen = sharing.choose(points, dice)
    assert chosen in points
    assert points[chosen or ""] > 0 or sum(points.values()) == 0


def test_an_error_takes_points_and_the_others_get_them() -> None:
    assert sharing.punished("a", [share("a"), share("b")]) == {"a": 40, "b": 60}
    three = sharing.punished("a", [share("a", 34), share("b", 33), share("c", 33)])
    assert three == {"a": 24, "b": 38, "c": 38}


def test_nobody_falls_below_the_floor() -> None:
    assert sharing.punished("a", [share("a", 8), share("b", 92)]) == {"a": 5, "b": 95}
    assert sharing.punished("a", [share("a", 5), share("b", 95)]) == {}


def test_there_is_nothing_to_share_with_nobody_or_with_one_that_is_off() -> None:
    assert sharing.punished("a", [share("a")]) == {}
    assert sharing.punished("a", [share("a"), share("b", off=True)]) == {}
    assert sharing.punished("x", [share("a"), share("b")]) == {}


def test_a_burst_of_errors_is_one_event() -> None:
    assert sharing.may_move(share("a"), NOW)
    assert not sharing.may_move(share("a", moved_at=NOW - timedelta(seconds=59)), NOW)


def test_shares_drift_back_a_step_at_a_time_once_all_is_quiet() -> None:
    assert sharing.drifted([share("a", 30), share("b", 70)], NOW) == {"a": 35, "b": 65}
    assert sharing.drifted([share("a", 48), share("b", 52)], NOW) == {"a": 50, "b": 50}
    assert sharing.drifted([share("a"), share("b")], NOW) == {}
    assert sharing.drifted([share("a", 30, moved_at=NOW), share("b", 70)], NOW) == {}


def test_what_is_off_is_not_moved() -> None:
    assert sharing.drifted([share("a", 30, off=True, moved_at=NOW), share("b", 70)], NOW) == {"b": 65}


@pytest.mark.parametrize(("pace", "slow"), [((10, 3), True), ((10, 2), False), ((9, 9), False), ((0, 0), False)])
def test_slow_is_too_many_late_of_enough(pace: tuple[int, int], slow: bool) -> None:
    assert sharing.is_slow(Pace(*pace)) is slow
