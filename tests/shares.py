"""Who of the workers takes which tests: a file as a whole, and what shares a dear fixture in one pair of hands.

All that strikes at the living utility is one share, so that it is brought to life once; all that drives a browser is
another. They come first and beside each other: one mostly waits, the other mostly draws. What is long comes before
what is short, so that no worker is left with a long file at the end.

A worker beyond the number of processors only fills the time in which the others wait: it takes what waits for no clock
itself, so that nothing else has to hurry, and goes when there is no more of that.
"""

import os
from functools import cache
from pathlib import Path

from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]
from xdist.workermanage import WorkerController  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parents[1]
LIVING, BROWSER = "the living utility", "the browser"
_LONG = (LIVING, BROWSER, "tests/journeys/", "tests/fuzz/", "tests/architecture/", "tests/app/engines/")
_LAST = ("tests/app/domain/", "tests/meters_io/")
_PATIENT = ("tests/fuzz/", "tests/architecture/", *_LAST)
"""What has no deadline but in minutes, and waits for nobody: it may go on as slowly as it likes."""


@cache
def share(file: str) -> str:
    """The share of a file's tests, by its path below the root."""
    if file.startswith("tests/browser/"):
        return BROWSER
    if file.startswith("tests/journeys/") and "living: Living" in (ROOT / file).read_text(encoding="utf-8"):
        return LIVING
    return file


def turn(file: str) -> int:
    """When a file's share is begun: the long ones before all others, and last what a further worker may have taken."""
    mine = share(file)
    if mine.startswith(_LAST):
        return len(_LONG) + 1
    return next((place for place, name in enumerate(_LONG) if mine.startswith(name)), len(_LONG))


class Shares(LoadScopeScheduling):  # type: ignore[misc]  # the package has no types
    """Hands out shares in the order of the collection. `processors`: for so many workers, for two at the least."""

    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

    def _split_scope(self, nodeid: str) -> str:
        return share(nodeid.partition("::")[0])

    def _assign_work_unit(self, node: WorkerController) -> None:
        if self._is_beyond(node):
            patient = next((each for each in self.workqueue if each.startswith(_PATIENT)), None)
            if patient is None:
                node.shutdown()
                return
            self.workqueue.move_to_end(patient, last=False)
        super()._assign_work_unit(node)

    def _is_beyond(self, node: WorkerController) -> bool:
        """By its place among those that live: whoever comes for one that crashed, or moves up, takes everything."""
        place: int = self.nodes.index(node)
        return place >= max(2, self.processors)


def scheduler(config: object, log: Producer) -> Shares:
    """What `-n` goes by."""
    config.option.loadscopereorder = False  # type: ignore[attr-defined]  # by our order, not by the number of tests
    return Shares(config, log)
