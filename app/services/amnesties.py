"""Begins and ends amnesties: by staff, and by themselves while our own sale path is down (SPEC M-5)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import add_once
from app.domain.amnesty import Term, Trouble, followed
from app.domain.rules import CutRules
from app.models import Amnesty, Audit, GridNode, Staff
from app.services.cut_facts import standing
from app.services.rulebook import rules
from app.services.sale_path import Found, troubles

LONGEST_REASON = 300
SHOWN = 50


class AmnestyError(ValueError):
    """Why an amnesty cannot be begun. `code`: reason_missing, reason_long, until_past, area_unknown."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Wish:
    """What staff want: no cuts below `node_id` (None: anywhere) until `until_at` (None: until somebody ends it)."""

    node_id: UUID | None
    reason: str
    until_at: datetime | None


@dataclass(frozen=True, slots=True)
class AmnestyView:
    """An amnesty as staff see it. `area` None: everywhere; `begun_by`, `ended_by` None: it did so by itself."""

    row: Amnesty
    area: str | None
    begun_by: str | None
    ended_by: str | None
    holds: bool

    @property
    def trouble(self) -> Trouble | None:
        """What was down, where it began by itself."""
        return Trouble(self.row.reason) if self.row.made_by is None else None


async def begin_amnesty(db: AsyncSession, wish: Wish, staff_id: UUID, now: datetime) -> Amnesty:
    """Nobody there is cut from now on. Raises AmnestyError."""
    reason = wish.reason.strip()
    if not reason:
        raise AmnestyError("reason_missing")
    if len(reason) > LONGEST_REASON:
        raise AmnestyError("reason_long")
    if wish.until_at is not None and wish.until_at <= now:
        raise AmnestyError("until_past")
    if wish.node_id is not None and await db.get(GridNode, wish.node_id) is None:
        raise AmnestyError("area_unknown")
    row = Amnesty(
        id=uuid4(), node_id=wish.node_id, reason=reason, from_at=now, until_at=wish.until_at, made_by=staff_id
    )
    db.add(row)
    detail: dict[str, str | int | None] = {"reason": reason, "node_id": str(wish.node_id) if wish.node_id else None}
    detail["until_at"] = wish.until_at.isoformat() if wish.until_at else None
    db.add(Audit(staff_id=staff_id, act="amnesty_begun", subject_id=row.id, detail=detail, at=now))
    await db.flush()
    return row


async def end_amnesty(db: AsyncSession, amnesty_id: UUID, staff_id: UUID, now: datetime) -> bool:
    """Cuts are possible again, as far as this one stood against them; False if it has ended before.

    One that began by itself begins anew with the next round if its cause is still there. Raises NoResultFound.
    """
    row = await db.get_one(Amnesty, amnesty_id, with_for_update=True)
    if row.ended_at is not None or (row.until_at is not None and row.until_at <= now):
        return False
    row.ended_at, row.ended_by = now, staff_id
    db.add(Audit(staff_id=staff_id, act="amnesty_ended", subject_id=row.id, at=now))
    return True


async def follow(db: AsyncSession, now: datetime) -> int:
    """Open an amnesty for each trouble that lasts, and let those run out whose trouble is over; how many are new.

    Two offices may do so at once: the database keeps one for each place and trouble.
    """
    ruling = await rules(db, CutRules)
    found = await troubles(db, timedelta(minutes=ruling.amnesty_after_min), now)
    mine = select(Amnesty).where(col(Amnesty.made_by).is_(None), col(Amnesty.ended_at).is_(None))
    known: Found = set()
    for row in await db.exec(mine.order_by(col(Amnesty.id)).with_for_update()):
        place = (row.node_id, Trouble(row.reason))
        term = followed(Term(row.until_at), timedelta(hours=ruling.amnesty_rest_h), now, down=place in found)
        row.until_at, row.ended_at = term.until_at, term.ended_at
        known.add(place)
    new = [Amnesty(id=uuid4(), node_id=node, reason=trouble, from_at=now) for node, trouble in found - known]
    return sum([await add_once(db, row) for row in new])


async def list_amnesties(db: AsyncSession, now: datetime) -> list[AmnestyView]:
    """Those that hold, then the newest of the others."""
    wanted = select(Amnesty).order_by(~standing(now), col(Amnesty.from_at).desc(), col(Amnesty.id)).limit(SHOWN)
    rows = list(await db.exec(wanted))
    areas = select(GridNode.id, GridNode.name).where(col(GridNode.id).in_([row.node_id for row in rows]))
    hands = [*(row.made_by for row in rows), *(row.ended_by for row in rows)]
    people = select(Staff.id, Staff.name).where(col(Staff.id).in_(hands))
    named: dict[UUID | None, str] = {**dict((await db.exec(areas)).all()), **dict((await db.exec(people)).all())}
    return [
        AmnestyView(row, named.get(row.node_id), named.get(row.made_by), named.get(row.ended_by), _holds(row, now))
        for row in rows
    ]


def _holds(row: Amnesty, now: datetime) -> bool:
    return row.from_at <= now and row.ended_at is None and (row.until_at is None or row.until_at > now)
