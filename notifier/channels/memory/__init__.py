"""Keeps what was sent in a list."""

from app.models.account import ChannelName
from app.settings import Settings
from notifier.ports import Rendered


class MemoryChannel:
    """The reference implementation, and the phone of tests: `sent` holds what arrived, oldest first."""

    name = "memory"
    carries = frozenset(ChannelName)

    def __init__(self) -> None:
        self.sent: list[Rendered] = []

    async def send(self, rendered: Rendered) -> str:
        """Keep the message; its id is its place in the list."""
        self.sent.append(rendered)
        return str(len(self.sent))

    async def close(self) -> None:
        """Nothing is held open."""


def make(_: Settings) -> MemoryChannel:
    """Build the channel."""
    return MemoryChannel()
