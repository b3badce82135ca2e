"""Time as the utility's residents live it."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


def local_day(at: datetime, zone: ZoneInfo) -> date:
    """The calendar day that the aware instant `at` falls on in `zone`."""
    return at.astimezone(zone).date()


def day_start(at: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which the calendar day of `at` began in `zone`, in UTC."""
    return datetime.combine(local_day(at, zone), time(), zone).astimezone(UTC)
