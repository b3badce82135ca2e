"""Lines over a day, measured here and drawn by a template (curves.html); beside each stands a table of its figures."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 560, 220
_LEFT, _FOOT, _HEAD, _RIGHT = 86, 32, 20, 14  # at its left, seven digits fit in the size that a phone needs
_STEPS = (1, 2, 5)
_HOURS = (0, 6, 12, 18, 24)


@dataclass(frozen=True, slots=True)
class Series:
    """One quantity through a day, evenly spaced from midnight. None: not known. `name` is the code of its words."""

    name: str
    values: Sequence[int | None]


@dataclass(frozen=True, slots=True)
class Path:
    """A series as it is drawn: a line for each stretch that is known, and a dot where a point stands alone.

    `lines`: each the points of a polyline, "x,y x,y"; `place`: which of the picture's series it is, from 0.
    """

    name: str
    place: int
    lines: tuple[str, ...]
    dots: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """Paths over hours of a day, and lines at round values."""

    paths: tuple[Path, ...]
    hours: tuple[tuple[float, str], ...]
    lines: tuple[tuple[float, int], ...]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    floor: int = HEIGHT - _FOOT


def picture(series: Sequence[Series], *, from_zero: bool) -> Picture:
    """Lay out a day. `from_zero`: the axis begins at nothing; else near the lowest value, so that a small change shows.

    Raises ValueError where no series has a value.
    """
    known = [value for each in series for value in each.values if value is not None]
    if not known:
        raise ValueError("nothing is known")
    low, high, step = _scale(min(known), max(known), from_zero=from_zero)
    unit = (HEIGHT - _FOOT - _HEAD) / (high - low)
    paths = tuple(_path(each, at, (low, unit)) for at, each in enumerate(series))
    hours = tuple((_across(hour / 24), f"{hour:02d}:00") for hour in _HOURS)
    lines = tuple((_down(value, (low, unit)), value) for value in range(low, high + 1, step))
    return Picture(paths, hours, lines)


def _scale(lowest: int, highest: int, *, from_zero: bool) -> tuple[int, int, int]:
    """Where the axis begins, where it ends, and how far its lines are apart."""
    if from_zero:
        lowest, highest = min(lowest, 0), max(highest, 0)
    elif lowest == highest:
        lowest, highest = lowest - 1, highest + 1  # on the floor of the picture it would not be seen
    step = _step(max(highest - lowest, 1))
    low, high = lowest // step * step, -(-highest // step) * step
    return low, max(high, low + step), step


def _step(span: int) -> int:
    """A round distance that gives two to five lines."""
    unit = 1
    while True:
        for step in _STEPS:
            if span <= 4 * step * unit:
                return step * unit
        unit *= 10


def _path(series: Series, place: int, axis: tuple[int, float]) -> Path:
    count = max(len(series.values), 1)
    spots = [None if v is None else (_across(at / count), _down(v, axis)) for at, v in enumerate(series.values)]
    stretches = list(_stretches(spots))
    lines = tuple(" ".join(f"{x},{y}" for x, y in each) for each in stretches if len(each) > 1)
    return Path(series.name, place, lines, tuple(each[0] for each in stretches if len(each) == 1))


def _stretches(spots: Iterable[tuple[float, float] | None]) -> Iterable[list[tuple[float, float]]]:
    """The runs of what is known, with the gaps left out."""
    run: list[tuple[float, float]] = []
    for spot in spots:
        if spot is not None:
            run.append(spot)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _across(share: float) -> float:
    return round(_LEFT + share * (WIDTH - _LEFT - _RIGHT), 1)


def _down(value: int, axis: tuple[int, float]) -> float:
    low, unit = axis
    return round(HEIGHT - _FOOT - (value - low) * unit, 1)
