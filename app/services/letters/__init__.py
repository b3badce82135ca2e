"""Loads what one message is about, at the moment it is to go out: what it says must be true then (SPEC M-7).

One module a cause; each says which kinds it loads. A new cause is a new module here, named in `LOADERS`.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.notice import MessageKind
from app.models import Message
from app.services.letters import alarm, answer, device, disconnection, outage, proof, purchase, refund, reminder, topup
from app.services.letters.at_hand import bring
from app.services.letters.facts import Facts
from app.services.letters.letter import Letter, Loader

__all__ = ["LOADERS", "Facts", "Letter", "Loader", "load", "load_many"]

LOADERS: dict[MessageKind, Loader] = {
    **proof.LOADERS,
    **purchase.LOADERS,
    **refund.LOADERS,
    **topup.LOADERS,
    **alarm.LOADERS,
    **disconnection.LOADERS,
    **answer.LOADERS,
    **reminder.LOADERS,
    **outage.LOADERS,
    **device.LOADERS,
}


async def load(db: AsyncSession, message_id: UUID) -> Letter:
    """Lock the message and gather its facts. Raises NoResultFound for an unknown message."""
    message = await db.get_one(Message, message_id, with_for_update=True)
    return await LOADERS[MessageKind(message.kind)](db, message)


async def load_many(db: AsyncSession, message_ids: Sequence[UUID]) -> dict[UUID, Letter]:
    """Load many; those that somebody else is changing are passed over, for whoever locks many must wait for nobody."""
    rows = select(Message).where(col(Message.id).in_(message_ids)).order_by(col(Message.id))
    messages = (await db.exec(rows.with_for_update(skip_locked=True))).all()
    at_hand = await bring(db, messages)
    found = {message.id: await LOADERS[MessageKind(message.kind)](db, message) for message in messages}
    del at_hand  # a session forgets what nobody holds
    return found
