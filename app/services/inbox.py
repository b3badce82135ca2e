"""What lies in the inbox of a meter: read on the portal by who is inside, seen at the terminal by who stands there.

A message lies there from the moment that it is in words; nobody is reached by it (SPEC N-3).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from app.domain.notice import MessageKind, MessageState
from app.models import Message, Meter
from app.models.account import ChannelName

_MOST = 100
_AT_TERMINAL, _TERMINAL_DAYS, _LONGEST = 5, timedelta(days=14), 300
_LED_BY = r"(?:[^\n.。!！?？,，;；:：]*[:：]\s*)?"  # "Please pay:" goes with its link
_LINK = re.compile(_LED_BY + r"\S*https?://\S+")
_SPENT_LINK = re.compile(_LED_BY + r"https?://\S*•\S*")  # kept without its secret, it leads nowhere
# What stands at a metering box is read by whoever stands there: what staff wrote freely may bear a name.
_OPEN = frozenset(
    {
        MessageKind.ALARM_A,
        MessageKind.ALARM_B,
        MessageKind.ALARM_OWING,
        MessageKind.DISCONNECTED,
        MessageKind.METER_EVENT,
        MessageKind.PURCHASE_CREDITED,
        MessageKind.OUTAGE_PLANNED,
        MessageKind.OUTAGE_NOW,
        MessageKind.OUTAGE_CHANGED,
        MessageKind.OUTAGE_RESTORED,
        MessageKind.OUTAGE_WITHDRAWN,
    }
)


@dataclass(frozen=True, slots=True)
class Lying:
    """A message in the inbox. `new`: nobody has opened it yet."""

    id: UUID
    kind: str
    title: str
    text: str
    at: datetime
    new: bool


@dataclass(frozen=True, slots=True)
class Posted:
    """The same for a terminal: without links, and never what names somebody."""

    meter: str
    kind: str
    text: str
    at: datetime


async def lying(db: AsyncSession, meter_id: UUID) -> list[Lying]:
    """Everything that lies there about a meter, the newest first."""
    rows = _of([meter_id]).order_by(col(Message.created_at).desc(), col(Message.id)).limit(_MOST)
    return [
        Lying(m.id, m.kind, m.title, _SPENT_LINK.sub("", m.body).strip(), _at(m), m.read_at is None)
        for m in await db.exec(rows)
    ]


async def unread(db: AsyncSession, meter_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many of each meter nobody has opened yet; meters without any are left out."""
    rows = select(Message.meter_id, func.count()).where(col(Message.meter_id).in_(meter_ids), *_LIES)
    counted = await db.exec(rows.where(col(Message.read_at).is_(None)).group_by(col(Message.meter_id)))
    return {meter_id: count for meter_id, count in counted if meter_id is not None}


async def mark_read(db: AsyncSession, meter_id: UUID, now: datetime) -> None:
    """Somebody inside has opened the inbox; what was read before keeps its time."""
    new = update(Message).where(col(Message.meter_id) == meter_id, *_LIES, col(Message.read_at).is_(None))
    await db.execute(new.values(read_at=now))


async def at_terminal(db: AsyncSession, meter_ids: Sequence[UUID], now: datetime) -> list[Posted]:
    """What a terminal shows of these meters: warnings, outages and results of two weeks, five a meter at most."""
    recent = _of(meter_ids).where(col(Message.created_at) > now - _TERMINAL_DAYS, col(Message.kind).in_(_OPEN))
    rows = recent.order_by(col(Message.created_at).desc(), col(Message.id))
    wanted = select(Meter.id, Meter.number).where(col(Meter.id).in_(meter_ids))
    numbers = dict((await db.exec(wanted)).all())
    found: dict[UUID, list[Posted]] = {}
    for message in await db.exec(rows):
        posted = found.setdefault(message.meter_id or message.id, [])
        if message.meter_id in numbers and len(posted) < _AT_TERMINAL:
            posted.append(Posted(numbers[message.meter_id], message.kind, _plain(message.body), _at(message)))
    return [each for posted in found.values() for each in posted]


_LIES = (
    col(Message.channel) == ChannelName.INBOX.value,
    col(Message.state) == MessageState.DELIVERED.value,
    col(Message.wiped_at).is_(None),
)


def _of(meter_ids: Sequence[UUID]) -> SelectOfScalar[Message]:
    return select(Message).where(col(Message.meter_id).in_(meter_ids), *_LIES)


def _at(message: Message) -> datetime:
    return message.sent_at or message.created_at


def _plain(body: str) -> str:
    """The words without what can be followed: nobody types a link off a screen in the street."""
    return " ".join(_LINK.sub("", body).split())[:_LONGEST]
