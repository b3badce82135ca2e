"""Outage notices as staff write them: what must be so before people are told, and what each step tells (SPEC N-6)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.domain.announcement import OUTAGES, AnnouncementKind
from app.domain.notice import MessageKind
from app.domain.rules import OutageRules

LONGEST_TITLE = 60
LONGEST_TEXT = 500
LONGEST_REASON = 300
LONGEST = timedelta(days=31)  # an outage that is to last longer is a slip of the keyboard
_BEGAN_AT_MOST = timedelta(days=7)
_SOON = timedelta(hours=1)


class Fault(StrEnum):
    """What is wrong with one field of a notice."""

    MISSING = "missing"
    TIME_BAD = "time_bad"
    TIME_SKIPPED = "time_skipped"  # the clocks are put forward over it
    ENDS_BEFORE = "ends_before"
    ENDS_PAST = "ends_past"
    ENDS_FAR = "ends_far"
    BEGINS_PAST = "begins_past"
    BEGAN_LONG_AGO = "began_long_ago"
    BEGINS_LATER = "begins_later"
    LEAD_SHORT = "lead_short"
    AREA_EMPTY = "area_empty"
    AREA_UNKNOWN = "area_unknown"
    TOO_LONG = "too_long"
    ONE_LANGUAGE = "one_language"
    UNMOVED = "unmoved"


class WhyOut(StrEnum):
    """Reasons that have ready sentences."""

    MAINTENANCE = "maintenance"
    TRANSFORMER = "transformer"
    CABLE = "cable"
    STORM = "storm"
    OVERLOAD = "overload"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Window:
    """From when to when, and of what kind. `short_notice_reason`: why people are told later than the rules want."""

    kind: AnnouncementKind
    from_at: datetime
    until_at: datetime
    short_notice_reason: str = ""


def lead_time(kind: AnnouncementKind, rules: OutageRules) -> timedelta:
    """How long before it begins it must be told; nothing for what nobody could know."""
    hours = {AnnouncementKind.PLANNED: rules.planned_lead_h, AnnouncementKind.TEMPORARY: rules.temporary_lead_h}
    return timedelta(hours=hours.get(kind, 0))


def faults(window: Window, rules: OutageRules, now: datetime) -> dict[str, Fault]:
    """What is wrong with a notice's times, by field; the first that is wrong with each."""
    found: dict[str, Fault] = {}
    if (begin := _begins_wrong(window, now)) is not None:
        found["from_at"] = begin
    if (end := _ends_wrong(window, now)) is not None:
        found["until_at"] = end
    if not found and is_short(window, rules, now) and not window.short_notice_reason.strip():
        found["short_notice_reason"] = Fault.LEAD_SHORT
    return found


def is_short(window: Window, rules: OutageRules, now: datetime) -> bool:
    """Is it told later than the rules want?"""
    lead = lead_time(window.kind, rules)
    return lead > timedelta() and window.from_at - now < lead


def _begins_wrong(window: Window, now: datetime) -> Fault | None:
    match window.kind:
        case AnnouncementKind.PLANNED | AnnouncementKind.TEMPORARY if window.from_at <= now:
            return Fault.BEGINS_PAST
        case AnnouncementKind.UNPLANNED if window.from_at < now - _BEGAN_AT_MOST:
            return Fault.BEGAN_LONG_AGO
        case AnnouncementKind.UNPLANNED if window.from_at > now + _SOON:
            return Fault.BEGINS_LATER
        case _:
            return None


def _ends_wrong(window: Window, now: datetime) -> Fault | None:
    if window.until_at <= window.from_at:
        return Fault.ENDS_BEFORE
    if window.until_at <= now:
        return Fault.ENDS_PAST
    if window.kind in OUTAGES and window.until_at - window.from_at > LONGEST:
        return Fault.ENDS_FAR
    return None


def first_news(kind: AnnouncementKind, from_at: datetime, now: datetime) -> MessageKind | None:
    """What the contacts of the area are told when a notice is published; news of the house only lie on the pages."""
    if kind not in OUTAGES:
        return None
    return MessageKind.OUTAGE_PLANNED if from_at > now else MessageKind.OUTAGE_NOW
