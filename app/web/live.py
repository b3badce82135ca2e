"""Who watches what: open pages that are told the moment their story moves on, in bounded memory."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from starlette.requests import HTTPConnection

MOST_WATCHERS = 5_000
MOST_OF_ONE = 20  # one story is watched by a family, not by a crowd
_MOST_REMEMBERED = 20_000
_REMEMBERED = timedelta(seconds=60)
_CLOCKS_DIFFER = timedelta(seconds=2)  # between the process that made a page and the one that keeps it up to date


class TooManyWatchersError(Exception):
    """There is no room for another one; it has to look by itself."""


@dataclass(eq=False, slots=True)
class Watcher:
    """One open page. `moved` is set when its story has moved on; many facts in one moment are one call."""

    subjects: set[str] = field(default_factory=set)
    moved: asyncio.Event = field(default_factory=asyncio.Event)


class Hub:
    """Hears which stories move on (app.db_ear) and wakes those who watch them. `now`: the clock that pages bear."""

    def __init__(self, now: Callable[[], datetime], *, most: int = MOST_WATCHERS) -> None:
        self._now, self._most = now, most
        self._watchers: dict[str, set[Watcher]] = {}
        self._heard: OrderedDict[str, datetime] = OrderedDict()
        self._since: datetime | None = None
        self.watching = 0

    def begin(self) -> None:
        """From now on everything is heard; what was said before may have been missed by any page."""
        self._since = self._now()
        self._heard.clear()
        for watcher in {each for group in self._watchers.values() for each in group}:
            watcher.moved.set()

    def lose(self) -> None:
        """From now on nothing is heard."""
        self._since = None

    def hear(self, subject: str) -> None:
        """Wake whoever watches `subject`, and remember it for pages that are not connected yet."""
        self._heard[subject] = self._now()
        self._heard.move_to_end(subject)
        self._forget()
        for watcher in self._watchers.get(subject, ()):
            watcher.moved.set()

    def moved_since(self, subject: str, made_at: datetime) -> bool:
        """May a page of `subject` that was made at `made_at` be out of date?"""
        at = self._heard.get(subject)
        unheard = self._since is None or made_at < max(self._since, self._now() - _REMEMBERED + _CLOCKS_DIFFER)
        return unheard or (at is not None and at >= made_at - _CLOCKS_DIFFER)

    @contextmanager
    def watch(self, subject: str) -> Iterator[Watcher]:
        """Watch for the length of the block. Raises TooManyWatchersError."""
        if self.watching >= self._most or len(self._watchers.get(subject, ())) >= MOST_OF_ONE:
            raise TooManyWatchersError
        watcher = Watcher()
        self.watching += 1
        self.also(watcher, subject)
        try:
            yield watcher
        finally:
            self.watching -= 1
            self._leave(watcher)

    def also(self, watcher: Watcher, subject: str) -> None:
        """Let `watcher` watch `subject` too."""
        watcher.subjects.add(subject)
        self._watchers.setdefault(subject, set()).add(watcher)

    def _leave(self, watcher: Watcher) -> None:
        for subject in watcher.subjects:
            group = self._watchers[subject]
            group.discard(watcher)
            if not group:
                del self._watchers[subject]

    def _forget(self) -> None:
        oldest = self._now() - _REMEMBERED
        while self._heard and (len(self._heard) > _MOST_REMEMBERED or next(iter(self._heard.values())) < oldest):
            self._heard.popitem(last=False)


def hub(connection: HTTPConnection) -> Hub | None:
    """Where this process's pages are told; None where nobody listens to the database."""
    found = getattr(connection.app.state, "hub", None)
    return found if isinstance(found, Hub) else None
