"""What a run says: one verdict an entry, with what was expected and what was got where the two part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where file and codec part. `field`: where, as the file names it (`units.0.v.balance`)."""

    field: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one entry: it passed if nothing differs. `remarks` change nothing."""

    id: str
    differences: tuple[Difference, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the codec says what the file says."""
        return not self.differences


def lines(verdicts: Iterable[Verdict]) -> Iterator[str]:
    """Yield what a person reads: each entry that failed or drew a remark, and at the end `N passed, N failed`."""
    passed = failed = 0
    for verdict in verdicts:
        passed, failed = passed + verdict.passed, failed + (not verdict.passed)
        yield from _told(verdict)
    yield f"{passed} passed, {failed} failed"


def _told(verdict: Verdict) -> Iterator[str]:
    if verdict.differences:
        yield f"FAIL {verdict.id}"
    for each in verdict.differences:
        yield f"  {each.field}: expected {each.expected}, got {each.got}"
    for remark in verdict.remarks:
        yield f"  {'remark' if verdict.differences else verdict.id}: {remark}"
