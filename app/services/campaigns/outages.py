"""An announcement tells its area: a bulk send over every meter below a grid node (SPEC N-6)."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.db import add_once
from app.domain.campaign import UNDER_WAY, CampaignPurpose, CampaignState, ItemState, outage_expires
from app.domain.notice import MessageKind, MessageState
from app.domain.rules import NoticeRules
from app.models import Announcement, Campaign, GridNode
from app.outbox import Job
from app.services.campaigns import items
from app.services.rulebook import rules

REPLACED = "newer_notice"


async def start_outage(
    db: AsyncSession, announcement_id: UUID, step: str, kind: MessageKind, now: datetime
) -> Campaign:
    """Tell everybody in an announcement's area one step of its story ("published", "revised-2", "restored" ...).

    A step is told once: a repeat returns the send that is there. What an older step has not told yet is not told any
    more. It expires when the outage is expected to end. Raises NoResultFound for an unknown announcement.
    """
    announcement = await db.get_one(Announcement, announcement_id, with_for_update=True)
    there = await _of_step(db, announcement_id, step)
    if there is not None:
        return there
    await _replace_older(db, announcement_id, now)
    campaign = await _begin(db, announcement, step, kind, now)
    path = (await db.get_one(GridNode, announcement.node_id)).path if announcement.node_id else None
    await items.add_meters(db, campaign, items.meters_below(path))
    await outbox.promise(db, Job.STEP_CAMPAIGN, campaign.id, now)
    return campaign


async def _of_step(db: AsyncSession, announcement_id: UUID, step: str) -> Campaign | None:
    wanted = select(Campaign).where(Campaign.announcement_id == announcement_id, Campaign.announcement_step == step)
    return (await db.exec(wanted)).first()


async def _replace_older(db: AsyncSession, announcement_id: UUID, now: datetime) -> None:
    wanted = select(Campaign.id).where(Campaign.announcement_id == announcement_id)
    for campaign_id in (await db.exec(wanted.where(col(Campaign.state).in_(UNDER_WAY)))).all():
        await outbox.hold(db, campaign_id)  # a step that is under way locks its note first
        older = await db.get_one(Campaign, campaign_id, with_for_update=True, populate_existing=True)
        older.state, older.ended_at = CampaignState.STOPPED, now
        await items.end_waiting(db, older.id, ItemState.STOPPED, REPLACED)
        await items.drop_unsent(db, older.id, MessageState.REPLACED, REPLACED)


async def _begin(db: AsyncSession, about: Announcement, step: str, kind: MessageKind, now: datetime) -> Campaign:
    row = Campaign(
        id=uuid4(),
        name=about.title_zh or about.title_en,
        purpose=CampaignPurpose.OUTAGE,
        kind=kind,
        state=CampaignState.RUNNING,
        announcement_id=about.id,
        announcement_step=step,
        rate=(await rules(db, NoticeRules)).rate_a_second,
        made_by=about.staff_id,
        made_at=now,
        starts_at=now,
        started_at=now,
        expires_at=outage_expires(kind, about.until_at, now),
    )
    await add_once(db, row)
    return await db.get_one(Campaign, row.id, with_for_update=True)
