"""Tells whoever paid that their money has gone back, once it surely has (SPEC M-12)."""

from datetime import datetime

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.notice import MessageKind
from app.models import Contact, Message, Meter, Payment, Refund, Resident
from app.models.account import ChannelName
from app.services import plans
from app.services.drafts import Telling, draft
from app.services.plans import News


async def announce_refund(db: AsyncSession, refund: Refund, payment: Payment | None, now: datetime) -> None:
    """Promise one message to the resident who paid, or, where nobody was signed in, to the account's contacts.

    Money of an order that we do not know was nobody's that could be told.
    """
    if payment is None:
        return
    payer = await db.get(Resident, payment.resident_id) if payment.resident_id else None
    if payer is None or payer.phone is None:
        news = News(MessageKind.REFUND_DONE, refund.id, payment.meter_id, str(refund.id))
        await plans.tell_account(db, news, now)
        return
    contact = await _contact_of(db, payment, payer.phone)
    message = _message(refund, payment, contact or payer, now)
    message.contact_id, message.address = (contact.id, None) if contact else (None, payer.phone)
    await plans.record(db, [message])


async def _contact_of(db: AsyncSession, payment: Payment, phone: str) -> Contact | None:
    """The payer's own telephone, where it is a contact of the account."""
    account = select(Meter.account_id).where(Meter.id == payment.meter_id).scalar_subquery()
    theirs = select(Contact).where(Contact.account_id == account, Contact.address == phone)
    return (await db.exec(theirs.where(Contact.channel == ChannelName.SMS))).first()


def _message(refund: Refund, payment: Payment, reader: Contact | Resident, now: datetime) -> Message:
    telling = Telling(
        MessageKind.REFUND_DONE, refund.id, str(refund.id), str(reader.id), ChannelName.SMS, reader.locale
    )
    message = draft(telling, now)
    message.meter_id = payment.meter_id
    return message
