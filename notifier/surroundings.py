"""What lies around a batch of messages: addresses left alone, money that has come or is coming, places in the dark.

Asked for all of them together, in a handful of statements; `notifier.standing` says what it means for each.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.notice import WARNINGS, MessageKind
from app.domain.purchase import PurchaseKind, PurchaseState
from app.domain.suppression import SuppressionScope
from app.models import Message, Meter, Purchase
from app.models.account import ChannelName
from app.services import announcements, brake, checkout, suppressions
from app.services.letters import Letter
from app.services.suppressions import Address

_ABOUT_MONEY = WARNINGS | {MessageKind.REMINDER}


def about_money(kind: str) -> bool:
    """Does it ask for money, or warn of its end?"""
    return kind in _ABOUT_MONEY


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`left_alone`: by address. `paid_since`: ids of messages since which money has reached the meter, or settled what
    it owed. `silent`: meters in the dark of an outage, or whose money is under way: nobody is nagged meanwhile."""

    left_alone: Mapping[Address, SuppressionScope] = field(default_factory=dict)
    paid_since: frozenset[UUID] = frozenset()
    silent: frozenset[UUID] = frozenset()


async def look_around(db: AsyncSession, letters: Iterable[Letter], now: datetime) -> Surroundings:
    """Ask about all letters at once."""
    known = list(letters)
    addresses = {(each.message.channel, each.recipient) for each in known if each.recipient}
    left_alone = await suppressions.standing_for(db, addresses)
    asking = [each.message for each in known if about_money(each.message.kind) and each.message.meter_id]
    if not asking:
        return Surroundings(left_alone)
    spoken = {each.meter_id for each in asking if each.meter_id and each.channel != ChannelName.INBOX}
    silent = await _dark(db, spoken, now) | await _under_way(db, spoken, now)
    return Surroundings(left_alone, await _paid_since(db, asking), frozenset(silent))


async def _paid_since(db: AsyncSession, messages: Sequence[Message]) -> frozenset[UUID]:
    """An advance is no payment."""
    paid = select(Message.id).join(Purchase, col(Purchase.meter_id) == col(Message.meter_id))
    paid = paid.where(col(Message.id).in_({message.id for message in messages}), Purchase.kind == PurchaseKind.SALE)
    paid = paid.where(col(Purchase.state).in_([PurchaseState.CREDITED, PurchaseState.SETTLED]))
    at = func.coalesce(col(Purchase.credited_at), col(Purchase.created_at))
    return frozenset(await db.exec(paid.where(at > col(Message.created_at))))


async def _dark(db: AsyncSession, meters: set[UUID], now: datetime) -> set[UUID]:
    """An outage holds for a concentrator's whole place: one question for all meters behind it."""
    if not meters:
        return set()
    rows = await db.exec(select(Meter.id, Meter.concentrator_id).where(col(Meter.id).in_(meters)))
    behind: dict[UUID, list[UUID]] = {}
    for meter_id, concentrator_id in rows:
        behind.setdefault(concentrator_id, []).append(meter_id)
    dark: set[UUID] = set()
    for those in behind.values():
        if await announcements.outage_until(db, those[0], now) is not None:
            dark.update(those)
    return dark


async def _under_way(db: AsyncSession, meters: set[UUID], now: datetime) -> set[UUID]:
    found = await brake.unresolved_among(db, meters) if meters else set()
    return {meter_id for meter_id in found if await checkout.under_way(db, meter_id, now)}
