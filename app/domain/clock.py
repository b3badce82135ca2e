"""Time as the utility's residents live it."""

from datetime import date, datetime
from zoneinfo import ZoneInfo


def local_day(at: datetime, zone: ZoneInfo) -> date:
    """The calendar day that the aware instant `at` falls on in `zone`."""
    return at.astimezone(zone).date()
