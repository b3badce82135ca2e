"""What is known of the way to a meter before money is taken (SPEC M-15)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.reach import BLINK, Contact, Reach, reach
from app.domain.unreachable import Record

NOW = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
WELL = Contact(linked=True, link_heard_at=NOW, silent_after=NOW + timedelta(hours=20))
SILENT = NOW - timedelta(hours=1)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ({}, Reach.GOOD),
        ({"silent_after": None}, Reach.GOOD),
        ({"unanswered": 1}, Reach.POOR),
        ({"unanswered": 3}, Reach.DOWN),
        ({"work_orders": 1}, Reach.POOR),
        ({"silent_after": SILENT}, Reach.POOR),
        ({"silent_after": SILENT, "unanswered": 1}, Reach.DOWN),
        ({"record": Record(tries=9, landed=2)}, Reach.POOR),
        ({"record": Record(tries=9, landed=3)}, Reach.GOOD),
        ({"record": Record(tries=5, landed=0)}, Reach.GOOD),
        ({"linked": False}, Reach.POOR),
        ({"linked": False, "link_heard_at": NOW - BLINK - timedelta(seconds=1)}, Reach.DOWN),
        ({"linked": False, "link_heard_at": None}, Reach.DOWN),
    ],
)
def test_the_way_is_judged_by_link_silence_and_failures(known: dict[str, object], expected: Reach) -> None:
    assert reach(replace(WELL, **known), NOW) is expected  # type: ignore[arg-type]
