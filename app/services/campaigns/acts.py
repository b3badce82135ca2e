"""What staff do to a bulk send once it is written: begin, pause, go on, stop, throw away. Each act is on record."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.domain import campaign as life
from app.domain.campaign import Bar, CampaignAct, CampaignState, CannotAct, ItemState
from app.domain.notice import MessageState
from app.models import Audit, Campaign, CampaignFault, CampaignItem
from app.outbox import Job
from app.services.campaigns import items
from app.services.wording.syntax import names_in

STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Go:
    """What was confirmed: so many recipients, from when on (None: now), and until when it is of use."""

    recipients: int
    starts_at: datetime | None
    expires_at: datetime | None
    staff_id: UUID


async def start(db: AsyncSession, campaign_id: UUID, go: Go, now: datetime) -> Campaign:
    """Let a draft go. Raises CannotAct: it has changed since it was confirmed, has nobody, no words, or no time."""
    row = await _locked(db, campaign_id)
    life.demand(CampaignState(row.state), CampaignAct.START)
    begins = go.starts_at if go.starts_at is not None and go.starts_at > now else now
    expires = go.expires_at or begins + life.EXPIRES_AFTER
    await _check(db, row, go, begins, expires)
    row.state, row.starts_at, row.expires_at = life.starts_as(go.starts_at, now), begins, expires
    _note(db, row, "campaign_started", go.staff_id, now)
    await outbox.promise(db, Job.STEP_CAMPAIGN, row.id, begins)
    return row


async def _check(db: AsyncSession, row: Campaign, go: Go, begins: datetime, expires: datetime) -> None:
    if row.item_count == 0:
        raise CannotAct(Bar.NOBODY)
    if row.item_count != go.recipients:
        raise CannotAct(Bar.NOT_SEEN)
    if expires <= begins:
        raise CannotAct(Bar.OVER_BEFORE)
    await _check_words(db, row)


async def _check_words(db: AsyncSession, row: Campaign) -> None:
    """Addresses without an account need words of their own, which speak of no meter."""
    wanted = select(CampaignItem.locale).where(CampaignItem.campaign_id == row.id).distinct()
    for locale in await db.exec(wanted.where(col(CampaignItem.address).is_not(None))):
        text = row.texts.get(locale or "", "")
        if not text:
            raise CannotAct(Bar.NO_WORDS)
        if names_in(text) - {"utility"}:
            raise CannotAct(Bar.WORDS_NEED_ACCOUNT)


async def has_addresses(db: AsyncSession, campaign_id: UUID) -> bool:
    """Is anybody among the recipients who is no account? A template has nothing to say to them."""
    wanted = select(CampaignItem.id).where(CampaignItem.campaign_id == campaign_id)
    return (await db.exec(wanted.where(col(CampaignItem.address).is_not(None)).limit(1))).first() is not None


async def pause(db: AsyncSession, campaign_id: UUID, staff_id: UUID, now: datetime) -> None:
    """Plan nothing more for now; what lies in the outbox, some seconds' worth, still goes. Raises CannotAct."""
    row = await _locked(db, campaign_id)
    life.demand(CampaignState(row.state), CampaignAct.PAUSE)
    row.state = CampaignState.PAUSED
    _note(db, row, "campaign_paused", staff_id, now)


async def resume(db: AsyncSession, campaign_id: UUID, staff_id: UUID, now: datetime) -> None:
    """Go on where it was paused. Raises CannotAct."""
    row = await _locked(db, campaign_id)
    life.demand(CampaignState(row.state), CampaignAct.RESUME)
    row.state = life.starts_as(row.starts_at, now)
    _note(db, row, "campaign_resumed", staff_id, now)
    await outbox.promise(db, Job.STEP_CAMPAIGN, row.id, max(row.starts_at or now, now))


async def stop(db: AsyncSession, campaign_id: UUID, staff_id: UUID, now: datetime) -> None:
    """End it for good: nobody else is told, and no message goes out that nobody has begun to send.

    Raises CannotAct.
    """
    row = await _locked(db, campaign_id)
    life.demand(CampaignState(row.state), CampaignAct.STOP)
    row.state, row.ended_at, row.ended_by = CampaignState.STOPPED, now, staff_id
    await items.end_waiting(db, row.id, ItemState.STOPPED, STOPPED)
    await items.drop_unsent(db, row.id, MessageState.DROPPED, STOPPED)
    _note(db, row, "campaign_stopped", staff_id, now)


async def discard(db: AsyncSession, campaign_id: UUID, staff_id: UUID, now: datetime) -> None:
    """Throw a draft away, with everybody it named. Raises CannotAct."""
    row = await _locked(db, campaign_id)
    life.demand(CampaignState(row.state), CampaignAct.DISCARD)
    _note(db, row, "campaign_discarded", staff_id, now)
    await db.execute(delete(CampaignItem).where(col(CampaignItem.campaign_id) == row.id))
    await db.execute(delete(CampaignFault).where(col(CampaignFault.campaign_id) == row.id))
    await db.delete(row)


async def _locked(db: AsyncSession, campaign_id: UUID) -> Campaign:
    """Lock the promise of its next step, then its row, as the step does. Raises NoResultFound."""
    await outbox.hold(db, campaign_id)
    return await db.get_one(Campaign, campaign_id, with_for_update=True, populate_existing=True)


def _note(db: AsyncSession, row: Campaign, act: str, staff_id: UUID, now: datetime) -> None:
    detail: dict[str, str | int | None] = {"name": row.name, "recipients": row.item_count}
    db.add(Audit(staff_id=staff_id, act=act, subject_id=row.id, detail=detail, at=now))
