"""A carrier for rehearsals: it carries nothing, and each number behaves as a file says (SPEC M-17).

The file is JSON, {"+8613900000003": "rejects", "*": "arrives"}; "*" is everybody else. It is read at each message, so
that a switch works at once. Without a file everything arrives.
"""

import json
import logging
from collections import deque
from enum import StrEnum
from pathlib import Path

from app.domain import masking
from app.models.account import ChannelName
from app.settings import Settings
from notifier.ports import DeliveryError, Rendered

log = logging.getLogger(__name__)

EVERYBODY = "*"


class Conduct(StrEnum):
    """`rejects`: never to be reached there. `fails`: every other try. `silent`: takes it, and its answer is lost."""

    ARRIVES = "arrives"
    REJECTS = "rejects"
    FAILS = "fails"
    SILENT = "silent"


_REMEMBERED = 100


class RehearsalChannel:
    """One line a message, and the trouble that was asked for. `arrived` holds the last texts that came through."""

    name = "rehearsal"
    carries = frozenset(ChannelName)

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._failed: set[str] = set()
        self.arrived: deque[str] = deque(maxlen=_REMEMBERED)

    async def send(self, rendered: Rendered) -> str:
        """Carry a message as its number is told to. Raises DeliveryError."""
        conduct = conduct_of(read_conduct(self._path), rendered.recipient)
        log.info("%s to %s: %s", rendered.channel, masking.reach(rendered.recipient), conduct)
        if conduct is Conduct.REJECTS:
            raise DeliveryError("bad_recipient", permanent=True)
        if conduct is Conduct.FAILS and self._fails(rendered.recipient):
            raise DeliveryError("busy")
        self.arrived.append(rendered.body)
        if conduct is Conduct.SILENT:
            raise DeliveryError("timeout", maybe_sent=True)
        return f"rehearsal-{rendered.message_id}"

    def _fails(self, recipient: str) -> bool:
        """Fail a first try, let the next one through."""
        first = recipient not in self._failed
        (self._failed.add if first else self._failed.discard)(recipient)
        return first

    async def close(self) -> None:
        """Nothing is held open."""


def read_conduct(path: Path | None) -> dict[str, Conduct]:
    """Who behaves how; what cannot be read is left out: a rehearsal goes on."""
    if path is None or not path.is_file():
        return {}
    try:
        said = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    known = tuple(Conduct)
    return {who: Conduct(how) for who, how in said.items() if how in known} if isinstance(said, dict) else {}


def conduct_of(told: dict[str, Conduct], recipient: str) -> Conduct:
    """How one number behaves."""
    return told.get(recipient, told.get(EVERYBODY, Conduct.ARRIVES))


def make(settings: Settings) -> RehearsalChannel:
    """Build the channel."""
    return RehearsalChannel(settings.rehearsal_file)
