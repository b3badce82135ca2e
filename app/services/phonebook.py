"""What arrived at each phone and mailbox, for the demo's page of phones. No page of the product shows this."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.notice import MessageState
from app.models import Contact, Message
from app.models.account import ChannelName

_MOST_PHONES = 100
_MOST_MESSAGES = 50


@dataclass(frozen=True, slots=True)
class Arrived:
    """One message as its reader sees it, and how far it is known to have come."""

    title: str
    body: str
    state: MessageState
    at: datetime


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone or a mailbox. `arrived`: oldest first."""

    contact_id: UUID
    channel: ChannelName
    address: str
    arrived: tuple[Arrived, ...]


_AT = func.coalesce(col(Message.sent_at), col(Message.attempted_at), col(Message.created_at))
_IN_WORDS = col(Message.body) != ""  # what still waits has no words yet


async def phones(db: AsyncSession) -> list[Phone]:
    """Every phone that something was sent to, each with its last message; the newest first."""
    last = (
        select(Contact, Message)
        .where(Message.contact_id == Contact.id, _IN_WORDS)
        .order_by(col(Contact.id), _AT.desc())
        .ext(distinct_on(col(Contact.id)))
    )
    found = [_phone(contact, [message]) for contact, message in await db.exec(last)]
    return sorted(found, key=lambda phone: phone.arrived[-1].at, reverse=True)[:_MOST_PHONES]


async def phone(db: AsyncSession, contact_id: UUID) -> Phone | None:
    """One phone with what arrived there last; None if there is none."""
    contact = await db.get(Contact, contact_id)
    if contact is None:
        return None
    newest = select(Message).where(Message.contact_id == contact_id, _IN_WORDS).order_by(_AT.desc())
    messages = list(await db.exec(newest.limit(_MOST_MESSAGES)))
    return _phone(contact, messages[::-1])


def _phone(contact: Contact, messages: list[Message]) -> Phone:
    return Phone(contact.id, ChannelName(contact.channel), contact.address, tuple(_arrived(m) for m in messages))


def _arrived(message: Message) -> Arrived:
    at = message.sent_at or message.attempted_at or message.created_at
    return Arrived(message.title, message.body, MessageState(message.state), at)
