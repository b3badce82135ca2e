"""What arrived at each phone and mailbox, for the demo's page of phones. No page of the product shows this."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.notice import MessageKind, MessageState
from app.domain.proving import link_word, login_digits, masked
from app.models import Contact, InboundMessage, Message
from app.models.account import ChannelName

_MOST_PHONES = 100
_MOST_MESSAGES = 50


@dataclass(frozen=True, slots=True)
class Arrived:
    """One message as its reader sees it, and how far it is known to have come; None: the reader wrote it to us."""

    title: str
    body: str
    state: MessageState | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone or a mailbox. `arrived`: oldest first. `contact_id`: its contact, else a message to it."""

    contact_id: UUID
    channel: ChannelName
    address: str
    arrived: tuple[Arrived, ...]


_AT = func.coalesce(col(Message.sent_at), col(Message.attempted_at), col(Message.created_at))
_ADDRESS = func.coalesce(col(Contact.address), col(Message.address))
_PROOFS = (MessageKind.LOGIN_CODE, MessageKind.CONFIRM_ADDRESS)
_IN_WORDS = col(Message.body) != ""  # what still waits has no words yet


async def phones(db: AsyncSession, secret: str) -> list[Phone]:
    """Every phone that something was sent to, each with its last message; the newest first.

    `secret` puts the digits of sign-in codes back, which are kept nowhere.
    """
    last = (
        select(_ADDRESS, func.coalesce(col(Contact.id), col(Message.id)), Message)
        .join(Contact, col(Contact.id) == col(Message.contact_id), isouter=True)
        .where(_IN_WORDS, _ADDRESS.is_not(None))
        .order_by(_ADDRESS, _AT.desc(), col(Contact.id))
        .ext(distinct_on(_ADDRESS))
    )
    rows = await db.exec(last)
    found = [Phone(key, ChannelName(m.channel), to, (_arrived(m, secret),)) for to, key, m in rows]
    return sorted(found, key=lambda phone: phone.arrived[-1].at, reverse=True)[:_MOST_PHONES]


async def phone(db: AsyncSession, key: UUID, secret: str) -> Phone | None:
    """One phone with what arrived there last; None if there is none. `key`: its contact, or a message to it."""
    contact = await db.get(Contact, key)
    message = await db.get(Message, key) if contact is None else None
    address = contact.address if contact else message.address if message else None
    if address is None:
        return None
    newest = select(Message).join(Contact, col(Contact.id) == col(Message.contact_id), isouter=True)
    newest = newest.where(address == _ADDRESS, _IN_WORDS).order_by(_AT.desc()).limit(_MOST_MESSAGES)
    arrived = [_arrived(each, secret) for each in await db.exec(newest)] + await _written(db, address)
    arrived.sort(key=lambda each: each.at)
    channel = contact.channel if contact else message.channel if message else ChannelName.SMS
    return Phone(key, ChannelName(channel), address, tuple(arrived[-_MOST_MESSAGES:]))


async def _written(db: AsyncSession, address: str) -> list[Arrived]:
    """What was written to us from there."""
    texts = select(InboundMessage).where(InboundMessage.sender == address)
    texts = texts.order_by(col(InboundMessage.at).desc()).limit(_MOST_MESSAGES)
    return [Arrived("", each.body, None, each.at) for each in await db.exec(texts)]


def _arrived(message: Message, secret: str) -> Arrived:
    at = message.sent_at or message.attempted_at or message.created_at
    body = message.body
    if message.kind in _PROOFS:
        words = (login_digits(secret, message.cause_id), link_word(secret, message.cause_id))
        for word in words:
            body = body.replace(masked(word, word), word)
    return Arrived(message.title, body, MessageState(message.state), at)
