"""How much a concentrator may say that nobody asked for: a store of words that fills up again with time."""

from collections.abc import Callable

_STORE = 600  # both rings of events, and a heartbeat or two
_A_SECOND = 20.0


class Pace:
    """The store of one link; `time` is monotonic seconds."""

    def __init__(self, time: Callable[[], float], store: int = _STORE, a_second: float = _A_SECOND) -> None:
        self._time, self._store, self._a_second = time, store, a_second
        self._left, self._at = float(store), time()

    def spend(self) -> bool:
        """Take one word out of the store; False where it is empty."""
        now = self._time()
        self._left = min(self._store, self._left + (now - self._at) * self._a_second)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
