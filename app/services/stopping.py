"""Ends reminders to the address that one message went to, and begins them again (SPEC R-7, N-12; RFC 8058)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.suppression import SuppressionReason, SuppressionScope
from app.models import Contact, Message
from app.models.account import ChannelName
from app.services import suppressions
from app.services.suppressions import Entry


@dataclass(frozen=True, slots=True)
class Reader:
    """Who got a message: how it travelled, the address, and the language it spoke."""

    channel: ChannelName
    address: str
    locale: str


async def reader_of(db: AsyncSession, message_id: UUID) -> Reader | None:
    """Who got a message; None where nobody knows any more."""
    message = await db.get(Message, message_id)
    if message is None:
        return None
    contact = await db.get(Contact, message.contact_id) if message.contact_id else None
    address = contact.address if contact else message.address
    return Reader(ChannelName(message.channel), address, message.locale) if address else None


async def stopped(db: AsyncSession, reader: Reader) -> bool:
    """Does this reader get no reminders now?"""
    return await suppressions.standing(db, reader.channel, reader.address) is not None


async def stop(db: AsyncSession, message_id: UUID, evidence: str, now: datetime) -> bool:
    """No more reminders to whoever got this message; a second time changes nothing. False where nobody knows whom."""
    reader = await reader_of(db, message_id)
    if reader is None:
        return False
    why, scope = SuppressionReason.UNSUBSCRIBED, SuppressionScope.REMINDERS
    await suppressions.add(db, Entry(reader.channel, reader.address, scope, why, evidence, message_id), now)
    return True


async def start_again(db: AsyncSession, message_id: UUID, now: datetime) -> bool:
    """Reminders come again; what bars a dead address stays. False where nobody knows whom."""
    reader = await reader_of(db, message_id)
    if reader is None:
        return False
    await suppressions.lift_address(db, reader.channel, reader.address, SuppressionScope.REMINDERS, now)
    return True
