"""Hears mail that comes back about a mail of ours: bounces, reports of arrival, and "stop" (SPEC N-8)."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain import mail_back
from app.domain.mail_back import Fate, Ours, Purpose, Report
from app.domain.notice import Delivery, MessageState
from app.domain.suppression import SuppressionScope
from app.models import Message
from app.models.account import ChannelName
from app.services import stopping
from app.services.messages import record_delivery


class Heard(StrEnum):
    """`nothing`: it is about a mail of ours and says nothing. `refused`: it bears no mark of ours, or no mail of ours
    has that mark."""

    RECORDED = "recorded"
    STOPPED = "stopped"
    NOTHING = "nothing"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Letterbox:
    """The mailbox that mail comes back to, and the key that marks its addresses."""

    mailbox: str
    secret: str = field(repr=False)


_STATES = {
    Fate.DEAD: MessageState.FAILED,
    Fate.REFUSED: MessageState.FAILED,
    Fate.LATE: MessageState.SENT,  # kept as an event; a state never goes back
    Fate.PASSED_ON: MessageState.SENT,
    Fate.ARRIVED: MessageState.DELIVERED,
}

_REASONS = {
    Fate.DEAD: "bounced",
    Fate.REFUSED: "returned",
    Fate.LATE: "delayed",
    Fate.PASSED_ON: "relayed",
    Fate.ARRIVED: "",
}


async def hear(db: AsyncSession, raw: bytes, envelope_to: str, box: Letterbox, now: datetime) -> Heard:
    """Record what one mail says; hearing it twice changes no more than once.

    `envelope_to`: whom the mail server took it for; empty: it stands in the headers.
    """
    mail = mail_back.parse(raw)
    if mail is None:
        return Heard.REFUSED
    named = [envelope_to] if envelope_to else mail_back.addressed(mail)
    ours = next((found for each in named if (found := mail_back.whose(each, box.mailbox, box.secret))), None)
    if ours is None or not await _is_a_mail(db, ours):
        return Heard.REFUSED
    if ours.purpose is Purpose.STOP:
        return Heard.STOPPED if await stopping.stop(db, ours.message_id, "mailto", now) else Heard.NOTHING
    said = mail_back.report(mail)
    if said.fate is Fate.UNSAID:
        return Heard.NOTHING
    await _record(db, ours.message_id, said, now)
    return Heard.RECORDED


async def _is_a_mail(db: AsyncSession, ours: Ours) -> bool:
    message = await db.get(Message, ours.message_id)
    return message is not None and message.channel == ChannelName.EMAIL


async def _record(db: AsyncSession, message_id: UUID, said: Report, now: datetime) -> None:
    dead = said.fate is Fate.DEAD
    scope = SuppressionScope.ALL if dead else SuppressionScope.REMINDERS
    word = Delivery(_STATES[said.fate], reason=_reason(said), stop=dead, scope=scope)
    await record_delivery(db, message_id, word, now)


def _reason(said: Report) -> str:
    word = _REASONS[said.fate]
    return f"{word}_{said.status}" if word and said.status else word
