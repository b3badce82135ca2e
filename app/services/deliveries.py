"""Receipts that are not signed one by one: they count only where they fit what a provider has from us."""

from datetime import datetime

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models import Message, MessageAttempt
from app.ports import Receipt
from app.services.messages import record_delivery


async def record_receipt(db: AsyncSession, carrier: str, receipt: Receipt, now: datetime) -> bool:
    """Record a provider's word about a message that it has from us; False where it has none such.

    A receipt bears the provider's own id. Where that is known to us it must be the same; where the answer was lost, or
    the message was found under our own id, it is not known.
    """
    message = await db.get(Message, receipt.message_id, with_for_update=True)
    refs = await _refs(db, carrier, message) if message else None
    if message is None or refs is None:
        return False
    if refs and receipt.word.provider_ref not in refs:
        return False
    return await record_delivery(db, message.id, receipt.word, now)


async def _refs(db: AsyncSession, carrier: str, message: Message) -> frozenset[str] | None:
    """The ids that a provider gave to a message, as far as we heard them; None: it never had it."""
    tries = select(MessageAttempt.provider_ref).where(MessageAttempt.message_id == message.id)
    told = list(await db.exec(tries.where(MessageAttempt.carrier == carrier)))
    if message.carrier == carrier:
        told.append(message.provider_ref)
    return frozenset(ref for ref in told if ref and ref != str(message.id)) if told else None
