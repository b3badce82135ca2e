"""A row of a file that changes the archive, beside what is known."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Judged:
    """A row: `finding`, in which `field` it is wrong, and what it would change. `number`: which meter it is about."""

    row: int
    number: str
    meter_id: UUID | None
    finding: str
    field: str = ""
    value: str = ""
    before: str = ""
    after: str = ""

    def refused(self, code: str, column: str, value: str) -> "Judged":
        """The same as one that cannot be used: what is wrong, where, and what stood there."""
        return replace(self, finding=code, field=column, value=value, after="")

    def word(self, words: Sequence[str], column: str) -> str:
        """What it would be afterwards in a column, of those whose `words` are written down; empty for any other."""
        found = self.after.split(" ", len(words) - 1) if self.after else []
        return dict(zip(words, found, strict=False)).get(column, "")
