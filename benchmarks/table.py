"""One table for all measurements."""

import os
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One figure. `ratio`: to its baseline of the same run. `target`: an upper bound, unless `more_is_better`.

    A target is of the ratio where `of_ratio` is set, else of the value.
    """

    name: str
    value: float
    unit: str
    ratio: float | None = None
    target: float | None = None
    more_is_better: bool = False
    of_ratio: bool = False

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without a target."""
        figure = self.ratio if self.of_ratio else self.value
        if self.target is None or figure is None:
            return None
        return figure >= self.target if self.more_is_better else figure <= self.target


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[max(-int(-len(ordered) * share // 1) - 1, 0)]


def show(lines: Sequence[Line]) -> None:
    """Print the table, and how busy the machine is."""
    print(f"{'':52} {'measured':>12}       {'ratio':>8} {'target':>9}")
    for line in lines:
        print(_row(line))
    print(
        f"load average of this machine: {' '.join(f'{load:.1f}' for load in os.getloadavg())}; cores: {os.cpu_count()}"
    )


def _row(line: Line) -> str:
    ratio = "" if line.ratio is None else f"{line.ratio:.2f}"
    target = "" if line.target is None else f"{line.target:,.6g}"
    verdict = {True: "met", False: "MISSED", None: ""}[line.met]
    return f"{line.name:52} {_figure(line.value):>12} {line.unit:5} {ratio:>8} {target:>9} {verdict}".rstrip()


def _figure(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:,.2f}"
