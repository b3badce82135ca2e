"""Bars, measured here and drawn by a template (chart.html); beside each chart stands a table of its figures."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, FOOT, _HEAD = 560, 240, 32, 26
_LEFT = 62  # room for the values of the lines
_STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Figure:
    """One place on the axis. `value` None is a gap; `beside`: what it is compared with; `label` may be empty."""

    name: str
    value: int | None
    label: str = ""
    beside: int | None = None
    has_beside: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle in the chart's own units; `gap`: nothing is known there."""

    x: float
    y: float
    width: float
    height: float
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars, labels below them, and lines at round values."""

    bars: tuple[Bar, ...]
    labels: tuple[tuple[float, str], ...]
    lines: tuple[tuple[float, int], ...]
    width: int = WIDTH
    height: int = HEIGHT
    floor: int = HEIGHT - FOOT


def chart(figures: Sequence[Figure], *, least: int = 1) -> Chart:
    """Lay out bars from left to right, the highest line at or above the highest value and `least`."""
    highest = max([f.value or 0 for f in figures] + [f.beside or 0 for f in figures] + [least])
    step = _step(highest)
    top = -(-highest // step) * step
    room, scale = (WIDTH - _LEFT) / max(len(figures), 1), (HEIGHT - FOOT - _HEAD) / top
    bars = [bar for at, figure in enumerate(figures) for bar in _bars(figure, _LEFT + at * room, room, scale)]
    labels = [(_LEFT + (at + 0.5) * room, figure.label) for at, figure in enumerate(figures) if figure.label]
    lines = [(HEIGHT - FOOT - value * scale, value) for value in range(step, top + 1, step)]
    return Chart(tuple(bars), tuple(labels), tuple(lines))


def _bars(figure: Figure, left: float, room: float, scale: float) -> list[Bar]:
    floor = HEIGHT - FOOT
    wide = room * (0.36 if figure.has_beside else 0.7)
    start = left + room * (0.12 if figure.has_beside else 0.15)
    kinds = [(figure.beside, "before")] if figure.has_beside else []
    found = []
    for place, (value, kind) in enumerate([*kinds, (figure.value, "now")]):
        high = 0.0 if value is None else value * scale
        x, y = round(start + place * wide, 1), round(floor - high, 1)
        found.append(Bar(x, y, round(wide * 0.92, 1), round(high, 1), figure.name, "gap" if value is None else kind))
    return found


def _step(highest: int) -> int:
    """A round distance that gives two to five lines."""
    unit = 1
    while True:
        for step in _STEPS:
            if highest <= 4 * step * unit:
                return step * unit
        unit *= 10
