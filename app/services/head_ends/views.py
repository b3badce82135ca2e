"""What staff see of existing head ends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.head_end import Health, health
from app.models import AmiHeadEnd, AmiTask, Concentrator, GridNode, Meter

NEWEST = 50
LATELY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Line:
    """One head end. `under_way`: tasks of ours without an end."""

    row: AmiHeadEnd
    health: Health
    places: int
    meters: int
    under_way: int


@dataclass(frozen=True, slots=True)
class PlaceLine:
    """A place behind a head end, and how many meters it has."""

    row: Concentrator
    area: str
    meters: int


@dataclass(frozen=True, slots=True)
class TaskLine:
    """A task and the meter that it is about."""

    task: AmiTask
    meter_number: str


@dataclass(frozen=True, slots=True)
class View:
    """A head end with its places and tasks. `ends`: how many of the last day's tasks ended how."""

    line: Line
    places: Sequence[PlaceLine]
    tasks: Sequence[TaskLine]
    ends: Mapping[str, int]


async def lines(db: AsyncSession, now: datetime) -> list[Line]:
    """Every head end, by name."""
    rows = (await db.exec(select(AmiHeadEnd).order_by(col(AmiHeadEnd.name)))).all()
    return [await _line(db, row, now) for row in rows]


async def view(db: AsyncSession, head_end_id: UUID, now: datetime) -> View:
    """One head end. Raises NoResultFound."""
    row = await db.get_one(AmiHeadEnd, head_end_id)
    return View(
        await _line(db, row, now), await _places(db, row.id), await _tasks(db, row.id), await _ends(db, row.id, now)
    )


async def _line(db: AsyncSession, row: AmiHeadEnd, now: datetime) -> Line:
    behind = Concentrator.ami_head_end_id == row.id
    places = (await db.exec(select(func.count()).select_from(Concentrator).where(behind))).one()
    meters = (
        select(func.count()).select_from(Meter).join(Concentrator, col(Concentrator.id) == col(Meter.concentrator_id))
    )
    open_ = (
        select(func.count()).select_from(AmiTask).where(AmiTask.head_end_id == row.id, col(AmiTask.ended_at).is_(None))
    )
    silent_for = now - row.looked_at if row.looked_at else None
    found = health(enabled=row.enabled, silent_for=silent_for, trouble=row.trouble)
    return Line(row, found, places, (await db.exec(meters.where(behind))).one(), (await db.exec(open_)).one())


async def _places(db: AsyncSession, head_end_id: UUID) -> list[PlaceLine]:
    meters = select(func.count()).select_from(Meter).where(Meter.concentrator_id == Concentrator.id).scalar_subquery()
    wanted = select(Concentrator, GridNode.name, meters).join(GridNode, col(GridNode.id) == col(Concentrator.node_id))
    rows = await db.exec(
        wanted.where(Concentrator.ami_head_end_id == head_end_id).order_by(col(Concentrator.name), col(Concentrator.id))
    )
    return [PlaceLine(row, area, count) for row, area, count in rows]


async def _tasks(db: AsyncSession, head_end_id: UUID) -> list[TaskLine]:
    """Those under way first, then the newest."""
    wanted = select(AmiTask, Meter.number).join(Meter, col(Meter.id) == col(AmiTask.meter_id))
    newest = wanted.where(AmiTask.head_end_id == head_end_id).order_by(
        col(AmiTask.ended_at).is_not(None), col(AmiTask.begun_at).desc(), col(AmiTask.id)
    )
    return [TaskLine(task, number) for task, number in await db.exec(newest.limit(NEWEST))]


async def _ends(db: AsyncSession, head_end_id: UUID, now: datetime) -> dict[str, int]:
    lately = select(AmiTask.state, func.count()).where(
        AmiTask.head_end_id == head_end_id, col(AmiTask.begun_at) > now - LATELY, col(AmiTask.state).is_not(None)
    )
    rows = await db.exec(lately.group_by(col(AmiTask.state)).order_by(col(AmiTask.state)))
    return {str(state): count for state, count in rows}
