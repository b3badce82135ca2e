"""Decides of each message whether it leaves the house: by the utility's mode and, for other programs, their key's."""

from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.domain.notice import Delivery, MessageKind, MessageState
from app.domain.rules import SendingRules
from app.domain.sending import LATE_BY, Leaves, Passage, Script, SendMode, Stays, Trial, allowed, stricter
from app.models import ApiMessage, Message
from app.models.account import ChannelName
from app.outbox import Job
from app.services import messages
from app.services.rulebook import rules

ARRIVES_IN = timedelta(seconds=3)
_NOBODY = Trial((), 0, 0)


async def passage(db: AsyncSession, message: Message, recipient: str, zone: ZoneInfo, now: datetime) -> Passage:
    """May this message leave? In a trial they are let out one transaction after the other, so that none is too many."""
    if message.channel == ChannelName.INBOX:
        return Leaves()  # it goes nowhere but to our own pages
    held = await rules(db, SendingRules)
    mode = stricter(held.mode, await _mode_of_key(db, message))
    trial = await _trial(db, held, zone, now) if mode is SendMode.TRIAL else _NOBODY
    return allowed(mode, recipient, trial)


async def mark(db: AsyncSession, message: Message, found: Passage, now: datetime) -> None:
    """Note of a message that is being sent whether it stays, and promise the word that is to come of it then."""
    if isinstance(found, Stays):
        message.rehearsed = True
        await _promise_word(db, message.id, found.script, now)


async def _mode_of_key(db: AsyncSession, message: Message) -> SendMode:
    if message.kind != MessageKind.REMINDER or message.campaign_id is not None:
        return SendMode.LIVE
    asked = (await db.exec(select(ApiMessage.mode).where(ApiMessage.id == message.cause_id))).one_or_none()
    return SendMode(asked) if asked else SendMode.LIVE


async def _trial(db: AsyncSession, held: SendingRules, zone: ZoneInfo, now: datetime) -> Trial:
    await db.exec(select(func.pg_advisory_xact_lock(func.hashtext("trial"))))
    return Trial(held.listed, held.trial_a_day, await sent_today(db, zone, now))


async def sent_today(db: AsyncSession, zone: ZoneInfo, now: datetime) -> int:
    """How many messages were handed to providers since midnight, local time."""
    midnight = datetime.combine(now.astimezone(zone).date(), time(), zone)
    left = select(func.count()).where(
        col(Message.attempted_at) >= midnight,
        col(Message.rehearsed).is_(False),
        Message.channel != ChannelName.INBOX,
    )
    return (await db.exec(left)).one()


async def _promise_word(db: AsyncSession, message_id: UUID, script: Script, now: datetime) -> None:
    if script in (Script.ARRIVES, Script.BOUNCES):
        await outbox.promise(db, Job.PLAY_DELIVERY, message_id, now)
    elif script is Script.LATE:
        await outbox.promise(db, Job.PLAY_DELIVERY, message_id, now + LATE_BY)


async def promise_arrival(db: AsyncSession, message: Message, now: datetime) -> None:
    """A rehearsal's carrier has it: let the word that it arrived come as a provider's would, some seconds later."""
    if message.state == MessageState.SENT:
        await outbox.promise(db, Job.PLAY_DELIVERY, message.id, now + ARRIVES_IN)


async def play_delivery(db: AsyncSession, note: outbox.Taken, now: datetime) -> None:
    """Say of a message that no real provider had what one would say in the end. Keeps the note."""
    message = await db.get_one(Message, note.subject_id, with_for_update=True)
    if message.state in (MessageState.QUEUED, MessageState.SENDING):
        await outbox.postpone(db, note, now + LATE_BY / 24, "not sent yet")
        return
    if await outbox.keep(db, note, now) and message.state == MessageState.SENT:
        bounced = (message.provider_ref or "").startswith(f"scripted-{Script.BOUNCES}")
        word = Delivery(MessageState.FAILED, reason="bounced") if bounced else Delivery(MessageState.DELIVERED)
        await messages.record_delivery(db, message.id, word, now)
