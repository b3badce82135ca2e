"""Outage notices by staff: publish, move the expected end, restore, withdraw; each step tells its area (SPEC N-6).

Pages of the portal and the terminals show each step at once, because they read the announcement itself; contacts are
told by a bulk send a step, which may be paused and stopped.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.announcement import OUTAGES, AnnouncementKind, AnnouncementState
from app.domain.notice import MessageKind
from app.domain.outage_notice import LONGEST, Fault, Window, faults, first_news
from app.domain.rules import OutageRules
from app.models import Announcement, AnnouncementUpdate, Audit
from app.services import announcements
from app.services.announcements import Draft, Revision
from app.services.campaigns import start_outage
from app.services.grid import size_below
from app.services.rulebook import rules

Faults = Mapping[str, Fault]


class NoticeRefused(ValueError):
    """A notice that cannot be told so. `faults` names the fields; nothing has been changed."""

    def __init__(self, found: Faults) -> None:
        super().__init__(", ".join(f"{field}: {fault}" for field, fault in found.items()))
        self.faults = found


async def look_over(db: AsyncSession, draft: Draft, now: datetime) -> dict[str, Fault]:
    """What is wrong with a notice, by field; nothing has been told."""
    window = Window(draft.kind, draft.from_at, draft.until_at, draft.short_notice_reason)
    found = faults(window, await rules(db, OutageRules), now)
    if (await size_below(db, draft.node_id)).meters == 0:
        found["node"] = Fault.AREA_EMPTY
    return found


async def tell(db: AsyncSession, draft: Draft, staff_id: UUID, now: datetime) -> Announcement:
    """Publish: the pages show it at once, and the contacts of the area are begun to be told. Raises NoticeRefused."""
    found = await look_over(db, draft, now)
    if found:
        raise NoticeRefused(found)
    row = await announcements.publish(db, draft, now)
    row.staff_id = staff_id
    about = {"kind": draft.kind.value, "title": draft.words.title_en, "until_at": draft.until_at.isoformat()}
    late = draft.short_notice_reason or None
    db.add(_note("outage_published", row.id, staff_id, now, **about, short_notice_reason=late))
    await db.flush()
    kind = first_news(draft.kind, draft.from_at, now)
    if kind is not None:
        await start_outage(db, row.id, "published", kind, now)
    return row


async def revise(db: AsyncSession, notice_id: UUID, news: Revision, staff_id: UUID, now: datetime) -> bool:
    """Tell what has changed; contacts are told where the expected end has moved. False for what is over already.

    Raises NoticeRefused, and NoResultFound.
    """
    row = await db.get_one(Announcement, notice_id, with_for_update=True)
    found = _revision_faults(row, news, now)
    if found:
        raise NoticeRefused(found)
    before = row.until_at
    if not await announcements.revise(db, notice_id, news, now, staff_id):
        return False
    moved = {"before": before.isoformat(), "after": row.until_at.isoformat(), "text": news.text_en}
    db.add(_note("outage_revised", notice_id, staff_id, now, **moved))
    await db.flush()
    if row.until_at != before and row.kind in OUTAGES:
        told = select(func.count()).where(col(AnnouncementUpdate.announcement_id) == notice_id)
        number = (await db.exec(told)).one()
        await start_outage(db, notice_id, f"revised-{number}", MessageKind.OUTAGE_CHANGED, now)
    return True


def _revision_faults(row: Announcement, news: Revision, now: datetime) -> dict[str, Fault]:
    until = news.until_at
    if until is None or until == row.until_at:
        return {} if news.text_zh or news.text_en else {"until_at": Fault.UNMOVED}
    if until <= row.from_at:
        return {"until_at": Fault.ENDS_BEFORE}
    if until <= now:
        return {"until_at": Fault.ENDS_PAST}
    return {"until_at": Fault.ENDS_FAR} if row.kind in OUTAGES and until - row.from_at > LONGEST else {}


async def restore(db: AsyncSession, notice_id: UUID, staff_id: UUID, now: datetime) -> bool:
    """The supply is back; people are told, and asked to answer if theirs is not. False if it is over already."""
    row = await db.get_one(Announcement, notice_id, with_for_update=True)
    if row.kind not in OUTAGES or row.from_at > now or not await announcements.restore(db, notice_id, now):
        return False
    db.add(_note("outage_restored", notice_id, staff_id, now))
    await db.flush()
    await start_outage(db, notice_id, "restored", MessageKind.OUTAGE_RESTORED, now)
    return True


async def withdraw(db: AsyncSession, notice_id: UUID, staff_id: UUID, now: datetime) -> bool:
    """It does not take place, or was a mistake; whoever could have read of it is told. False if it is over already."""
    row = await db.get_one(Announcement, notice_id, with_for_update=True)
    if row.state != AnnouncementState.PUBLISHED or not await announcements.withdraw(db, notice_id):
        return False
    db.add(_note("outage_withdrawn", notice_id, staff_id, now))
    await db.flush()
    if AnnouncementKind(row.kind) in OUTAGES:
        await start_outage(db, notice_id, "withdrawn", MessageKind.OUTAGE_WITHDRAWN, now)
    return True


def _note(act: str, notice_id: UUID, staff_id: UUID, now: datetime, **detail: str | None) -> Audit:
    return Audit(staff_id=staff_id, act=act, subject_id=notice_id, detail=dict(detail), at=now)
