"""Leave to open the relay of one meter. Whoever answers for a cut gives it; here it is only asked whether it holds."""

from datetime import datetime
from typing import Protocol


class Clearance(Protocol):
    """Is given for one meter and for a short while; `trip_relay` asks it right before the wire."""

    def holds(self, address: str, now: datetime) -> bool:
        """Tell whether it is about the meter with this 12-digit address, and young enough at `now`."""
