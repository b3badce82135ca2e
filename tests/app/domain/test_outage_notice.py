"""What must be so before an area is told (SPEC N-6; rules as data)."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.announcement import AnnouncementKind
from app.domain.notice import MessageKind
from app.domain.outage_notice import Fault, Window, faults, first_news
from app.domain.rules import OutageRules

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
RULES = OutageRules()
PLANNED, TEMPORARY, UNPLANNED, NEWS = AnnouncementKind


def window(kind: AnnouncementKind, begins_h: float, lasts_h: float = 2, reason: str = "") -> Window:
    begin = NOW + timedelta(hours=begins_h)
    return Window(kind, begin, begin + timedelta(hours=lasts_h), reason)


@pytest.mark.parametrize(
    ("told", "found"),
    [
        (window(PLANNED, 168), {}),
        (window(PLANNED, 167), {"short_notice_reason": Fault.LEAD_SHORT}),
        (window(PLANNED, 167, reason=" "), {"short_notice_reason": Fault.LEAD_SHORT}),
        (window(PLANNED, 167, reason="A pole leans over the road"), {}),
        (window(TEMPORARY, 24), {}),
        (window(TEMPORARY, 23.9), {"short_notice_reason": Fault.LEAD_SHORT}),
        (window(PLANNED, -1), {"from_at": Fault.BEGINS_PAST}),
        (window(PLANNED, 200, -1), {"until_at": Fault.ENDS_BEFORE}),
        (window(PLANNED, 200, 0), {"until_at": Fault.ENDS_BEFORE}),
        (window(PLANNED, 200, 24 * 32), {"until_at": Fault.ENDS_FAR}),
        (window(UNPLANNED, -1), {}),
        (window(UNPLANNED, -3), {"until_at": Fault.ENDS_PAST}),
        (window(UNPLANNED, -24 * 8, 24 * 9), {"from_at": Fault.BEGAN_LONG_AGO}),
        (window(UNPLANNED, 2), {"from_at": Fault.BEGINS_LATER}),
        (window(NEWS, 0, 24 * 60), {}),
        (window(PLANNED, -3, 1), {"from_at": Fault.BEGINS_PAST, "until_at": Fault.ENDS_PAST}),
    ],
)
def test_each_field_that_is_wrong_is_named(told: Window, found: dict[str, Fault]) -> None:
    assert faults(told, RULES, NOW) == found


def test_the_first_news_says_whether_it_is_ahead_or_here() -> None:
    assert first_news(PLANNED, NOW + timedelta(days=8), NOW) is MessageKind.OUTAGE_PLANNED
    assert first_news(UNPLANNED, NOW, NOW) is MessageKind.OUTAGE_NOW
    assert first_news(NEWS, NOW, NOW) is None
