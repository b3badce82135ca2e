"""Decides who is told what, once, and keeps what became of it (SPEC N-8, N-9)."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.domain import notice
from app.domain.notice import Delivery, MessageKind, MessageState
from app.domain.purchase import PurchaseState
from app.domain.suppression import SuppressionReason, SuppressionScope
from app.models import Contact, Message, MessageEvent, Note, Purchase, Token
from app.models.account import ChannelName
from app.outbox import Job, Taken
from app.services import attempts, plans, suppressions
from app.services.plans import News
from app.services.suppressions import Entry


async def announce_credit(db: AsyncSession, note: Taken, zone: ZoneInfo, now: datetime) -> None:
    """Tell the account of a purchase that is in the meter, or that settled what was owed. Keeps the note."""
    purchase = await db.get_one(Purchase, note.subject_id)
    if not await outbox.keep(db, note, now):
        return
    if purchase.state in (PurchaseState.CREDITED, PurchaseState.SETTLED):
        await plans.tell_account(db, _news(MessageKind.PURCHASE_CREDITED, purchase), now)


async def announce_token(db: AsyncSession, note: Taken, zone: ZoneInfo, now: datetime) -> None:
    """Give the account the token that the network could not carry, while it can still be of use. Keeps the note."""
    purchase = await db.get_one(Purchase, note.subject_id)
    if not await outbox.keep(db, note, now):
        return
    issued = (await db.exec(select(Token.id).where(Token.purchase_id == purchase.id).limit(1))).first()
    if issued is not None and notice.token_helps(PurchaseState(purchase.state)):
        await plans.tell_account(db, _news(MessageKind.PURCHASE_TOKEN, purchase), now)


def _news(kind: MessageKind, purchase: Purchase) -> News:
    return News(kind, purchase.id, purchase.meter_id, str(purchase.id))


async def supply_is_awaited(db: AsyncSession, purchase_id: UUID) -> bool:
    """Is somebody still seeing to the relay after this purchase?"""
    open_ = select(Note.id).where(Note.subject_id == purchase_id, Note.job == Job.CHECK_RELAY)
    return (await db.exec(open_.where(col(Note.done_at).is_(None)))).first() is not None


async def record_delivery(db: AsyncSession, message_id: UUID, word: Delivery, now: datetime) -> bool:
    """Keep a provider's word about a message; False if we know no such message.

    Words come late, twice and out of order: each is kept, and the state only moves forward.
    """
    message = await db.get(Message, message_id, with_for_update=True)
    if message is None:
        return False
    db.add(MessageEvent(message_id=message.id, state=word.state, reason=word.reason, at=now))
    message.provider_ref = message.provider_ref or word.provider_ref or None
    if message.state == MessageState.SENDING:  # who tells of it has it: nobody need ask
        await attempts.end(db, message.id, attempts.SENT, now, word.provider_ref or None)
    await advance(db, message, word, now)
    return True


async def advance(db: AsyncSession, message: Message, word: Delivery, now: datetime) -> None:
    """Move a locked message on to what `word` says, if that is further than where it is.

    Where it ended in vain, whoever stands in for its reader is to be told.
    """
    if word.stop:
        await _leave_alone(db, message, word, now)
    before = MessageState(message.state)
    after = notice.later(before, word.state)
    if after is before:
        return
    message.state = after
    message.trouble = word.reason or None
    if after in (MessageState.SENT, MessageState.DELIVERED):
        message.sent_at = message.sent_at or now
    if after is MessageState.DELIVERED:
        message.delivered_at = now
    if message.contact_id is not None and notice.in_vain(after, tried=message.attempted_at is not None):
        await outbox.promise(db, Job.FALL_BACK, message.id, now)


async def _leave_alone(db: AsyncSession, message: Message, word: Delivery, now: datetime) -> None:
    """What a provider says of an address stands against it; results and tokens still go to whoever only opted out."""
    contact = await db.get(Contact, message.contact_id) if message.contact_id else None
    address = contact.address if contact else message.address
    if address is None:
        return
    channel = ChannelName(message.channel)
    gone = SuppressionReason.BOUNCED if channel is ChannelName.EMAIL else SuppressionReason.UNREACHABLE
    reason = gone if word.scope is SuppressionScope.ALL else SuppressionReason.CARRIER
    await suppressions.add(db, Entry(channel, address, word.scope, reason, word.reason, message.id), now)
