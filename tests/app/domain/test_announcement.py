"""For how long an announcement counts (SPEC R-9)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.announcement import AnnouncementKind, AnnouncementState, Phase, Span, phase

FROM = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
OUTAGE = Span(AnnouncementKind.UNPLANNED, AnnouncementState.PUBLISHED, FROM, FROM + timedelta(hours=2))


@pytest.mark.parametrize(
    ("hours", "expected"),
    [(-400, Phase.OVER), (-1, Phase.AHEAD), (0, Phase.NOW), (2, Phase.NOW), (3, Phase.LATE), (14.1, Phase.OVER)],
)
def test_an_outage_that_nobody_ends_is_late_and_then_forgotten(hours: float, expected: Phase) -> None:
    assert phase(OUTAGE, FROM + timedelta(hours=hours)) is expected


def test_news_end_when_they_say() -> None:
    news = replace(OUTAGE, kind=AnnouncementKind.NEWS)

    assert phase(news, FROM + timedelta(hours=2, minutes=1)) is Phase.OVER


def test_a_restoration_can_be_answered_for_a_day() -> None:
    back = replace(OUTAGE, state=AnnouncementState.RESTORED, restored_at=FROM + timedelta(hours=1))

    assert phase(back, FROM + timedelta(hours=2)) is Phase.RESTORED
    assert phase(back, FROM + timedelta(hours=26)) is Phase.OVER


def test_what_is_withdrawn_is_not_shown() -> None:
    assert phase(replace(OUTAGE, state=AnnouncementState.WITHDRAWN), FROM) is Phase.OVER
