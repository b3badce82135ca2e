"""What residents write to us: kept once, understood by a rule, and acted on (SPEC N-12).

A number that we do not know learns nothing from us, not even that: it gets the same help as everybody, or silence.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlmodel import col, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import add_once
from app.domain import inbound
from app.domain.inbound import Understood
from app.domain.notice import MessageKind
from app.domain.suppression import SuppressionReason, SuppressionScope
from app.models import Account, Contact, InboundMessage, Message, Meter
from app.models.account import ChannelName
from app.ports import InboundText
from app.services import plans, responsible, still_out, suppressions
from app.services.plans import News, Reader
from app.services.sign_in import PhoneError, read_phone
from app.services.suppressions import Entry

_LONGEST = 1600
_LONGEST_SENDER = 32
_TELEPHONE = (ChannelName.SMS, ChannelName.VOICE)
_ONE_AT_A_TIME = text("select pg_advisory_xact_lock(hashtext('inbound:' || :sender))")

Hook = Callable[[AsyncSession, InboundMessage, datetime], Awaitable[UUID | None]]
"""Acts on a text and returns the id of the message that answers it, or None. A hook to which the text is no answer
sets `understood` to unclear, and the text is then treated as such."""


@dataclass(frozen=True, slots=True)
class Came:
    """A text as it came, and through whom. `country`: what numbers without + belong to."""

    carrier: str
    text: InboundText
    country: str


async def receive(db: AsyncSession, came: Came, now: datetime) -> InboundMessage | None:
    """Keep a text and do what it asks for; None: it had come before."""
    row = _row(came, now)
    await db.execute(_ONE_AT_A_TIME, {"sender": row.sender})
    if not await add_once(db, row):
        return None
    kept = await db.get_one(InboundMessage, row.id)
    if came.text.answered or not kept.sender.startswith("+"):
        await _silently(db, kept, now)
        return kept
    kept.answer_id = await HOOKS.get(Understood(kept.understood), _unclear)(db, kept, now)
    if kept.understood == Understood.UNCLEAR and kept.answer_id is None:
        kept.answer_id = await _unclear(db, kept, now)
    return kept


def _row(came: Came, now: datetime) -> InboundMessage:
    body = came.text.body.replace("\x00", "")[:_LONGEST]
    return InboundMessage(
        id=uuid4(),
        carrier=came.carrier,
        provider_ref=came.text.ref,
        sender=_number(came.text.sender, came.country),
        sent_to=came.text.sent_to.replace("\x00", "")[:_LONGEST_SENDER],
        body=body,
        understood=inbound.understand(body),
        at=now,
    )


def _number(sender: str, country: str) -> str:
    """E.164; a short code or a name stays as it is, and is never answered."""
    try:
        return read_phone(sender, country)
    except PhoneError:
        return sender.replace("\x00", "").replace("+", "")[:_LONGEST_SENDER]


async def _silently(db: AsyncSession, row: InboundMessage, now: datetime) -> None:
    """The provider has answered already, or nobody can be: a stop counts all the same."""
    if row.understood in (Understood.STOP, Understood.START):
        await HOOKS[Understood(row.understood)](db, row, now)


async def _stop(db: AsyncSession, row: InboundMessage, now: datetime) -> None:
    """No reminders to that telephone any more, by text or call. Nothing is answered: the provider does, where it is
    to be done."""
    for channel in _TELEPHONE:
        entry = Entry(channel, row.sender, SuppressionScope.REMINDERS, SuppressionReason.STOP_WORD, row.body[:40])
        await suppressions.add(db, entry, now)


async def _start(db: AsyncSession, row: InboundMessage, now: datetime) -> None:
    """Reminders again, whatever had ended them."""
    for channel in _TELEPHONE:
        await suppressions.lift_address(db, channel, row.sender, SuppressionScope.REMINDERS, now)
    theirs = update(Contact).where(col(Contact.address) == row.sender, col(Contact.channel).in_(_TELEPHONE))
    await db.execute(theirs.values(stopped_at=None))


async def _balance(db: AsyncSession, row: InboundMessage, now: datetime) -> UUID | None:
    known = (await meters_of(db, row.sender))[:1]
    return await _answer(db, row, MessageKind.BALANCE_ANSWER if known else MessageKind.HELP_ANSWER, now)


async def _help(db: AsyncSession, row: InboundMessage, now: datetime) -> UUID | None:
    return await _answer(db, row, MessageKind.HELP_ANSWER, now)


async def _unclear(db: AsyncSession, row: InboundMessage, now: datetime) -> UUID | None:
    row.understood = Understood.UNCLEAR
    return await _answer(db, row, MessageKind.HELP_ANSWER, now)


async def _answer(db: AsyncSession, row: InboundMessage, kind: MessageKind, now: datetime) -> UUID | None:
    """Promise an answer, if there is one left for this number today."""
    answers, hints = await _answered(db, row, now)
    if not inbound.may_answer(Understood(row.understood), answers, hints) or await _too_many_strangers(db, row, now):
        return None
    reader = Reader(ChannelName.SMS, row.sender, await _language(db, row))
    message = await plans.tell_address(db, News(kind, row.id, None, str(row.id)), reader, now)
    return message.id if message else None


async def _answered(db: AsyncSession, row: InboundMessage, now: datetime) -> tuple[int, int]:
    """Answers to this number in the last day, and those of them that were hints to somebody unclear."""
    counted = select(func.count(), func.count().filter(col(InboundMessage.understood) == Understood.UNCLEAR))
    counted = counted.where(InboundMessage.sender == row.sender, InboundMessage.at > now - inbound.DAY)
    return (await db.exec(counted.where(col(InboundMessage.answer_id).is_not(None)))).one()


async def _too_many_strangers(db: AsyncSession, row: InboundMessage, now: datetime) -> bool:
    """Is the writer nobody's contact, and have as many such been answered in this hour as may be?"""
    theirs = col(Contact.channel).in_(_TELEPHONE) & (col(Contact.address) == col(InboundMessage.sender))
    known = select(Contact.id).where(theirs).exists()
    if (await db.exec(select(InboundMessage.id).where(InboundMessage.id == row.id, known))).first() is not None:
        return False
    counted = select(func.count()).where(InboundMessage.at > now - inbound.HOUR, ~known)
    answered = (await db.exec(counted.where(col(InboundMessage.answer_id).is_not(None)))).one()
    return answered >= inbound.STRANGERS_AN_HOUR


