"""What stands against a message when its time comes: its reader's wish, the hour, an outage, money that has come.

Everything is asked anew here, for what held when it was planned may hold no more (SPEC M-7, M-8, N-10).
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain import notice
from app.domain.notice import MANNERS, Hours, MessageKind, MessageState
from app.domain.plan import left_alone
from app.domain.rules import NoticeRules
from app.models.account import ChannelName
from app.services import attempts, rulebook, suppressions
from app.services.letters import Letter
from notifier.policy import Standing
from notifier.surroundings import Surroundings, about_money

LOOKS_AGAIN = timedelta(minutes=15)
"""In an outage, and while money is under way: both end without a word to the message that waits for them."""

_NEVER_SLEEP = (ChannelName.WEBHOOK, ChannelName.INBOX)


async def standing_of(
    db: AsyncSession, letter: Letter, around: Surroundings, zone: ZoneInfo, now: datetime
) -> Standing:
    """How a message stands now."""
    message, kind = letter.message, MessageKind(letter.message.kind)
    silent = message.meter_id in around.silent and message.channel != ChannelName.INBOX and about_money(kind)
    return Standing(
        kind=kind,
        state=MessageState(message.state),
        not_before=message.not_before,
        expires_at=message.expires_at,
        holds=letter.holds,
        stopped=letter.stopped or await _switched_off(db, letter, kind),
        against=_against(letter, kind, around),
        waits_until=_latest(await _quiet(db, letter, kind, zone, now), now + LOOKS_AGAIN if silent else None),
        tries=await attempts.count(db, message.id) if message.attempted_at is not None else 0,
    )


async def _switched_off(db: AsyncSession, letter: Letter, kind: MessageKind) -> bool:
    """Has whoever is reached at an address that is nobody's contact here switched warnings off elsewhere?"""
    if letter.contact is not None or not letter.message.address or not MANNERS[kind].unasked:
        return False
    return await suppressions.switched_off(db, letter.message.channel, letter.recipient)


def _against(letter: Letter, kind: MessageKind, around: Surroundings) -> str:
    if left_alone(kind, around.left_alone.get((letter.message.channel, letter.recipient))):
        return "suppressed"
    return "paid_since" if letter.message.id in around.paid_since else ""


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
