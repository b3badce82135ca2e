"""How many connections without a login there may be, in all and from one host."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class Room:
    """Counts those who are in it. Concentrators behind one gateway share a host, so one host may take much of it."""

    def __init__(self, most: int, most_of_a_host: int) -> None:
        self._most, self._most_of_a_host = most, most_of_a_host
        self._in, self._hosts = 0, Counter[str]()

    def is_full(self, host: str) -> bool:
        """Tell whether there is no place left for somebody from `host`."""
        return self._in >= self._most or self._hosts[host] >= self._most_of_a_host

    @contextmanager
    def place(self, host: str) -> Iterator[None]:
        """Take a place for the length of the block."""
        self._in += 1
        self._hosts[host] += 1
        try:
            yield
        finally:
            self._in -= 1
            self._hosts[host] -= 1
            if not self._hosts[host]:
                del self._hosts[host]
