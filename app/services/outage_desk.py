"""Outage notices as staff see them: lists, one with its story, and how far telling its area has come (SPEC N-6)."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy import select as sql_select
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.announcement import LAPSES_AFTER, OUTAGES, AnnouncementState, Phase, phase
from app.domain.campaign import ItemState
from app.models import (
    Announcement,
    AnnouncementUpdate,
    Campaign,
    CampaignItem,
    GridNode,
    Message,
    Staff,
    StillOut,
)
from app.services.announcements import span_of
from app.services.still_out import Dark, by_place

PAGE = 50


class When(StrEnum):
    """Which notices are listed."""

    NOW = "now"
    AHEAD = "ahead"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Line:
    """A notice in the list. `area` None: everywhere. `still_out`: homes that said so."""

    row: Announcement
    area: str | None
    phase: Phase
    still_out: int


@dataclass(frozen=True, slots=True)
class Send:
    """One step's telling. `items`: meters by state; `messages`: by state; `left_out`: why nobody is told there."""

    campaign: Campaign
    items: dict[str, int] = field(default_factory=dict)
    messages: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def done(self) -> int:
        """How many meters have had their turn."""
        return sum(count for state, count in self.items.items() if state != ItemState.WAITING)

    @property
    def total(self) -> int:
        """How many meters it is for."""
        return sum(self.items.values())


@dataclass(frozen=True, slots=True)
class Story:
    """A notice with everything that was done about it. `people`: names of staff by id."""

    row: Announcement
    area: str | None
    phase: Phase
    updates: tuple[AnnouncementUpdate, ...]
    sends: tuple[Send, ...]
    dark: tuple[Dark, ...]
    people: dict[UUID | None, str]

    @property
    def outage(self) -> bool:
        """Is the supply away, planned or not?"""
        return self.row.kind in OUTAGES

    @property
    def open(self) -> bool:
        """Can anything still be told of it?"""
        return self.row.state == AnnouncementState.PUBLISHED


def _which(when: When, now: datetime) -> ColumnElement[bool]:
    published = col(Announcement.state) == AnnouncementState.PUBLISHED
    young = col(Announcement.until_at) >= now - LAPSES_AFTER
    if when is When.AHEAD:
        return published & (col(Announcement.from_at) > now)
    holds = published & (col(Announcement.from_at) <= now) & young
    return holds if when is When.NOW else ~holds & ~(published & (col(Announcement.from_at) > now))


async def list_notices(db: AsyncSession, when: When, skip: int, now: datetime) -> list[Line]:
    """A page of notices: what holds by its end, what is ahead by its beginning, what is over the newest first."""
    order = {
        When.NOW: col(Announcement.until_at),
        When.AHEAD: col(Announcement.from_at),
        When.OVER: col(Announcement.published_at).desc(),
    }[when]
    wanted = select(Announcement).where(_which(when, now)).order_by(order, col(Announcement.id))
    rows = list(await db.exec(wanted.offset(skip).limit(PAGE + 1)))
    areas = await _areas(db, [row.node_id for row in rows])
    said = await _said(db, [row.id for row in rows])
    return [Line(row, areas.get(row.node_id), phase(span_of(row), now), said.get(row.id, 0)) for row in rows]


async def count_notices(db: AsyncSession, now: datetime) -> dict[When, int]:
    """How many there are of those that can still be acted on."""
    counted = {}
    for when in (When.NOW, When.AHEAD):
        wanted = select(func.count()).select_from(Announcement).where(_which(when, now))
        counted[when] = (await db.exec(wanted)).one()
    return counted


async def story_of(db: AsyncSession, notice_id: UUID, now: datetime) -> Story | None:
    """One notice; None where there is none such."""
    row = await db.get(Announcement, notice_id)
    if row is None:
        return None
    told = select(AnnouncementUpdate).where(AnnouncementUpdate.announcement_id == notice_id)
    updates = list(await db.exec(told.order_by(col(AnnouncementUpdate.at).desc())))
    sends = await _sends(db, notice_id)
    hands = [row.staff_id, *(update.staff_id for update in updates), *(send.campaign.ended_by for send in sends)]
    people = (await db.exec(select(Staff.id, Staff.name).where(col(Staff.id).in_(hands)))).all()
    return Story(
        row=row,
        area=(await _areas(db, [row.node_id])).get(row.node_id),
        phase=phase(span_of(row), now),
        updates=tuple(updates),
        sends=tuple(sends),
        dark=tuple(await by_place(db, notice_id)),
        people={**dict(people)},
    )


async def _sends(db: AsyncSession, notice_id: UUID) -> list[Send]:
    """The telling of each step, the newest first."""
    mine = select(Campaign).where(Campaign.announcement_id == notice_id)
    rows = list(await db.exec(mine.order_by(col(Campaign.made_at).desc(), col(Campaign.id))))
    found = {row.id: Send(row) for row in rows}
    items = (
        sql_select(col(CampaignItem.campaign_id), col(CampaignItem.state), col(CampaignItem.reason), func.count())
        .where(col(CampaignItem.campaign_id).in_(found))
        .group_by(col(CampaignItem.campaign_id), col(CampaignItem.state), col(CampaignItem.reason))
    )
    for id_, state, reason, count in await db.execute(items):
        send = found[id_]
        send.items[state] = send.items.get(state, 0) + count
        if reason:
            send.left_out[reason] = send.left_out.get(reason, 0) + count
    messages = sql_select(col(Message.campaign_id), col(Message.state), func.count())
    messages = messages.where(col(Message.campaign_id).in_(found), col(Message.contact_id).is_not(None))
    for id_, state, count in await db.execute(messages.group_by(col(Message.campaign_id), col(Message.state))):
        found[id_].messages[state] = count
    return list(found.values())


async def _areas(db: AsyncSession, ids: list[UUID | None]) -> dict[UUID | None, str]:
    wanted = select(GridNode.id, GridNode.name).where(col(GridNode.id).in_([each for each in ids if each]))
    return {**dict((await db.exec(wanted)).all())}


async def _said(db: AsyncSession, ids: list[UUID]) -> dict[UUID, int]:
    counted = select(StillOut.announcement_id, func.count()).group_by(col(StillOut.announcement_id))
    found: dict[UUID, int] = defaultdict(int)
    found.update((await db.exec(counted.where(col(StillOut.announcement_id).in_(ids)))).all())
    return found
