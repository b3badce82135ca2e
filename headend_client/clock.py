"""What time it is: passed in, so that a test can hold it."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The clock of production: aware, in UTC."""
    return datetime.now(UTC)
