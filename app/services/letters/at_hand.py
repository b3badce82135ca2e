"""Reads what many letters are about in a few statements, so that each one's loader finds it in the session."""

from collections.abc import Iterable, Sequence
from typing import TypeVar
from uuid import UUID

from sqlmodel import SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.notice import ALARMS, OUTAGES, MessageKind
from app.models import Account, Alarm, Announcement, Campaign, Contact, Disconnection, Message, Meter, Purchase

_CAUSES: dict[str, type[Purchase | Alarm | Announcement | Disconnection]] = {
    MessageKind.PURCHASE_CREDITED: Purchase,
    MessageKind.PURCHASE_TOKEN: Purchase,
    MessageKind.RECEIPT: Purchase,
    MessageKind.DISCONNECTED: Disconnection,
    **dict.fromkeys(ALARMS.values(), Alarm),
    **dict.fromkeys(OUTAGES, Announcement),
}
_OWING = (*ALARMS.values(), MessageKind.DISCONNECTED, MessageKind.REMINDER)
_WORTH_IT = 2
Rows = Sequence[SQLModel]
Row = TypeVar("Row", Meter, Contact, Account, Campaign)


async def bring(db: AsyncSession, messages: Sequence[Message]) -> Rows:
    """Read the readers, meters and causes of `messages`. The session knows them for as long as the result is held."""
    if len(messages) < _WORTH_IT:
        return ()
    meters = await _read(db, Meter, (message.meter_id for message in messages))
    owing = {message.meter_id for message in messages if message.kind in _OWING}
    found: list[Rows] = [
        meters,
        await _read(db, Contact, (message.contact_id for message in messages)),
        await _read(db, Account, (meter.account_id for meter in meters if meter.id in owing)),
        await _read(db, Campaign, (message.campaign_id for message in messages)),
    ]
    for cause in {_CAUSES[message.kind] for message in messages if message.kind in _CAUSES}:
        wanted: Iterable[UUID] = [message.cause_id for message in messages if _CAUSES.get(message.kind) is cause]
        found.append((await db.exec(select(cause).where(col(cause.id).in_(wanted)))).all())
    return [row for rows in found for row in rows]


async def _read(db: AsyncSession, model: type[Row], ids: Iterable[UUID | None]) -> Sequence[Row]:
    wanted = {each for each in ids if each is not None}
    return (await db.exec(select(model).where(col(model.id).in_(wanted)))).all() if wanted else ()
