"""Tells whoever paid that their money has gone back, once it surely has (SPEC M-12)."""

from collections.abc import AsyncIterator
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.db import add_once
from app.domain.notice import MessageKind
from app.models import Contact, Message, Meter, Payment, Refund, Resident
from app.models.account import ChannelName
from app.services.drafts import Telling, draft


async def announce_refund(db: AsyncSession, refund: Refund, payment: Payment | None, now: datetime) -> None:
    """Promise one message to the resident who paid, or, where nobody was signed in, to each of the account's contacts.

    Money of an order that we do not know was nobody's that could be told.
    """
    if payment is None:
        return
    async for message in _messages(db, refund, payment, now):
        if await add_once(db, message):
            await outbox.promise_sending(db, message.id, now, message.importance)


async def _messages(db: AsyncSession, refund: Refund, payment: Payment, now: datetime) -> AsyncIterator[Message]:
    payer = await db.get(Resident, payment.resident_id) if payment.resident_id else None
    account = select(Meter.account_id).where(Meter.id == payment.meter_id).scalar_subquery()
    contacts = list(await db.exec(select(Contact).where(Contact.account_id == account).order_by(col(Contact.position))))
    if payer is not None and payer.phone is not None:
        theirs = [each for each in contacts if (each.channel, each.address) == (ChannelName.SMS, payer.phone)]
        if not theirs:
            message = _message(refund, payment, payer, now)
            message.address = payer.phone
            yield message
        contacts = theirs
    for contact in contacts:
        message = _message(refund, payment, contact, now)
        message.contact_id = contact.id
        yield message


def _message(refund: Refund, payment: Payment, reader: Contact | Resident, now: datetime) -> Message:
    channel = reader.channel if isinstance(reader, Contact) else ChannelName.SMS
    cause = str(refund.id)
    telling = Telling(MessageKind.REFUND_DONE, refund.id, cause, str(reader.id), channel, reader.locale)
    message = draft(telling, now)
    message.meter_id = payment.meter_id
    return message
