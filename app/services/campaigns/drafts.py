"""Writes a bulk send before anybody lets it go: who gets it, and what it says (SPEC N-5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain import campaign as life
from app.domain.campaign import Bar, CampaignAct, CampaignPurpose, CampaignState, CannotAct
from app.domain.notice import MessageKind
from app.domain.rules import NoticeRules
from app.models import Audit, Campaign, CampaignItem, Meter
from app.services import customers
from app.services.campaigns import items
from app.services.customers import CustomerFilter
from app.services.rulebook import rules


@dataclass(frozen=True, slots=True)
class Text:
    """What a draft says and how fast. `texts`: free words by locale, `<locale>.title` for those of mails; empty: the
    templates speak. `ceiling_minor`, `owing`: what must still be so when it goes out."""

    name: str
    texts: dict[str, str]
    ceiling_minor: int | None
    owing: bool
    rate: int


async def new(db: AsyncSession, name: str, staff_id: UUID, now: datetime) -> Campaign:
    """A draft of a reminder, for nobody yet."""
    row = Campaign(
        id=uuid4(),
        name=name,
        purpose=CampaignPurpose.REMINDER,
        kind=MessageKind.REMINDER,
        rate=(await rules(db, NoticeRules)).rate_a_second,
        made_by=staff_id,
        made_at=now,
    )
    db.add(row)
    db.add(Audit(staff_id=staff_id, act="campaign_drafted", subject_id=row.id, detail={"name": name}, at=now))
    await db.flush()
    return row


async def changeable(db: AsyncSession, campaign_id: UUID) -> Campaign:
    """Lock a draft. Raises NoResultFound, and CannotAct for what is a draft no more."""
    row = await db.get_one(Campaign, campaign_id, with_for_update=True, populate_existing=True)
    life.demand(CampaignState(row.state), CampaignAct.CHANGE)
    return row


async def add_found(db: AsyncSession, campaign_id: UUID, wanted: CustomerFilter, now: datetime) -> int:
    """Add everybody whom a filter finds; return how many were new. Raises CannotAct, TooManyTerms.

    Its upper balance, or that they owe, becomes the reason that is looked at again when a message goes out.
    """
    row = await changeable(db, campaign_id)
    found = await customers.sums(db, wanted, now)
    if row.item_count + found.count > life.MOST_ITEMS:
        raise CannotAct(Bar.TOO_MANY)
    if row.item_count == 0:
        row.ceiling_minor, row.owing, row.choice = wanted.balance_to_minor, wanted.owing, wanted.record()
    return await items.add_meters(db, row, customers.chosen(wanted, now))


async def add_picked(db: AsyncSession, campaign_id: UUID, meter_ids: Sequence[UUID]) -> int:
    """Add meters that somebody picked; return how many were new. Raises CannotAct."""
    row = await changeable(db, campaign_id)
    if row.item_count + len(meter_ids) > life.MOST_ITEMS:
        raise CannotAct(Bar.TOO_MANY)
    return await items.add_meters(db, row, items.meters_below(None).where(col(Meter.id).in_(meter_ids)))


async def take_out(db: AsyncSession, campaign_id: UUID, item_ids: Sequence[UUID]) -> None:
    """Take some out again. Raises CannotAct."""
    row = await changeable(db, campaign_id)
    gone = delete(CampaignItem).where(col(CampaignItem.campaign_id) == row.id, col(CampaignItem.id).in_(item_ids))
    row.item_count -= len((await db.execute(gone.returning(col(CampaignItem.id)))).all())


async def reword(db: AsyncSession, campaign_id: UUID, text: Text) -> Campaign:
    """Give a draft its words. Raises CannotAct. The words have been checked (`app.services.campaigns.words`)."""
    row = await changeable(db, campaign_id)
    row.name, row.texts = text.name, text.texts
    row.ceiling_minor, row.owing, row.rate = text.ceiling_minor, text.owing, text.rate
    return row


async def picked_among(db: AsyncSession, campaign_id: UUID, meter_ids: Sequence[UUID]) -> frozenset[UUID]:
    """Which of these meters a draft names already."""
    wanted = select(CampaignItem.meter_id).where(CampaignItem.campaign_id == campaign_id)
    return frozenset(each for each in await db.exec(wanted.where(col(CampaignItem.meter_id).in_(meter_ids))) if each)


async def latest_draft(db: AsyncSession, staff_id: UUID) -> Campaign | None:
    """The draft that somebody began last."""
    wanted = select(Campaign).where(Campaign.made_by == staff_id, Campaign.state == CampaignState.DRAFT)
    return (await db.exec(wanted.order_by(col(Campaign.made_at).desc()).limit(1))).first()
