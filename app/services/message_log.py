"""The log of all messages, as staff search it (SPEC N-8)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, func, tuple_
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import Select

from app.domain.bookmark import Bookmark
from app.domain.notice import MessageKind, MessageState
from app.models import Account, Contact, Message, Meter
from app.models.account import ChannelName

PAGE = 50
LAST_DAY = timedelta(hours=24)
_DIGITS_AT_LEAST = 4  # fewer would ask for half the town


@dataclass(frozen=True, slots=True)
class LogWish:
    """Which messages. `text`: an id, a provider's id, a meter or account number, an address or the end of a number: an
    end of any length `by_part`, else of the four digits that a mask leaves, for longer ones would undo it.

    `before`: the place of the last line of the page before, newest first.
    """

    text: str = ""
    by_part: bool = True
    kind: MessageKind | None = None
    state: MessageState | None = None
    channel: ChannelName | None = None
    campaign_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: Bookmark | None = None


@dataclass(frozen=True, slots=True)
class LogLine:
    """One message. `address` as it is: whoever shows it masks it by role. Wiped ones have none."""

    id: UUID
    kind: MessageKind
    channel: ChannelName
    state: MessageState
    at: datetime
    address: str
    meter_number: str | None
    carrier: str | None
    trouble: str | None
    segments: int | None
    rehearsed: bool


@dataclass(frozen=True, slots=True)
class LogPage:
    """A page, the newest first. `more`: where the next one begins."""

    lines: tuple[LogLine, ...]
    more: Bookmark | None


async def search(db: AsyncSession, wish: LogWish) -> LogPage:
    """A page of the messages that were wished for."""
    rows = _narrowed(_rows(), wish)
    if wish.text:
        rows = rows.where(_about(wish.text, by_part=wish.by_part))
    if wish.before is not None:
        rows = rows.where(tuple_(col(Message.created_at), col(Message.id)) < wish.before)
    rows = rows.order_by(col(Message.created_at).desc(), col(Message.id).desc()).limit(PAGE + 1)
    found = [_line(*row) for row in await db.exec(rows)]
    last = found[PAGE - 1] if len(found) > PAGE else None
    return LogPage(tuple(found[:PAGE]), Bookmark(last.at, last.id) if last else None)


async def today(db: AsyncSession, now: datetime) -> dict[MessageState, int]:
    """How many messages of the last 24 hours stand where."""
    counted = select(Message.state, func.count()).where(col(Message.created_at) > now - LAST_DAY)
    return {MessageState(state): count for state, count in await db.exec(counted.group_by(col(Message.state)))}


def _rows() -> Select[Message, str | None, str | None]:
    return (
        select(Message, Contact.address, Meter.number)
        .join(Contact, col(Contact.id) == col(Message.contact_id), isouter=True)
        .join(Meter, col(Meter.id) == col(Message.meter_id), isouter=True)
    )


def _narrowed(rows: Select[Message, str | None, str | None], wish: LogWish) -> Select[Message, str | None, str | None]:
    exact = {
        col(Message.kind): wish.kind,
        col(Message.state): wish.state,
        col(Message.channel): wish.channel,
        col(Message.campaign_id): wish.campaign_id,
    }
    rows = rows.where(*(column == value for column, value in exact.items() if value is not None))
    if wish.since is not None:
        rows = rows.where(col(Message.created_at) >= wish.since)
    return rows if wish.until is None else rows.where(col(Message.created_at) < wish.until)


def _about(text: str, *, by_part: bool) -> ColumnElement[bool]:
    """What a typed text may be, each looked up by its own index."""
    id_ = _uuid(text)
    if id_ is not None:
        return or_(col(Message.id) == id_, col(Message.cause_id) == id_)
    account = select(Contact.id).join(Account, col(Account.id) == col(Contact.account_id)).where(Account.number == text)
    ways = [
        col(Message.provider_ref) == text,
        col(Message.address) == text,
        col(Message.meter_id).in_(select(Meter.id).where(Meter.number == text)),
        col(Message.contact_id).in_(account),
    ]
    digits = text.lstrip("+")
    enough = len(digits) >= _DIGITS_AT_LEAST if by_part else len(digits) == _DIGITS_AT_LEAST
    if digits.isascii() and digits.isdecimal() and enough:
        ways.append(col(Message.contact_id).in_(select(Contact.id).where(col(Contact.address).endswith(digits))))
    else:
        ways.append(col(Message.contact_id).in_(select(Contact.id).where(Contact.address == text)))
    return or_(*ways)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _line(message: Message, contact: str | None, meter: str | None) -> LogLine:
    return LogLine(
        id=message.id,
        kind=MessageKind(message.kind),
        channel=ChannelName(message.channel),
        state=MessageState(message.state),
        at=message.created_at,
        address="" if message.wiped_at else contact or message.address or "",
        meter_number=meter,
        carrier=message.carrier,
        trouble=message.trouble,
        segments=message.segments,
        rehearsed=message.rehearsed,
    )
