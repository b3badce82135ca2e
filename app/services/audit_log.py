"""Finds what was done, by whom and to what. The log itself is append-only: a trigger refuses anything else."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select, tuple_
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import Begin
from app.domain.bookmark import Bookmark
from app.models import Audit, Staff

PAGE = 50
SLICE = 500
MOST_EXPORTED = 50_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for. `act` may be the beginning of one; `since` and `until` bound the moment, half open."""

    staff_id: UUID | None = None
    act: str = ""
    subject_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    below: Bookmark | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `who` None: nobody of the staff did it, or it was tried under a login that nobody has."""

    id: UUID
    at: datetime
    who: str | None
    staff_id: UUID | None
    act: str
    subject_id: UUID | None
    detail: dict[str, str | int | None]


async def entries(db: AsyncSession, wanted: Wanted, most: int = PAGE) -> tuple[list[Entry], Bookmark | None]:
    """The newest that fit, and where to go on; None: that was all."""
    rows = select(Audit, Staff.name).join(Staff, col(Staff.id) == col(Audit.staff_id), isouter=True)
    if wanted.staff_id is not None:
        rows = rows.where(Audit.staff_id == wanted.staff_id)
    if wanted.act:
        rows = rows.where(col(Audit.act).startswith(wanted.act, autoescape=True))
    if wanted.subject_id is not None:
        rows = rows.where(Audit.subject_id == wanted.subject_id)
    if wanted.since is not None:
        rows = rows.where(Audit.at >= wanted.since)
    if wanted.until is not None:
        rows = rows.where(Audit.at < wanted.until)
    if wanted.below is not None:
        rows = rows.where(tuple_(col(Audit.at), col(Audit.id)) < (wanted.below.at, wanted.below.id))
    found = (await db.exec(rows.order_by(col(Audit.at).desc(), col(Audit.id).desc()).limit(most + 1))).all()
    listed = [Entry(a.id, a.at, name, a.staff_id, a.act, a.subject_id, a.detail) for a, name in found[:most]]
    return listed, Bookmark(listed[-1].at, listed[-1].id) if len(found) > most else None


async def whole(begin: Begin, wanted: Wanted) -> AsyncIterator[Entry]:
    """All that fit, up to fifty thousand, slice by slice, each in a transaction of its own."""
    left, place = MOST_EXPORTED, wanted.below
    while left > 0:
        async with begin() as db:
            listed, place = await entries(db, replace(wanted, below=place), min(SLICE, left))
        for each in listed:
            yield each
        left -= len(listed)
        if place is None:
            return


async def people(db: AsyncSession) -> list[tuple[UUID, str]]:
    """Whom one may look for, by name."""
    rows = await db.exec(select(Staff.id, Staff.name, Staff.login).order_by(col(Staff.name)))
    return [(id_, f"{name} ({login})") for id_, name, login in rows]


async def note_export(db: AsyncSession, staff_id: UUID, wanted: Wanted, now: datetime) -> None:
    """Taking the log away is an act too."""
    asked = {name: str(value) for name in Wanted.__slots__ if (value := getattr(wanted, name))}
    db.add(Audit(staff_id=staff_id, act="audit_exported", detail=dict(asked), at=now))
