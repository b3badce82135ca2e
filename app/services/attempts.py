"""Tries to hand a message to a provider, each written down before the provider hears of it (SPEC N-9)."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlmodel import col, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models import Message, MessageAttempt

SENT = "sent"
FOUND = "found"
ABSENT = "absent"
NEVER_KNOWN = "never_known"
"""Nobody knows how it ended and its provider cannot be asked: another try was made, or none ever will be."""


async def begin(db: AsyncSession, message: Message, carrier: str, now: datetime) -> None:
    """Write down the next try of a locked message; if an earlier one was open, nobody will ever know how it ended."""
    number = 1
    if message.attempted_at is not None:
        await end(db, message.id, NEVER_KNOWN, now)
        number = await count(db, message.id) + 1
    db.add(MessageAttempt(id=uuid4(), message_id=message.id, number=number, carrier=carrier, began_at=now))
    message.attempted_at, message.carrier = now, carrier


async def end(db: AsyncSession, message_id: UUID, outcome: str, now: datetime, provider_ref: str | None = None) -> None:
    """How the open try ended: `sent`, `found`, `absent`, `never_known`, or the trouble. None open: nothing changes."""
    open_ = update(MessageAttempt).where(
        col(MessageAttempt.message_id) == message_id, col(MessageAttempt.ended_at).is_(None)
    )
    await db.execute(open_.values(ended_at=now, outcome=outcome, provider_ref=provider_ref))


_END_MANY = text(
    """
    update message_attempt set ended_at = :now, outcome = :outcome, provider_ref = ended.ref
    from unnest(cast(:ids as uuid[]), cast(:refs as text[])) as ended (message_id, ref)
    where message_attempt.message_id = ended.message_id and ended_at is null
    """
)


async def end_sent(db: AsyncSession, refs: Mapping[UUID, str], now: datetime) -> None:
    """The open tries of these messages were taken by their providers, under these ids of theirs."""
    about = {"ids": list(refs), "refs": list(refs.values()), "outcome": SENT, "now": now}
    await db.execute(_END_MANY, about)


async def count(db: AsyncSession, message_id: UUID) -> int:
    """How many tries there were."""
    tries = select(func.count()).select_from(MessageAttempt).where(MessageAttempt.message_id == message_id)
    return (await db.exec(tries)).one()
