"""Which alarm episodes a meter's days would have had: opened on the way down, closed by the next purchase. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.demo.told.home import Lived
from app.domain.alarm import USUAL, AlarmTone


@dataclass(frozen=True, slots=True)
class Episode:
    """A level that a balance fell below and rose above again. `deepest`: of those that were reached on the same day."""

    tone: AlarmTone
    depth: int
    opened: Lived
    closed: Lived
    deepest: bool


def depth_of(balance_minor: int) -> int:
    """How deep a balance stands in the usual levels."""
    return sum(1 for level in USUAL.levels if balance_minor < level.value)


def episodes(days: Sequence[Lived]) -> Iterator[Episode]:
    """Every episode that is over. One that is not belongs to the present, and is left to it."""
    down: list[tuple[int, Lived, bool]] = []
    for each in days:
        depth = depth_of(each.day.balance_minor)
        while down and down[-1][0] > depth:
            reached, opened, deepest = down.pop()
            if each.bought is not None:
                yield Episode(USUAL.levels[reached - 1].tone, reached, opened, each, deepest)
        down += [(reached, each, reached == depth) for reached in range(len(down) + 1, depth + 1)]
