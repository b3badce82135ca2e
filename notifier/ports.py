"""The socket that channels fit: docs/howto/add-an-sms-provider.md says how to write one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable
from uuid import UUID

from app.models.account import ChannelName


class DeliveryError(Exception):
    """A message was not taken.

    `reason` is one of our words (the channel's codes.py). `permanent`: trying again cannot help. `maybe_sent`: it may
    have gone out all the same. `stop`: the person wants no more of them.
    """

    def __init__(self, reason: str, *, permanent: bool = False, maybe_sent: bool = False, stop: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.permanent, self.maybe_sent, self.stop = reason, permanent, maybe_sent, stop


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message in words. `recipient`: E.164 number or mail address; `title` is empty for SMS.

    `status_url` is where the provider may tell us what becomes of it.
    """

    message_id: UUID
    channel: ChannelName
    recipient: str
    title: str
    body: str
    status_url: str


class Channel(Protocol):
    """A way for messages to travel. `carries` says which kinds."""

    name: str
    carries: frozenset[ChannelName]

    async def send(self, rendered: Rendered) -> str:
        """Hand a message to the provider, once; return the provider's id. Raises DeliveryError."""

    async def close(self) -> None:
        """Give connections back."""


@runtime_checkable
class Askable(Protocol):
    """A channel whose provider can be asked whether it took a message whose answer was lost."""

    async def find(self, rendered: Rendered, since: datetime) -> str | None:
        """Return the provider's id of this very message if it was taken after `since`. Raises DeliveryError."""
