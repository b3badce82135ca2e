"""Where a page of a long list ends, and the next begins: the moment of its last line, and its id among those of it."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

_BETWEEN = "_"


class Bookmark(NamedTuple):
    """Lists are in the order of such pairs, so that a page begins where the last one ended, whatever came meanwhile."""

    at: datetime
    id: UUID

    def __str__(self) -> str:
        """As it stands in a link."""
        return f"{self.at.isoformat()}{_BETWEEN}{self.id}"


def read_bookmark(text: str) -> Bookmark | None:
    """Read what a link said; None for what is none: the list then begins at its front."""
    at, _, id_ = text.partition(_BETWEEN)
    try:
        mark = Bookmark(datetime.fromisoformat(at), UUID(id_))
    except ValueError:
        return None
    return mark if mark.at.tzinfo else None
