"""Tells areas of outages, planned work and news; hears who is still out (SPEC R-9, N-6, M-8)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import bindparam
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import is_one_of
from app.domain.announcement import (
    ANSWERS_FOR,
    IN_FORCE,
    LAPSES_AFTER,
    OUTAGES,
    SHOWN_AHEAD,
    AnnouncementKind,
    AnnouncementState,
    Phase,
    Span,
    phase,
)
from app.models import Announcement, AnnouncementUpdate, Concentrator, GridNode, Meter, StillOut


@dataclass(frozen=True, slots=True)
class Words:
    """What people read, in both languages."""

    title_zh: str
    title_en: str
    text_zh: str = ""
    text_en: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be told, to everybody below `node_id`, or to all where it is None.

    `short_notice_reason`: why it is told later than the rules want, where it is.
    """

    kind: AnnouncementKind
    node_id: UUID | None
    from_at: datetime
    until_at: datetime
    words: Words
    short_notice_reason: str = ""


@dataclass(frozen=True, slots=True)
class Revision:
    """News of an outage. `until_at` None: the expected end did not move."""

    until_at: datetime | None
    text_zh: str = ""
    text_en: str = ""


@dataclass(frozen=True, slots=True)
class NoticeView:
    """An announcement as people read it, with its updates, newest first. `area`: the grid node's name; None: all.

    `said_still_out`: somebody at the meter that was asked about has.
    """

    id: UUID
    kind: AnnouncementKind
    phase: Phase
    from_at: datetime
    until_at: datetime
    words: Words
    area: str | None
    published_at: datetime
    restored_at: datetime | None
    updates: tuple[AnnouncementUpdate, ...]
    said_still_out: bool = False

    @property
    def outage(self) -> bool:
        """Is the supply away, planned or not?"""
        return self.kind in OUTAGES

    @property
    def in_force(self) -> bool:
        """Does it hold now?"""
        return self.phase in IN_FORCE


async def publish(db: AsyncSession, draft: Draft, now: datetime) -> Announcement:
    """Tell an area. Raises ValueError for an end that is not after the beginning."""
    if draft.until_at <= draft.from_at:
        raise ValueError("until_at")
    words = draft.words
    row = Announcement(
        id=uuid4(),
        kind=draft.kind,
        node_id=draft.node_id,
        from_at=draft.from_at,
        until_at=draft.until_at,
        title_zh=words.title_zh,
        title_en=words.title_en,
        text_zh=words.text_zh,
        text_en=words.text_en,
        published_at=now,
        short_notice_reason=draft.short_notice_reason,
    )
    db.add(row)
    await db.flush()
    return row


async def revise(
    db: AsyncSession, announcement_id: UUID, news: Revision, now: datetime, staff_id: UUID | None = None
) -> bool:
    """Tell what has changed, and move the expected end if it has; False for what is over already."""
    row = await db.get_one(Announcement, announcement_id, with_for_update=True)
    if row.state != AnnouncementState.PUBLISHED:
        return False
    if news.until_at is not None and news.until_at <= row.from_at:
        raise ValueError("until_at")
    row.until_at = news.until_at or row.until_at
    db.add(
        AnnouncementUpdate(
            announcement_id=row.id,
            at=now,
            until_at=news.until_at,
            text_zh=news.text_zh,
            text_en=news.text_en,
            staff_id=staff_id,
        )
    )
    return True


async def restore(db: AsyncSession, announcement_id: UUID, now: datetime) -> bool:
    """The supply is back: from now on people may say that theirs is not. A repeat changes nothing."""
    row = await db.get_one(Announcement, announcement_id, with_for_update=True)
    if row.state != AnnouncementState.PUBLISHED:
        return False
    row.state, row.restored_at = AnnouncementState.RESTORED, now
    return True


async def withdraw(db: AsyncSession, announcement_id: UUID) -> bool:
    """It was a mistake: nobody is shown it any more."""
    row = await db.get_one(Announcement, announcement_id, with_for_update=True)
    if row.state != AnnouncementState.PUBLISHED:
        return False
    row.state = AnnouncementState.WITHDRAWN
    return True


async def shown(db: AsyncSession, now: datetime) -> tuple[NoticeView, ...]:
    """Everything that is told to anybody now: what holds first, then what is ahead, then what is over."""
    return await _views(db, await _rows(db, now, None), now)


async def shown_for(db: AsyncSession, meter_id: UUID, now: datetime) -> tuple[NoticeView, ...]:
    """What is told to the place of one meter."""
    return await _views(db, await _rows(db, now, await _above_meter(db, meter_id)), now, meter_id)


async def in_force_for(db: AsyncSession, meter_id: UUID, now: datetime) -> tuple[NoticeView, ...]:
    """What holds now at the place of one meter, outages first."""
    found = [view for view in await shown_for(db, meter_id, now) if view.in_force]
    return tuple(sorted(found, key=lambda view: not view.outage))


async def in_force_below(db: AsyncSession, node_id: UUID, now: datetime) -> tuple[NoticeView, ...]:
    """What holds now at a grid node."""
    return tuple(view for view in await shown_at(db, node_id, now) if view.in_force)


async def shown_at(db: AsyncSession, node_id: UUID, now: datetime) -> tuple[NoticeView, ...]:
    """What is told to the place of a grid node."""
    path = (await db.get_one(GridNode, node_id)).path
    return await _views(db, await _rows(db, now, _ids(path)), now)


async def outage_until(db: AsyncSession, meter_id: UUID, now: datetime) -> datetime | None:
    """The expected end of the outage that holds at a meter's place; None where there is none."""
    ends = [view.until_at for view in await in_force_for(db, meter_id, now) if view.outage]
    return max(ends, default=None)


