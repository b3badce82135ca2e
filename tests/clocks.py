"""Time in the test's hand."""

from datetime import UTC, datetime, timedelta

MONDAY_MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # nine o'clock in Shanghai


class Clock:
    """`clock()` is now; now moves only when told to."""

    def __init__(self, now: datetime = MONDAY_MORNING) -> None:
        self._now = now

    def __call__(self) -> datetime:
        """The time, aware and in UTC."""
        return self._now

    def forward(self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> datetime:
        """Let time pass; return the new now."""
        self._now += timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        return self._now
