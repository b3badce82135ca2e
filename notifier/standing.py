"""What stands against a message when its time comes: its reader's wish, the hour, an outage, money that has come.

Everything is asked anew here, for what held when it was planned may hold no more (SPEC M-7, M-8, N-10).
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain import notice
from app.domain.notice import MANNERS, WARNINGS, Hours, MessageKind, MessageState
from app.domain.plan import left_alone
from app.domain.purchase import PurchaseKind, PurchaseState
from app.domain.rules import NoticeRules
from app.models import Purchase
from app.models.account import ChannelName
from app.services import announcements, attempts, checkout, rulebook, suppressions
from app.services.letters import Letter
from notifier.policy import Standing

LOOKS_AGAIN = timedelta(minutes=15)
"""In an outage, and while money is under way: both end without a word to the message that waits for them."""

_ABOUT_MONEY = WARNINGS | {MessageKind.REMINDER}
_NEVER_SLEEP = (ChannelName.WEBHOOK, ChannelName.INBOX)


async def standing_of(db: AsyncSession, letter: Letter, zone: ZoneInfo, now: datetime) -> Standing:
    """How a message stands now."""
    message, kind = letter.message, MessageKind(letter.message.kind)
    return Standing(
        kind=kind,
        state=MessageState(message.state),
        not_before=message.not_before,
        expires_at=message.expires_at,
        holds=letter.holds,
        stopped=letter.stopped,
        against=await _against(db, letter, kind),
        waits_until=_latest(await _quiet(db, letter, kind, zone, now), await _silent(db, letter, kind, now)),
        tries=await attempts.count(db, message.id) if message.attempted_at is not None else 0,
    )


async def _against(db: AsyncSession, letter: Letter, kind: MessageKind) -> str:
    message = letter.message
    scope = await suppressions.standing(db, message.channel, letter.recipient) if letter.recipient else None
    if left_alone(kind, scope):
        return "suppressed"
    about = message.meter_id
    return "paid_since" if about and kind in _ABOUT_MONEY and await _paid(db, about, message.created_at) else ""


async def _paid(db: AsyncSession, meter_id: UUID, since: datetime) -> bool:
    """Has money reached the meter, or settled what it owed, since then? An advance is no payment."""
    paid = select(Purchase.id).where(Purchase.meter_id == meter_id, Purchase.kind == PurchaseKind.SALE)
    paid = paid.where(col(Purchase.state).in_([PurchaseState.CREDITED, PurchaseState.SETTLED]))
    paid = paid.where(func.coalesce(col(Purchase.credited_at), col(Purchase.created_at)) > since)
    return (await db.exec(paid.limit(1))).first() is not None


async def _silent(db: AsyncSession, letter: Letter, kind: MessageKind, now: datetime) -> datetime | None:
    """Nobody is nagged for money in the dark of an outage, or while their money is under way."""
    about = letter.message.meter_id
    if about is None or kind not in _ABOUT_MONEY or letter.message.channel == ChannelName.INBOX:
        return None
    dark = await announcements.outage_until(db, about, now) is not None
    return now + LOOKS_AGAIN if dark or await checkout.under_way(db, about, now) else None


async def _quiet(db: AsyncSession, letter: Letter, kind: MessageKind, zone: ZoneInfo, now: datetime) -> datetime | None:
    """The end of the quiet hours that hold now: its reader's own, and the utility's; no machine sleeps."""
    message = letter.message
    if message.channel in _NEVER_SLEEP:
        return None
    hours: list[Hours] = [(message.quiet_from, message.quiet_to)]
    if MANNERS[kind].quiet:
        rules = await rulebook.rules(db, NoticeRules)
        hours.append((rules.quiet_from, rules.quiet_to))
        if letter.contact is not None:
            hours.insert(0, (letter.contact.quiet_from, letter.contact.quiet_to))
    end = notice.after_all(now, zone, *hours)
    return end if end > now else None


def _latest(*moments: datetime | None) -> datetime | None:
    known: Iterable[datetime] = (moment for moment in moments if moment is not None)
    return max(known, default=None)
