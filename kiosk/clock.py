"""What time it is: this machine's clock, put right by the platform's."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def utc_now() -> datetime:
    """This machine's clock: aware, in UTC."""
    return datetime.now(UTC)


class Clock:
    """`clock()` is now. `offset`: how far this machine is behind; metering boxes have no good clocks of their own."""

    def __init__(self, machine: Callable[[], datetime] = utc_now, offset: timedelta = timedelta()) -> None:
        self._machine = machine
        self.offset = offset

    def __call__(self) -> datetime:
        """The time, aware and in UTC."""
        return self._machine() + self.offset

    def put_right(self, told: datetime) -> None:
        """Take over the platform's time; less than a second is the way the answer took."""
        offset = told - self._machine()
        if abs(offset - self.offset) >= timedelta(seconds=1):
            self.offset = offset
