"""Asks providers what became of messages of which they have told us nothing: receipts get lost, or are not pushed."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable
from uuid import UUID

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.context import Deps
from app.domain.notice import Delivery, MessageState
from app.models import Contact, Message
from app.services.messages import record_delivery
from notifier.channels import Channels
from notifier.ports import DeliveryError
from notifier.shared import Shared

log = logging.getLogger(__name__)

_EVERY_S = 60
_AT_ONCE = 20
_PATIENCE = timedelta(minutes=5)
_LATEST = timedelta(hours=72)


@runtime_checkable
class Watchful(Protocol):
    """A channel whose provider can be asked what became of a message. Ask with `isinstance`."""

    name: str

    async def look(self, recipient: str, out_id: str, since: datetime) -> Delivery | None:
        """What became of our message `out_id`, taken around `since`; None: not decided. Raises DeliveryError."""


@dataclass(frozen=True, slots=True)
class Silent:
    """A message that its provider took, and of which nothing was heard."""

    id: UUID
    carrier: str
    recipient: str
    since: datetime


async def ask_for_ever(deps: Deps, channels: Channels) -> None:
    """Ask every minute about a few of the messages that nothing was heard of, until cancelled."""
    watchful = watchful_of(channels)
    while True:
        try:
            await ask_round(deps, watchful)
        except Exception as error:  # the next round comes
            log.warning("asking providers: %s", type(error).__name__)
        await asyncio.sleep(_EVERY_S)


def watchful_of(channels: Channels) -> dict[str, Watchful]:
    """The channels that can be asked, by name."""
    members = [m for found in channels.values() for m in (found.members if isinstance(found, Shared) else (found,))]
    return {member.name: member for member in members if isinstance(member, Watchful)}


async def ask_round(deps: Deps, watchful: dict[str, Watchful]) -> None:
    """Ask about some, whichever they are: over the rounds everyone has a turn. No transaction is open meanwhile."""
    if not watchful:
        return
    async with deps.begin() as db:
        silent = await _silent(db, list(watchful), deps.now())
    for each in silent:
        try:
            told = await watchful[each.carrier].look(each.recipient, str(each.id), each.since)
        except DeliveryError as error:
            log.warning("asking %s about message %s: %s", each.carrier, each.id, error.reason)
            continue
        if told is not None:
            async with deps.begin() as db:
                await record_delivery(db, each.id, told, deps.now())


async def _silent(db: AsyncSession, carriers: list[str], now: datetime) -> list[Silent]:
    to = func.coalesce(col(Contact.address), col(Message.address), "")
    rows = select(Message.id, Message.carrier, to, Message.attempted_at)
    rows = rows.join(Contact, col(Contact.id) == col(Message.contact_id), isouter=True)
    rows = rows.where(Message.state == MessageState.SENT, col(Message.carrier).in_(carriers))
    rows = rows.where(col(Message.created_at) > now - _LATEST, col(Message.attempted_at) < now - _PATIENCE)
    found = await db.exec(rows.order_by(func.random()).limit(_AT_ONCE))
    return [Silent(i, carrier, recipient, at) for i, carrier, recipient, at in found if carrier and recipient and at]
