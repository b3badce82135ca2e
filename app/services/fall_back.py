"""Tells whoever stands in for a reader who could not be reached (SPEC N-3)."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.domain.notice import MANNERS, Delivery, MessageKind, MessageState, in_vain
from app.domain.plan import Matter, stand_in
from app.domain.rules import NoticeRules
from app.models import Contact, Message
from app.outbox import Job, Taken
from app.services import messages, plans, rulebook, suppressions
from app.services.drafts import Telling, draft

_AT_ONCE = 500
_GIVEN_UP_AT_ONCE = 100
_SOON = timedelta(seconds=1)


async def tell_stand_in(db: AsyncSession, note: Taken, now: datetime) -> None:
    """Tell the next of the chain, once, if the message still has not arrived. Keeps the note.

    It never waits for the message with the note in its hands: whoever holds the message may be about to promise this.
    """
    mine = select(Message).where(Message.id == note.subject_id).with_for_update(skip_locked=True)
    message = (await db.exec(mine)).first()
    if message is None:
        await outbox.put_back(db, note, now + _SOON, "the message is in other hands")
        return
    if not await outbox.keep(db, note, now):
        return
    state = MessageState(message.state)
    vain = state is MessageState.SENT or in_vain(state, tried=message.attempted_at is not None)
    until = _useful_until(message, now)
    if not vain or message.contact_id is None or now >= until:
        return
    contact = await _next(db, message)
    if contact is not None:
        await plans.record(db, [_again(message, contact, until, now)])


async def find_unheard(db: AsyncSession, now: datetime) -> int:
    """Promise to look for stand-ins of what was sent long enough ago and never reported; return how many."""
    waits = timedelta(minutes=(await rulebook.rules(db, NoticeRules)).falls_back_after_min)
    late = select(Message).where(Message.state == MessageState.SENT, col(Message.unheard_since) <= now - waits)
    found = (await db.exec(late.limit(_AT_ONCE).with_for_update(skip_locked=True))).all()
    for message in found:
        message.unheard_since = None
        await outbox.promise(db, Job.FALL_BACK, message.id, now)
    return len(found)


async def give_up_stuck(db: AsyncSession, now: datetime) -> int:
    """Give up what providers have refused for long enough and somebody else can be told; return how much.

    Whoever stands in is told then, and the first way is tried no more: nobody hears it twice. What has nobody behind it
    is tried on, and so is what sleeps until its hour; what may have gone out is let be.
    """
    waits = timedelta(minutes=(await rulebook.rules(db, NoticeRules)).falls_back_after_min)
    behind = aliased(Contact)
    stuck = select(Message).where(Message.state == MessageState.QUEUED, col(Message.unheard_since) <= now - waits)
    stuck = stuck.where(col(Message.not_before) <= now, select(behind.id).where(_is_behind(behind)).exists())
    found = (await db.exec(stuck.limit(_GIVEN_UP_AT_ONCE).with_for_update(skip_locked=True))).all()
    given_up = 0
    for message in found:
        message.unheard_since = None
        if await _next(db, message) is not None:
            await messages.advance(db, message, Delivery(MessageState.GIVEN_UP, reason=message.trouble or ""), now)
            given_up += 1
    return given_up


def _is_behind(contact: type[Contact]) -> ColumnElement[bool]:
    return col(contact.stands_in_for_id) == col(Message.contact_id)


def _useful_until(message: Message, now: datetime) -> datetime:
    """A stand-in has a life of its own, unless the cause itself ends at a moment (work that begins)."""
    lasts = MANNERS[MessageKind(message.kind)].lasts
    return message.expires_at if message.expires_at != message.created_at + lasts else now + lasts


async def _next(db: AsyncSession, message: Message) -> Contact | None:
    """The first open way behind all those that were tried. The cap does not hold: this is no further message."""
    failed = await db.get_one(Contact, message.contact_id)
    rows = select(Contact).where(Contact.account_id == failed.account_id)
    contacts = {each.id: each for each in await db.exec(rows.order_by(col(Contact.position), col(Contact.id)))}
    left_alone = await suppressions.standing_for(db, map(plans.address_of, contacts.values()))
    ways = [plans.way_of(each, left_alone, {}) for each in contacts.values()]
    way = stand_in(Matter(MessageKind(message.kind)), ways, frozenset({failed.id}))
    return contacts[way.id] if way else None


def _again(message: Message, contact: Contact, until: datetime, now: datetime) -> Message:
    """The same news for another reader, under the same key but for the reader: told once, whoever asks."""
    once = message.dedupe_key.removeprefix(f"{message.kind}:").removesuffix(f":{message.contact_id}")
    kind = MessageKind(message.kind)
    new = draft(Telling(kind, message.cause_id, once, str(contact.id), contact.channel, contact.locale), now)
    new.contact_id, new.meter_id, new.expires_at = contact.id, message.meter_id, until
    new.reading_id, new.campaign_id, new.item_id = message.reading_id, message.campaign_id, message.item_id
    new.stands_in_for_id, new.importance = message.id, message.importance
    return new
