"""Announcements (公告): what an area is told, and for how long it counts (SPEC R-9, N-6)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class AnnouncementKind(StrEnum):
    """`temporary`: work that could not be planned for long; its lead time is shorter."""

    PLANNED = "planned"
    TEMPORARY = "temporary"
    UNPLANNED = "unplanned"
    NEWS = "news"


class AnnouncementState(StrEnum):
    """`restored`: the supply is back, and people may answer that theirs is not. `withdrawn`: it was a mistake."""

    PUBLISHED = "published"
    RESTORED = "restored"
    WITHDRAWN = "withdrawn"


class Phase(StrEnum):
    """`late`: the expected end has passed, and nobody has said that the supply is back. `over`: no longer shown."""

    AHEAD = "ahead"
    NOW = "now"
    LATE = "late"
    RESTORED = "restored"
    OVER = "over"


OUTAGES = (AnnouncementKind.PLANNED, AnnouncementKind.TEMPORARY, AnnouncementKind.UNPLANNED)
IN_FORCE = (Phase.NOW, Phase.LATE)
SHOWN_AHEAD = timedelta(days=14)
LAPSES_AFTER = timedelta(hours=12)  # what nobody ends must not explain darkness, or silence warnings, for ever
ANSWERS_FOR = timedelta(hours=24)  # how long "still out" is heard after a restoration


@dataclass(frozen=True, slots=True)
class Span:
    """What an announcement says of itself. `until_at`: the end that is expected now."""

    kind: AnnouncementKind
    state: AnnouncementState
    from_at: datetime
    until_at: datetime
    restored_at: datetime | None = None


def phase(told: Span, now: datetime) -> Phase:
    """Where an announcement stands at `now`."""
    if told.state is AnnouncementState.WITHDRAWN:
        return Phase.OVER
    if told.state is AnnouncementState.RESTORED:
        since = now - (told.restored_at or told.until_at)
        return Phase.RESTORED if since <= ANSWERS_FOR else Phase.OVER
    if now < told.from_at:
        return Phase.AHEAD if told.from_at - now <= SHOWN_AHEAD else Phase.OVER
    if now <= told.until_at:
        return Phase.NOW
    lapses_at = told.until_at + (LAPSES_AFTER if told.kind in OUTAGES else timedelta())
    return Phase.LATE if now <= lapses_at else Phase.OVER