LOOK_AGAIN = timedelta(minutes=15)
"""When a warning that waits for the end of an outage is looked at again."""


async def light_back_at(db: AsyncSession, meter_id: UUID, since: datetime) -> datetime | None:
    """When the newest outage at a meter's place that ended after `since` did; None where there was none."""
    wanted = select(Announcement.node_id, Announcement.restored_at).where(
        col(Announcement.kind).in_(OUTAGES),
        Announcement.state == AnnouncementState.RESTORED,
        col(Announcement.restored_at) > since,
    )
    rows = (await db.exec(wanted)).all()
    if not rows:
        return None  # as nearly always
    above = {None, *await _above_meter(db, meter_id)}
    return max((at for node_id, at in rows if node_id in above and at is not None), default=None)


async def dark_among(db: AsyncSession, meters: Collection[UUID], now: datetime) -> set[UUID]:
    """Say which of these meters lie inside an outage that holds now: there nobody is nagged (SPEC M-8)."""
    rows = [row for row in await _rows(db, now, None) if row.kind in OUTAGES and phase(span_of(row), now) in IN_FORCE]
    if not rows or not meters:
        return set()
    if any(row.node_id is None for row in rows):
        return set(meters)
    dark = {row.node_id for row in rows}
    paths = await db.exec(_PATHS.where(is_one_of(col(Meter.id), meters)))
    return {meter_id for meter_id, path in paths if dark.intersection(_ids(path))}


_PATHS = (
    select(Meter.id, GridNode.path)
    .join(Concentrator, col(Meter.concentrator_id) == col(Concentrator.id))
    .join(GridNode, col(Concentrator.node_id) == col(GridNode.id))
)
_PATH = (  # built once: every balance page asks
    select(GridNode.path)
    .join(Concentrator, col(Concentrator.node_id) == col(GridNode.id))
    .join(Meter, col(Meter.concentrator_id) == col(Concentrator.id))
    .where(Meter.id == bindparam("meter_id"))
)


async def _above_meter(db: AsyncSession, meter_id: UUID) -> tuple[UUID, ...]:
    return _ids((await db.exec(_PATH, params={"meter_id": meter_id})).one())


def _ids(path: str) -> tuple[UUID, ...]:
    """A node and all nodes above it."""
    return tuple(UUID(part) for part in path.split("/") if part)


async def _rows(db: AsyncSession, now: datetime, nodes: tuple[UUID, ...] | None) -> Sequence[Announcement]:
    wanted = (
        select(Announcement)
        .where(col(Announcement.state) != AnnouncementState.WITHDRAWN)
        .where(col(Announcement.from_at) <= now + SHOWN_AHEAD)
        .where(
            (col(Announcement.until_at) >= now - LAPSES_AFTER) | (col(Announcement.restored_at) >= now - ANSWERS_FOR)
        )
    )
    if nodes is not None:
        wanted = wanted.where(col(Announcement.node_id).in_(nodes) | col(Announcement.node_id).is_(None))
    return (await db.exec(wanted)).all()


_ORDER = (Phase.LATE, Phase.NOW, Phase.RESTORED, Phase.AHEAD)


async def _views(
    db: AsyncSession, rows: Sequence[Announcement], now: datetime, meter_id: UUID | None = None
) -> tuple[NoticeView, ...]:
    standing = {row.id: phase(span_of(row), now) for row in rows}
    kept = [row for row in rows if standing[row.id] is not Phase.OVER]
    if not kept:
        return ()
    updates, areas = await _updates(db, kept), await _areas(db, kept)
    answered = await _answered(db, meter_id)
    views = [
        _view(row, standing[row.id], areas.get(row.node_id), updates.get(row.id, []), said=row.id in answered)
        for row in kept
    ]
    return tuple(sorted(views, key=lambda view: (_ORDER.index(view.phase), view.from_at)))


def span_of(row: Announcement) -> Span:
    """What a row says of its time."""
    kind, state = AnnouncementKind(row.kind), AnnouncementState(row.state)
    return Span(kind, state, row.from_at, row.until_at, row.restored_at)


def _view(
    row: Announcement, stands: Phase, area: str | None, updates: list[AnnouncementUpdate], *, said: bool
) -> NoticeView:
    return NoticeView(
        id=row.id,
        kind=AnnouncementKind(row.kind),
        phase=stands,
        from_at=row.from_at,
        until_at=row.until_at,
        words=Words(row.title_zh, row.title_en, row.text_zh, row.text_en),
        area=area,
        published_at=row.published_at,
        restored_at=row.restored_at,
        updates=tuple(reversed(updates)),
        said_still_out=said,
    )


async def _updates(db: AsyncSession, rows: list[Announcement]) -> dict[UUID, list[AnnouncementUpdate]]:
    wanted = select(AnnouncementUpdate).where(col(AnnouncementUpdate.announcement_id).in_([row.id for row in rows]))
    found: dict[UUID, list[AnnouncementUpdate]] = {}
    for each in await db.exec(wanted.order_by(col(AnnouncementUpdate.at))):
        found.setdefault(each.announcement_id, []).append(each)
    return found


async def _areas(db: AsyncSession, rows: list[Announcement]) -> dict[UUID | None, str]:
    wanted = select(GridNode.id, GridNode.name).where(
        col(GridNode.id).in_([row.node_id for row in rows if row.node_id])
    )
    return dict((await db.exec(wanted)).all())


async def _answered(db: AsyncSession, meter_id: UUID | None) -> set[UUID]:
    if meter_id is None:
        return set()
    return set(await db.exec(select(StillOut.announcement_id).where(StillOut.meter_id == meter_id)))
