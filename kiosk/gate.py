"""Whether this terminal serves anybody: open, locked, or out of service; remembered over restarts."""

from pathlib import Path

from kiosk import identity
from kiosk.answers import State
from kiosk.cache import Cache
from kiosk.journal import Journal
from kiosk.shapes import Trouble

_CODES = {State.LOCKED: "locked", State.OUT_OF_SERVICE: "revoked"}


class Gate:
    """The state, and what follows from its changes."""

    def __init__(self, journal: Journal, cache: Cache, folder: Path) -> None:
        self._journal, self._cache, self._folder = journal, cache, folder
        self.state = State.OPEN
        self._written = State.OPEN

    async def load(self) -> None:
        """Take up the state from before the restart."""
        self.state = self._written = State(await self._journal.mark("state") or State.OPEN)

    def shut(self) -> Trouble | None:
        """Why nobody is served, or None."""
        code = _CODES.get(self.state)
        return Trouble(code) if code else None

    async def move(self, state: State) -> None:
        """Be in `state` from now on. Out of service forgets meters and how to command them; the journal stays."""
        if state is State.OUT_OF_SERVICE:
            await self._journal.drop_tokens()
            await self._cache.forget()
            identity.drop_password(self._folder)
        self.state = state
        if state is not self._written:
            self._written = state
            await self._journal.remember("state", state.value)