async def _language(db: AsyncSession, row: InboundMessage) -> str:
    said = select(Contact.locale).where(Contact.address == row.sender, col(Contact.channel).in_(_TELEPHONE)).limit(1)
    return (await db.exec(said)).first() or inbound.language(row.body)


async def meters_of(db: AsyncSession, sender: str) -> list[Meter]:
    """The meters of every account that this telephone is a contact of."""
    accounts = select(Contact.account_id).where(Contact.address == sender, col(Contact.channel).in_(_TELEPHONE))
    meters = select(Meter).join(Account, col(Account.id) == col(Meter.account_id))
    return list(await db.exec(meters.where(col(Account.id).in_(accounts)).order_by(col(Meter.number))))


async def asked_by(db: AsyncSession, message: Message) -> InboundMessage:
    """The text that a message answers."""
    return await db.get_one(InboundMessage, message.cause_id)


async def _in_hand(db: AsyncSession, row: InboundMessage, now: datetime) -> None:
    """Somebody responsible says that they have it in hand; from anybody else it is no answer to anything."""
    if await responsible.acknowledge_by_text(db, row.sender, now) is None:
        row.understood = Understood.UNCLEAR


async def _still_out(db: AsyncSession, row: InboundMessage, now: datetime) -> UUID | None:
    """The restoration that was announced last has not reached them; where there was none it answers nothing."""
    said = await still_out.said_by_phone(db, row.sender, now)
    if not said:
        row.understood = Understood.UNCLEAR
        return None
    answers, hints = await _answered(db, row, now)
    if not inbound.may_answer(Understood.STILL_OUT, answers, hints):
        return None
    reader = Reader(ChannelName.SMS, row.sender, await _language(db, row))
    news = News(MessageKind.STILL_OUT_ANSWER, said[0].id, said[0].meter_id, str(row.id))
    message = await plans.tell_address(db, news, reader, now)
    return message.id if message else None


HOOKS: dict[Understood, Hook] = {
    Understood.STILL_OUT: _still_out,
    Understood.ACKNOWLEDGED: _in_hand,
    Understood.STOP: _stop,
    Understood.START: _start,
    Understood.BALANCE: _balance,
    Understood.HELP: _help,
}
"""What is done about a text, by what it means. What nobody has claimed counts as unclear."""
