"""Hears that a restoration has not reached a home, by web, SMS or terminal; asks staff once a place (SPEC M-8)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from sqlalchemy import select as sql_select
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import add_once
from app.domain.announcement import Phase
from app.domain.review import ReviewKind
from app.models import Announcement, Concentrator, Contact, GridNode, Meter, Review, StillOut
from app.models.account import ChannelName
from app.services.announcements import NoticeView, shown_for
from app.services.reviews import Evidence, Question, open_review

_MOST_METERS = 20  # of one telephone


@dataclass(frozen=True, slots=True)
class Answer:
    """What a home said about an announcement. `id`: of its row; `new`: it had not said so before."""

    id: UUID
    announcement_id: UUID
    meter_id: UUID
    area: str
    new: bool


@dataclass(frozen=True, slots=True)
class Dark:
    """How many homes of one place said so. `meters`: how many there are. `review_id`: the open question, if any."""

    area: str
    concentrator: str
    said: int
    meters: int
    review_id: UUID | None


async def say_still_out(
    db: AsyncSession, announcement_id: UUID, meter_id: UUID, now: datetime, source: str = "web"
) -> Answer | None:
    """Keep that the restoration has not reached a meter, once; None where there is nothing to answer to.

    The meter must lie in the area, and the restoration be young enough. Staff are asked once for each concentrator.
    """
    found = [view for view in await shown_for(db, meter_id, now) if view.id == announcement_id and _answerable(view)]
    return await _keep(db, found[0], meter_id, now, source) if found else None


async def said_at_meter(db: AsyncSession, meter_id: UUID, now: datetime, source: str) -> Answer | None:
    """Somebody stands at a meter and says so: it answers the restoration that was told it last; None: there is none."""
    view = await _newest(db, meter_id, now)
    return await _keep(db, view, meter_id, now, source) if view else None


async def said_by_phone(db: AsyncSession, phone: str, now: datetime) -> list[Answer]:
    """An SMS says "still out": for each meter of that telephone, the restoration that was told it last.

    Empty where nothing was restored lately: then it answers to nothing.
    """
    theirs = (
        select(Meter.id)
        .join(Contact, col(Contact.account_id) == col(Meter.account_id))
        .where(Contact.channel == ChannelName.SMS, Contact.address == phone)
        .order_by(col(Meter.number))
        .limit(_MOST_METERS)
    )
    told = [(meter_id, await _newest(db, meter_id, now)) for meter_id in await db.exec(theirs)]
    restored = [(meter_id, view) for meter_id, view in told if view is not None]
    if not restored:
        return []
    newest = max((view for _, view in restored), key=lambda view: view.restored_at or view.from_at).id
    return [await _keep(db, view, meter_id, now, "sms") for meter_id, view in restored if view.id == newest]


async def _newest(db: AsyncSession, meter_id: UUID, now: datetime) -> NoticeView | None:
    found = [view for view in await shown_for(db, meter_id, now) if _answerable(view)]
    return max(found, key=lambda view: view.restored_at or view.from_at, default=None)


def _answerable(view: NoticeView) -> bool:
    return view.outage and view.phase is Phase.RESTORED


async def _keep(db: AsyncSession, view: NoticeView, meter_id: UUID, now: datetime, source: str) -> Answer:
    row = StillOut(id=uuid4(), announcement_id=view.id, meter_id=meter_id, source=source, at=now)
    new = await add_once(db, row)
    if new:
        await _ask_staff(db, view.id, meter_id, now)
    there = select(StillOut.id).where(StillOut.announcement_id == view.id, StillOut.meter_id == meter_id)
    return Answer((await db.exec(there)).one(), view.id, meter_id, view.area or "", new)


def question_id(announcement_id: UUID, concentrator_id: UUID) -> UUID:
    """The subject of the question about one place: always the same for the same announcement and concentrator."""
    return uuid5(NAMESPACE_URL, f"relight:still-out:{announcement_id}:{concentrator_id}")


async def _ask_staff(db: AsyncSession, announcement_id: UUID, meter_id: UUID, now: datetime) -> None:
    """One question a place, however many homes answer; its count grows."""
    place = (await db.get_one(Meter, meter_id)).concentrator_id
    subject = question_id(announcement_id, place)
    evidence = await _evidence(db, announcement_id, place)
    question = Question(ReviewKind.STILL_OUT, subject, evidence, meter_id=meter_id)
    if await open_review(db, question, now):
        return
    asked = select(Review).where(Review.kind == ReviewKind.STILL_OUT, Review.subject_id == subject)
    open_ = (await db.exec(asked.where(col(Review.settled_at).is_(None)).with_for_update())).first()
    if open_ is not None:
        open_.evidence = dict(await _evidence(db, announcement_id, place))  # counted under the lock


async def _evidence(db: AsyncSession, announcement_id: UUID, concentrator_id: UUID) -> Evidence:
    told = await db.get_one(Announcement, announcement_id)
    place = await db.get_one(Concentrator, concentrator_id)
    area = (await db.get_one(GridNode, place.node_id)).name
    homes = select(func.count()).select_from(Meter).where(Meter.concentrator_id == concentrator_id)
    said = (
        select(func.count())
        .select_from(StillOut)
        .join(Meter, col(Meter.id) == col(StillOut.meter_id))
        .where(StillOut.announcement_id == announcement_id, Meter.concentrator_id == concentrator_id)
    )
    return {
        "homes_dark": (await db.exec(said)).one(),
        "homes": (await db.exec(homes)).one(),
        "area": area,
        "concentrator": place.name,
        "notice_zh": told.title_zh,
        "notice_en": told.title_en,
    }


async def by_place(db: AsyncSession, announcement_id: UUID) -> list[Dark]:
    """Where homes said so, the darkest place first."""
    said = func.count(col(StillOut.id))
    wanted = (
        sql_select(col(Concentrator.id), col(GridNode.name), col(Concentrator.name), said)
        .join(Meter, col(Meter.id) == col(StillOut.meter_id))
        .join(Concentrator, col(Concentrator.id) == col(Meter.concentrator_id))
        .join(GridNode, col(GridNode.id) == col(Concentrator.node_id))
        .where(col(StillOut.announcement_id) == announcement_id)
        .group_by(col(Concentrator.id), col(GridNode.name), col(Concentrator.name))
        .order_by(said.desc(), col(GridNode.name))
    )
    rows = (await db.execute(wanted)).all()
    ids = [row[0] for row in rows]
    counted = sql_select(col(Meter.concentrator_id), func.count()).group_by(col(Meter.concentrator_id))
    homes = dict((await db.execute(counted.where(col(Meter.concentrator_id).in_(ids)))).all())
    subjects = {question_id(announcement_id, id_): id_ for id_ in ids}
    asked = select(Review.subject_id, Review.id).where(Review.kind == ReviewKind.STILL_OUT)
    asked = asked.where(col(Review.subject_id).in_(subjects), col(Review.settled_at).is_(None))
    open_ = {subjects[subject]: id_ for subject, id_ in await db.exec(asked)}
    return [Dark(area, name, count, homes.get(id_, 0), open_.get(id_)) for id_, area, name, count in rows]
