"""Two concentrators with one address, told from one that dials again after its link broke.

Both look the same at first: a login arrives while an older link of that address is still open. A link that was heard
a moment ago did not break; and two rivals displace each other again and again.
"""

from collections import deque

from headend_client.target import ConcentratorAddress

_ALIVE_S = 10.0
_WINDOW_S = 900.0
_OFTEN = 3


class Rivals:
    """Remembers displacements; times are monotonic seconds."""

    def __init__(self) -> None:
        self._displaced: dict[ConcentratorAddress, deque[float]] = {}

    def displaced(self, address: ConcentratorAddress, heard_at: float, now: float) -> bool:
        """Note that a link last heard at `heard_at` was displaced; say whether that means two with one address."""
        times = self._displaced.setdefault(address, deque(maxlen=_OFTEN))
        times.append(now)
        often = len(times) == _OFTEN and now - times[0] <= _WINDOW_S
        return often or now - heard_at <= _ALIVE_S
