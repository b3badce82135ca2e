"""Where a page of a long list ends."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from app.domain.bookmark import Bookmark, read_bookmark

ID = UUID("7d3c0a51-2f3e-4a0b-9f7c-6d1f5a2b3c4d")


def test_a_bookmark_is_read_back_from_its_link() -> None:
    mark = Bookmark(datetime(2026, 11, 20, 9, 30, 1, 5, tzinfo=UTC), ID)
    assert read_bookmark(str(mark)) == mark


@pytest.mark.parametrize(
    "text",
    ["", "_", f"_{ID}", f"2026-11-20_{ID}", f"2026-11-20T09:30:00_{ID}", "2026-11-20T09:30:00+00:00_no"],
)
def test_what_is_no_bookmark_begins_the_list_anew(text: str) -> None:
    assert read_bookmark(text) is None
