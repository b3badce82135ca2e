"""Several channels of one medium, with a copy of their shares."""

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from app.domain import sharing
from app.domain.sharing import Share
from app.models.account import ChannelName
from notifier.ports import Channel, Rendered

Dice = Callable[[], float]
"""A number in [0, 1)."""

FRESH_FOR = timedelta(seconds=3)


class Shared:
    """The channels that carry one medium: one or several. It is itself a channel, for whoever does not mind which."""

    name = "shared"

    def __init__(self, medium: ChannelName, members: Sequence[Channel], dice: Dice = random.random) -> None:
        self.medium, self.members, self._dice = medium, tuple(members), dice
        self.carries = frozenset({medium})
        self._points = dict.fromkeys(self.names, sharing.even(len(self.members)))
        self._off: frozenset[str] = frozenset()
        self._learned_at: datetime | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Of its channels, in the order of the setting."""
        return tuple(member.name for member in self.members)

    def member(self, name: str) -> Channel | None:
        """The channel of that name, also when it is switched off."""
        return next((member for member in self.members if member.name == name), None)

    def open_names(self) -> tuple[str, ...]:
        """Of those that are not switched off."""
        return tuple(name for name in self.names if name not in self._off)

    def choose(self, names: Sequence[str]) -> Channel:
        """Let the dice fall among `names`, by their shares."""
        chosen = sharing.choose({name: self._points[name] for name in names}, self._dice())
        return next(member for member in self.members if member.name == chosen)

    def stale(self, now: datetime) -> bool:
        """Is it time to read the shares again?"""
        return self._learned_at is None or not timedelta() <= now - self._learned_at < FRESH_FOR

    def learn(self, shares: Mapping[str, Share], now: datetime) -> None:
        """Take over what the database says."""
        self._points |= {name: share.points for name, share in shares.items() if name in self._points}
        self._off = frozenset(name for name, share in shares.items() if share.off)
        self._learned_at = now

    async def send(self, rendered: Rendered) -> str:
        """Send by whom the dice choose. Raises DeliveryError."""
        return await self.choose(self.open_names() or self.names).send(rendered)

    async def close(self) -> None:
        """Close them all."""
        for member in self.members:
            await member.close()
