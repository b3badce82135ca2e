"""A newer message replaces older ones that were not sent yet and say less (SPEC M-7)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import aliased
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import col, or_, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.notice import OUTAGES, WARNINGS, MessageKind, MessageState, no_graver
from app.models import Message, MessageEvent

_New = aliased(Message)


async def replace_older(db: AsyncSession, fresh: Sequence[Message]) -> None:
    """Mark what `fresh` messages replace: of a meter's warnings, and of one announcement's, to the same reader."""
    for kind in {MessageKind(message.kind) for message in fresh}:
        these = [message for message in fresh if message.kind == kind]
        if kind in WARNINGS:  # planned late, as after a crash, a lighter one must not take a graver one's place
            await _replace(db, these, no_graver(kind), col(Message.meter_id) == col(_New.meter_id))
        if kind in OUTAGES:
            await _replace(db, these, OUTAGES, col(Message.cause_id) == col(_New.cause_id))


async def _replace(
    db: AsyncSession, fresh: Sequence[Message], family: frozenset[MessageKind], same: ColumnElement[bool]
) -> None:
    """What may have gone out, or is going out, is let be; and those of one moment do not replace each other."""
    ids = {message.id: message.created_at for message in fresh}
    reader = or_(
        col(Message.contact_id) == _New.contact_id,
        col(Message.account_id) == _New.account_id,
        (col(Message.address) == _New.address) & (col(Message.channel) == _New.channel),
    )
    older = (
        update(Message)
        .where(col(_New.id).in_(ids), col(Message.id).not_in(ids), same, reader)
        .where(col(Message.meter_id) == col(_New.meter_id), col(Message.state) == MessageState.QUEUED.value)
        .where(col(Message.kind).in_([kind.value for kind in family]))
        .values(state=MessageState.REPLACED.value, replaced_by_id=_New.id)
        .returning(col(Message.id), col(_New.id))
        .execution_options(synchronize_session=False)
    )
    gone: dict[UUID, datetime] = {old: ids[new] for old, new in (await db.execute(older)).all()}
    db.add_all(MessageEvent(message_id=old, state=MessageState.REPLACED, at=at) for old, at in gone.items())
