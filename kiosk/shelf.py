"""Secrets that were scanned, for as long as it takes to use them: pages get a handle and never the digits."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from kiosk.codes import Code, CodeKind

KEPT_FOR = timedelta(minutes=2)
MOST = 16


class Shelf:
    """In memory only. A payer's code is taken off by its use; a token stays for its time, for it may be tried again."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._kept: dict[str, tuple[Code, datetime]] = {}

    def put(self, code: Code) -> str:
        """Keep a code; return its handle."""
        self._drop_old()
        while len(self._kept) >= MOST:
            self._kept.pop(next(iter(self._kept)))
        handle = secrets.token_urlsafe(12)
        self._kept[handle] = (code, self._now() + KEPT_FOR)
        return handle

    def take(self, handle: str, kind: CodeKind) -> str | None:
        """The digits behind a handle, if they are of that kind and still there."""
        self._drop_old()
        found = self._kept.get(handle)
        if found is None or found[0].kind is not kind:
            return None
        if kind is CodeKind.PAYER:
            del self._kept[handle]
        return found[0].text

    def wipe(self) -> None:
        """Forget everything: whoever stood here has left."""
        self._kept.clear()

    def _drop_old(self) -> None:
        now = self._now()
        self._kept = {handle: kept for handle, kept in self._kept.items() if kept[1] > now}
