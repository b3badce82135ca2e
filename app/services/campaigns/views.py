"""What became of bulk sends: the list of who sent what, one send's progress, and each recipient (SPEC N-5, B-5)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import case
from sqlalchemy import select as sql_select
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.campaign import CampaignPurpose, ItemState
from app.domain.notice import MessageState
from app.models import Account, Audit, Campaign, CampaignItem, Message, Meter, Staff
from app.models.account import ChannelName

PAGE = 20
ITEMS = 100
_SENT = (MessageState.SENT, MessageState.DELIVERED)
_FAILED = (MessageState.FAILED, MessageState.GIVEN_UP, MessageState.EXPIRED)


@dataclass(frozen=True, slots=True)
class Counts:
    """Messages to people, the inbox left out. `sent` includes `delivered`. `cost_e4`: ten-thousandths of a unit."""

    messages: int = 0
    sent: int = 0
    delivered: int = 0
    failed: int = 0
    dropped: int = 0
    cost_e4: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A bulk send in the list: the row, who made it, and what came of it."""

    campaign: Campaign
    maker: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class Progress:
    """One bulk send as it stands. `left_out`: how many, by reason. `ender`: who stopped it."""

    campaign: Campaign
    maker: str
    ender: str
    counts: Counts
    waiting: int = 0
    planned: int = 0
    stopped: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    acts: tuple[tuple[Audit, str], ...] = ()

    @property
    def through(self) -> int:
        """Per cent of the recipients that are settled."""
        return 100 * (self.campaign.item_count - self.waiting) // max(1, self.campaign.item_count)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which recipients: in which state, left out for which reason, and behind which place."""

    state: ItemState | None = None
    reason: str = ""
    outcome: MessageState | None = None
    after: int = 0


@dataclass(frozen=True, slots=True)
class Recipient:
    """One recipient and its messages: what each travelled by, how it stands and its id."""

    item: CampaignItem
    meter_number: str
    account_number: str
    messages: tuple[tuple[str, str, UUID], ...]


async def list_campaigns(db: AsyncSession, purpose: CampaignPurpose | None, skip: int) -> tuple[list[Line], bool]:
    """A page of bulk sends, the newest first, and whether there are more."""
    wanted = select(Campaign, Staff.name).join(Staff, col(Staff.id) == col(Campaign.made_by), isouter=True)
    if purpose is not None:
        wanted = wanted.where(Campaign.purpose == purpose)
    wanted = wanted.order_by(col(Campaign.made_at).desc(), col(Campaign.id)).offset(skip).limit(PAGE + 1)
    rows = (await db.exec(wanted)).all()
    counts = await _counts(db, [campaign.id for campaign, _ in rows[:PAGE]])
    lines = [Line(campaign, name or "", counts.get(campaign.id, Counts())) for campaign, name in rows[:PAGE]]
    return lines, len(rows) > PAGE


async def _counts(db: AsyncSession, campaign_ids: Sequence[UUID]) -> dict[UUID, Counts]:
    state, one = col(Message.state), func.count()
    wanted = sql_select(
        col(Message.campaign_id),
        one,
        one.filter(state.in_(_SENT)),
        one.filter(state == MessageState.DELIVERED),
        one.filter(state.in_(_FAILED)),
        one.filter(state.in_((MessageState.DROPPED, MessageState.REPLACED))),
        func.coalesce(func.sum(case((state.in_(_SENT), col(Message.cost_e4)), else_=0)), 0),
    )
    wanted = wanted.where(col(Message.campaign_id).in_(campaign_ids), col(Message.channel) != ChannelName.INBOX)
    found = await db.execute(wanted.group_by(col(Message.campaign_id)))
    return {row[0]: Counts(*(int(each) for each in row[1:])) for row in found}


async def progress(db: AsyncSession, campaign_id: UUID) -> Progress | None:
    """How one bulk send stands; None for an unknown one."""
    row = await db.get(Campaign, campaign_id)
    if row is None:
        return None
    wanted = select(CampaignItem.state, CampaignItem.reason, func.count())
    wanted = wanted.where(CampaignItem.campaign_id == campaign_id)
    items = (await db.exec(wanted.group_by(CampaignItem.state, CampaignItem.reason))).all()

    def total(state: ItemState) -> int:
        return sum(count for each, _, count in items if each == state)

    return Progress(
        campaign=row,
        maker=await _name(db, row.made_by),
        ender=await _name(db, row.ended_by),
        counts=(await _counts(db, [row.id])).get(row.id, Counts()),
        waiting=total(ItemState.WAITING),
        planned=total(ItemState.PLANNED),
        stopped=total(ItemState.STOPPED),
        left_out={reason: count for state, reason, count in sorted(items) if state == ItemState.LEFT_OUT},
        acts=await _acts(db, row.id),
    )


async def _name(db: AsyncSession, staff_id: UUID | None) -> str:
    staff = await db.get(Staff, staff_id) if staff_id else None
    return staff.name if staff else ""


async def _acts(db: AsyncSession, campaign_id: UUID) -> tuple[tuple[Audit, str], ...]:
    wanted = select(Audit, Staff.name).join(Staff, col(Staff.id) == col(Audit.staff_id), isouter=True)
    rows = await db.exec(wanted.where(Audit.subject_id == campaign_id).order_by(col(Audit.at)))
    return tuple((act, name or "") for act, name in rows)


async def recipients(db: AsyncSession, campaign_id: UUID, wanted: Wanted, most: int = ITEMS) -> list[Recipient]:
    """The next recipients in the order of their places."""
    rows = select(CampaignItem, Meter.number, Account.number).where(CampaignItem.campaign_id == campaign_id)
    rows = rows.join(Meter, col(Meter.id) == col(CampaignItem.meter_id), isouter=True)
    rows = rows.join(Account, col(Account.id) == col(Meter.account_id), isouter=True)
    rows = rows.where(col(CampaignItem.place) > wanted.after)
    if wanted.state is not None:
        rows = rows.where(CampaignItem.state == wanted.state)
    if wanted.reason:
        rows = rows.where(CampaignItem.reason == wanted.reason)
    if wanted.outcome is not None:
        its = select(Message.item_id).where(Message.campaign_id == campaign_id, Message.state == wanted.outcome)
        rows = rows.where(col(CampaignItem.id).in_(its.where(col(Message.channel) != ChannelName.INBOX)))
    found = (await db.exec(rows.order_by(col(CampaignItem.place)).limit(most))).all()
    told = await _told(db, [item.id for item, _, _ in found])
    return [Recipient(item, meter or "", account or "", tuple(told.get(item.id, ()))) for item, meter, account in found]


async def _told(db: AsyncSession, item_ids: Sequence[UUID]) -> dict[UUID | None, list[tuple[str, str, UUID]]]:
    wanted = select(Message.item_id, Message.channel, Message.state, Message.id)
    wanted = wanted.where(col(Message.item_id).in_(item_ids), col(Message.channel) != ChannelName.INBOX)
    found: dict[UUID | None, list[tuple[str, str, UUID]]] = {}
    for item_id, channel, state, message_id in await db.exec(wanted.order_by(col(Message.created_at))):
        found.setdefault(item_id, []).append((channel, state, message_id))
    return found
