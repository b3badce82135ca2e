"""Mails a receipt to whoever holds its page: a link, since what it shows may change until it is read."""

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.domain.notice import MessageKind, MessageState
from app.models import Contact, Message, Meter, Purchase, Receipt
from app.models.account import ChannelName
from app.services.drafts import Telling, draft

MOST_MAILS = 5  # of one receipt: enough for a family and its bookkeeper, too few to annoy a stranger
_MAY_HAVE_COME = (MessageState.SENDING, MessageState.UNKNOWN, MessageState.SENT, MessageState.DELIVERED)
_LONGEST = 254  # RFC 5321, 4.5.3.1.3, less the brackets
_ADDRESS = re.compile(r"[^\s@<>,;:\"\\()\[\]\x00-\x1f]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)+", re.IGNORECASE)


class MailError(Exception):
    """It cannot be mailed. `code`: mail_empty, mail_wrong, mail_often, mail_nobody."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class MailWish:
    """Which receipt, whereto and in which language. `address` None: to the account's own mailbox."""

    purchase_ref: str
    address: str | None
    locale: str


async def mail_receipt(db: AsyncSession, wish: MailWish, now: datetime) -> bool:
    """Promise the mail; False if there is no such receipt. Raises MailError."""
    found = select(Purchase).where(Purchase.ref == wish.purchase_ref, Receipt.purchase_id == Purchase.id)
    purchase = (await db.exec(found.with_for_update(of=Purchase))).first()  # two at once are counted one by one
    if purchase is None:
        return False
    contact = await mailbox_of(db, purchase.meter_id) if wish.address is None else None
    address = None if wish.address is None else read_mail(wish.address)
    if contact is None and address is None:
        raise MailError("mail_nobody")
    message = _message(purchase, wish, str(await _mailed(db, purchase.id)), now)
    message.contact_id, message.address = contact, address
    db.add(message)
    await db.flush()
    await outbox.promise_sending(db, message.id, now, message.importance)
    return True


def read_mail(typed: str) -> str:
    """A typed mail address. Raises MailError."""
    address = typed.strip()
    if not address:
        raise MailError("mail_empty")
    if len(address) > _LONGEST or not _ADDRESS.fullmatch(address) or not address.isascii():
        raise MailError("mail_wrong")
    return address


async def tell_void(db: AsyncSession, purchase: Purchase, now: datetime) -> None:
    """Whoever may have the receipt of a locked purchase hears that it is void: the same letter, with other words.

    One that has not left yet says so itself. An address whose time of keeping is over is nobody's any more.
    """
    mails = select(Message).where(Message.cause_id == purchase.id, Message.kind == MessageKind.RECEIPT.value)
    mails = mails.where(col(Message.state).in_(_MAY_HAVE_COME), func.coalesce(Message.address, "-") != "")
    told = {(each.contact_id, each.address): each for each in await db.exec(mails.order_by(col(Message.created_at)))}
    for place, each in enumerate(told.values()):
        wish = MailWish(purchase.ref, each.address, each.locale)
        message = _message(purchase, wish, f"void-{place}", now)
        message.contact_id, message.address = each.contact_id, each.address
        db.add(message)
        await db.flush()
        await outbox.promise_sending(db, message.id, now, message.importance)


async def _mailed(db: AsyncSession, purchase_id: UUID) -> int:
    counted = select(func.count()).select_from(Message)
    mailed = counted.where(col(Message.cause_id) == purchase_id, col(Message.kind) == MessageKind.RECEIPT.value)
    count = (await db.exec(mailed)).one()
    if count >= MOST_MAILS:
        raise MailError("mail_often")
    return count


async def mailbox_of(db: AsyncSession, meter_id: UUID) -> UUID | None:
    """The contact of the meter's account that takes mail, if it wants any."""
    account = select(Meter.account_id).where(Meter.id == meter_id).scalar_subquery()
    boxes = select(Contact.id).where(Contact.account_id == account, Contact.channel == ChannelName.EMAIL)
    return (await db.exec(boxes.where(col(Contact.stopped_at).is_(None)).order_by(col(Contact.position)))).first()


def _message(purchase: Purchase, wish: MailWish, which: str, now: datetime) -> Message:
    telling = Telling(MessageKind.RECEIPT, purchase.id, str(purchase.id), which, ChannelName.EMAIL, wish.locale)
    message = draft(telling, now)
    message.meter_id = purchase.meter_id
    return message
