"""Decides who is told what, once, and keeps what became of it (SPEC N-8, N-9)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.db import add_once
from app.domain import alarm, notice
from app.domain.alarm import AlarmLevel, AlertCycle
from app.domain.clock import local_day
from app.domain.notice import ALARMS, Delivery, MessageKind, MessageState
from app.domain.purchase import PurchaseState
from app.models import Alarm, Contact, Message, MessageEvent, Meter, Note, Purchase, Token
from app.outbox import Job, Taken
from app.services import alarms
from app.services.drafts import Telling, draft


@dataclass(frozen=True, slots=True)
class Cause:
    """Why somebody is told something: the purchase or the alarm, and the meter that it is about.

    `again`: the local day of a warning that is repeated daily.
    """

    kind: MessageKind
    id: UUID
    meter_id: UUID
    again: str = ""


async def announce_credit(db: AsyncSession, note: Taken, zone: ZoneInfo, now: datetime) -> None:
    """Tell the account of a purchase that is in the meter, or that settled what was owed. Keeps the note."""
    purchase = await db.get_one(Purchase, note.subject_id)
    if not await outbox.keep(db, note, now):
        return
    if purchase.state in (PurchaseState.CREDITED, PurchaseState.SETTLED):
        await _tell(db, Cause(MessageKind.PURCHASE_CREDITED, purchase.id, purchase.meter_id), zone, now)


async def announce_token(db: AsyncSession, note: Taken, zone: ZoneInfo, now: datetime) -> None:
    """Give the account the token that the network could not carry, while it can still be of use. Keeps the note."""
    purchase = await db.get_one(Purchase, note.subject_id)
    if not await outbox.keep(db, note, now):
        return
    issued = (await db.exec(select(Token.id).where(Token.purchase_id == purchase.id).limit(1))).first()
    if issued is not None and notice.token_helps(PurchaseState(purchase.state)):
        await _tell(db, Cause(MessageKind.PURCHASE_TOKEN, purchase.id, purchase.meter_id), zone, now)


async def announce_alarm(db: AsyncSession, note: Taken, zone: ZoneInfo, now: datetime) -> None:
    """Warn the account of an episode that is still open, and promise the next day's warning where one is wanted.

    Keeps the note. Which cycle holds is asked anew each time: whoever says "none" is left alone from now on.
    """
    episode = await db.get_one(Alarm, note.subject_id)
    if not await outbox.keep(db, note, now) or episode.closed_at is not None:
        return
    rule = await alarms.rule_of(db, episode.meter_id)
    cycle = AlertCycle(rule.cycle) if rule else AlertCycle.ONCE
    if cycle is AlertCycle.NONE:
        return
    level, today = AlarmLevel(episode.level), local_day(now, zone)
    repeated = cycle is AlertCycle.DAILY and today > local_day(episode.opened_at, zone)
    if not repeated or (await db.get_one(Meter, episode.meter_id)).alarm_level == level:
        await _tell(db, Cause(ALARMS[level], episode.id, episode.meter_id, str(today) if repeated else ""), zone, now)
    again = alarm.told_next(cycle, rule.hour if rule else 0, now, zone)
    if again is not None:
        await outbox.promise(db, Job.ANNOUNCE_ALARM, episode.id, again)


async def supply_is_awaited(db: AsyncSession, purchase_id: UUID) -> bool:
    """Is somebody still seeing to the relay after this purchase?"""
    open_ = select(Note.id).where(Note.subject_id == purchase_id, Note.job == Job.CHECK_RELAY)
    return (await db.exec(open_.where(col(Note.done_at).is_(None)))).first() is not None


async def _tell(db: AsyncSession, cause: Cause, zone: ZoneInfo, now: datetime) -> None:
    """One message to each contact, warnings not to those who said stop; a second time changes nothing."""
    account = select(Meter.account_id).where(Meter.id == cause.meter_id).scalar_subquery()
    contacts = select(Contact).where(Contact.account_id == account)
    if notice.stops(cause.kind):
        contacts = contacts.where(col(Contact.stopped_at).is_(None))
    for contact in await db.exec(contacts.order_by(col(Contact.position))):
        message = _message(cause, contact, zone, now)
        if await add_once(db, message):
            await outbox.promise(db, Job.SEND_MESSAGE, message.id, message.not_before)


def _message(cause: Cause, contact: Contact, zone: ZoneInfo, now: datetime) -> Message:
    once = f"{cause.id}{cause.again}"
    telling = Telling(cause.kind, cause.id, once, str(contact.id), contact.channel, contact.locale)
    warning = notice.is_warning(cause.kind)
    waits = notice.not_before(now, zone, contact.quiet_from, contact.quiet_to) if warning else now
    message = draft(telling, now, waits)
    message.contact_id, message.meter_id = contact.id, cause.meter_id
    return message


async def record_delivery(db: AsyncSession, message_id: UUID, word: Delivery, now: datetime) -> bool:
    """Keep a provider's word about a message; False if we know no such message.

    Words come late, twice and out of order: each is kept, and the state only moves forward.
    """
    message = await db.get(Message, message_id, with_for_update=True)
    if message is None:
        return False
    db.add(MessageEvent(message_id=message.id, state=word.state, reason=word.reason, at=now))
    message.provider_ref = message.provider_ref or word.provider_ref or None
    await advance(db, message, word, now)
    return True


async def advance(db: AsyncSession, message: Message, word: Delivery, now: datetime) -> None:
    """Move a locked message on to what `word` says, if that is further than where it is."""
    before = MessageState(message.state)
    after = notice.later(before, word.state)
    if after is before:
        return
    message.state = after
    message.trouble = word.reason or None
    if after in (MessageState.SENT, MessageState.DELIVERED):
        message.sent_at = message.sent_at or now
    if word.stop and message.contact_id is not None:
        contact = await db.get_one(Contact, message.contact_id)
        contact.stopped_at = contact.stopped_at or now
