"""Who of two workers takes which tests: a file as a whole, and what shares a dear fixture in one pair of hands.

All that strikes at the living utility is one share, so that it is brought to life once; all that drives a browser is
another. They come first and beside each other: one mostly waits, the other mostly draws. What is long comes before
what is short, so that no worker is left with a long file at the end.
"""

from functools import cache
from pathlib import Path

from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parents[1]
LIVING, BROWSER = "the living utility", "the browser"
_LONG = (LIVING, BROWSER, "tests/journeys/", "tests/fuzz/", "tests/architecture/", "tests/app/engines/")


@cache
def share(file: str) -> str:
    """The share of a file's tests, by its path below the root."""
    if file.startswith("tests/browser/"):
        return BROWSER
    if file.startswith("tests/journeys/") and "living: Living" in (ROOT / file).read_text(encoding="utf-8"):
        return LIVING
    return file


def turn(file: str) -> int:
    """When a file's share is begun, among the long ones and before all others."""
    mine = share(file)
    return next((place for place, name in enumerate(_LONG) if mine.startswith(name)), len(_LONG))


class Shares(LoadScopeScheduling):  # type: ignore[misc]  # the package has no types
    """Hands out shares in the order of the collection."""

    def _split_scope(self, nodeid: str) -> str:
        return share(nodeid.partition("::")[0])


def scheduler(config: object, log: Producer) -> Shares:
    """What `-n` goes by."""
    config.option.loadscopereorder = False  # type: ignore[attr-defined]  # by our order, not by the number of tests
    return Shares(config, log)
