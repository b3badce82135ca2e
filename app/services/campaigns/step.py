"""One step of a bulk send: a slice of its items becomes messages, in one short transaction (SPEC N-5).

A step may be killed anywhere and run twice: what it did is there as a whole or not at all, and an item that has been
planned waits no longer.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.domain import campaign as life
from app.domain import notice
from app.domain.campaign import CampaignPurpose, CampaignState, ItemState, Reason, Turn
from app.domain.notice import MessageKind, MessageState
from app.domain.rules import NoticeRules
from app.models import Account, Campaign, CampaignItem, Message, Meter
from app.models.account import ChannelName
from app.outbox import Taken
from app.services import plans
from app.services.campaigns import items
from app.services.rulebook import rules

EXPIRED = "expired"
NO_LONGER_TRUE = "no_longer_true"
LEFT_ALONE = "left_alone"
_UNSENT = (MessageState.QUEUED, MessageState.SENDING, MessageState.UNKNOWN)


async def step(db: AsyncSession, note: Taken, zone: ZoneInfo, now: datetime) -> None:
    """Plan what may be planned now, and put the note back until the next step; keep it when nothing is left."""
    row = await db.get_one(Campaign, note.subject_id, with_for_update=True)
    match life.turn(CampaignState(row.state), row.starts_at, row.expires_at, now):
        case Turn.LEAVE:
            await outbox.keep(db, note, now)
        case Turn.EXPIRE:
            await items.end_waiting(db, row.id, ItemState.LEFT_OUT, EXPIRED)
            await _end(db, row, note, now)
        case Turn.WAIT:
            await outbox.put_back(db, note, row.starts_at or now, "waits for its time")
        case Turn.GO:
            await _go_on(db, row, note, zone, now)


async def _go_on(db: AsyncSession, row: Campaign, note: Taken, zone: ZoneInfo, now: datetime) -> None:
    _begin(row, now)
    hours = await rules(db, NoticeRules)
    awake = notice.not_before(now, zone, hours.quiet_from, hours.quiet_to)
    if row.purpose == CampaignPurpose.REMINDER and awake > now:
        await outbox.put_back(db, note, awake, "waits for the end of the quiet hours")
        return
    rate = life.shared_rate(row.rate, hours.rate_a_second, await _running(db))
    part = life.next_slice(rate, await _unsent(db, row.id, rate * life.AHEAD_S, now))
    planned = await _plan(db, row, part.items, now)
    if planned < part.items:
        await _end(db, row, note, now)
        return
    await outbox.put_back(db, note, now + part.pause, "goes on")


def _begin(row: Campaign, now: datetime) -> None:
    row.state = CampaignState.RUNNING
    row.started_at = row.started_at or now


async def _end(db: AsyncSession, row: Campaign, note: Taken, now: datetime) -> None:
    row.state, row.ended_at = CampaignState.DONE, now
    await outbox.keep(db, note, now)


async def _running(db: AsyncSession) -> int:
    running = select(func.count()).select_from(Campaign).where(Campaign.state == CampaignState.RUNNING)
    return (await db.exec(running)).one()


async def _unsent(db: AsyncSession, campaign_id: UUID, most: int, now: datetime) -> int:
    """How many of its messages are due and not sent, counted up to `most`. What sleeps for its reader is not due."""
    due = select(Message.id).where(Message.campaign_id == campaign_id, col(Message.state).in_(_UNSENT))
    due = due.where(col(Message.not_before) <= now).limit(most)
    return (await db.exec(select(func.count()).select_from(due.subquery()))).one()


async def _plan(db: AsyncSession, row: Campaign, most: int, now: datetime) -> int:
    """Plan the next items; return how many there were."""
    waiting = select(CampaignItem).where(CampaignItem.campaign_id == row.id, CampaignItem.state == ItemState.WAITING)
    found = (await db.exec(waiting.order_by(col(CampaignItem.place)).limit(most).with_for_update())).all()
    accounts = [item for item in found if item.address is None]
    still = await _still_so(db, row, accounts)
    told = [item for item in accounts if item.id in still]
    for item in accounts:
        if item.id not in still:
            item.state, item.reason = ItemState.LEFT_OUT, NO_LONGER_TRUE
    for item, planned in zip(told, await plans.tell_all(db, [_news(row, each) for each in told], now), strict=True):
        _conclude(item, planned)
    for item in found:
        if item.address is not None:
            _conclude(item, await _tell_address(db, row, item, now))
    return len(found)


def _conclude(item: CampaignItem, planned: plans.Planned) -> None:
    item.state = ItemState.PLANNED if planned.messages else ItemState.LEFT_OUT
    item.reason = planned.reason


async def _still_so(db: AsyncSession, row: Campaign, found: Sequence[CampaignItem]) -> set[UUID]:
    """Ids of the items whose reason still holds."""
    reason, standing = Reason(row.ceiling_minor, row.owing), await _standing(db, found)
    return {item.id for item in found if item.meter_id and reason.holds(*standing[item.meter_id])}


async def _standing(db: AsyncSession, found: Sequence[CampaignItem]) -> dict[UUID, tuple[int | None, int]]:
    """Balance and arrears by meter."""
    meters = [item.meter_id for item in found]
    wanted = select(Meter.id, Meter.balance_minor, Account.arrears_minor).where(col(Meter.id).in_(meters))
    rows = await db.exec(wanted.join(Account, col(Account.id) == col(Meter.account_id)))
    return {meter_id: (balance, arrears) for meter_id, balance, arrears in rows}


def _news(row: Campaign, item: CampaignItem) -> plans.News:
    """What one item's people are told, once: its id is what they are told once by."""
    return plans.News(
        kind=MessageKind(row.kind),
        cause_id=row.announcement_id or row.id,
        meter_id=item.meter_id,
        once=str(item.id),
        expires_at=row.expires_at,
        campaign_id=row.id,
        item_id=item.id,
    )


async def _tell_address(db: AsyncSession, row: Campaign, item: CampaignItem, now: datetime) -> plans.Planned:
    reader = plans.Reader(ChannelName(item.channel or ""), item.address or "", item.locale or "")
    message = await plans.tell_address(db, _news(row, item), reader, now)
    return plans.Planned(1) if message else plans.Planned(0, LEFT_ALONE)
