"""The socket that channels fit: docs/howto/add-an-sms-provider.md says how to write one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable
from uuid import UUID

from app.domain.importance import Importance
from app.domain.suppression import SuppressionScope
from app.models.account import ChannelName

CREDENTIALS = "credentials"
"""The reason of a refusal that is about us: the provider is switched off until somebody has mended it."""
NEEDS_TEMPLATE = "needs_template"
"""The reason of a provider that carries approved templates only, and knows none for this message."""
ELSEWHERE = frozenset({NEEDS_TEMPLATE, "bad_template", "filtered", "no_route", "sender_not_allowed", "sender_blocked"})
"""Refusals of one message, for good, by one provider alone: another may take it."""
PROVIDERS_OWN = frozenset({CREDENTIALS, "provider_down", "no_answer", "too_many_requests", "out_of_money"})
"""Troubles that say nothing about the message or its reader: they count against the provider."""


class Sender(StrEnum):
    """Whose name a message bears. A "stop" to one leaves the other alone: what was paid for still comes.

    `tokens`: what was paid or asked for. `reminders`: warnings, bulk sends, outages.
    """

    TOKENS = "tokens"
    REMINDERS = "reminders"


def sender_for(importance: int) -> Sender:
    """Codes, answers and results are what somebody waits for; everything after them is a reminder."""
    return Sender.TOKENS if importance <= Importance.RESULT else Sender.REMINDERS


class DeliveryError(Exception):
    """A message was not taken.

    `reason` is one of our words (the channel's codes.py). `permanent`: trying again cannot help. `maybe_sent`: it may
    have gone out all the same. `stop`: from now on this address is left alone, as wide as `scope`.
    """

    def __init__(
        self,
        reason: str,
        *,
        permanent: bool = False,
        maybe_sent: bool = False,
        stop: bool = False,
        scope: SuppressionScope = SuppressionScope.REMINDERS,
    ) -> None:
        super().__init__(reason)
        self.reason, self.permanent, self.maybe_sent = reason, permanent, maybe_sent
        self.stop, self.scope = stop, scope

    @property
    def elsewhere(self) -> bool:
        """May another provider of the same medium take what this one never will?"""
        return self.permanent and self.reason in ELSEWHERE


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message in words. `recipient`: E.164 number, mail address, openid or URL; `title` is empty for SMS.

    `status_url` is where the provider may tell us what becomes of it. `provider_codes`: by provider, the code under
    which it knows these words, with the names of its variables behind it; `variables` are their values, in words.
    `stop_url`: where one click ends reminders, empty where there is nothing to stop; `settings_url`: where all is set.
    """

    message_id: UUID
    channel: ChannelName
    recipient: str
    title: str
    body: str
    status_url: str
    sender: Sender = Sender.TOKENS
    importance: int = Importance.USUAL
    kind: str = ""
    locale: str = "zh"
    contact_id: UUID | None = None
    stop_url: str = ""
    settings_url: str = ""
    provider_codes: Mapping[str, str | list[str]] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)


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
