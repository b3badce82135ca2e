"""Front-ends and the links that they hold: how many are on line, off line, not enabled (SPEC H-10)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, Select
from sqlalchemy import select as sql_select
from sqlmodel import col, func, select, tuple_
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models import Audit, Concentrator, FrontEnd, GridNode, Meter
from app.services.frontends import DEAD_AFTER

PAGE = 100


class Standing(StrEnum):
    """`offline`: it is enabled, and no front-end holds its link."""

    ONLINE = "online"
    OFFLINE = "offline"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class FrontEndLine:
    """A front-end. `alive`: it has beaten lately; `links`: how many concentrators it holds."""

    front_end: FrontEnd
    alive: bool
    links: int


@dataclass(frozen=True, slots=True)
class TerminalLine:
    """A concentrator as the list of terminals shows it."""

    concentrator: Concentrator
    area: str
    meters: int

    @property
    def standing(self) -> Standing:
        """How it stands."""
        if not self.concentrator.enabled:
            return Standing.DISABLED
        return Standing.ONLINE if self.concentrator.front_end else Standing.OFFLINE


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which terminals; `after`: name and id of the last one of the page before."""

    standing: Standing | None = None
    front_end: str = ""
    after: tuple[str, UUID] | None = None


async def sums(db: AsyncSession) -> dict[Standing, int]:
    """How many concentrators stand how."""
    counted = sql_select(*(func.count().filter(_stands(each)) for each in Standing)).select_from(Concentrator)
    return dict(zip(Standing, (await db.execute(counted)).one(), strict=True))


async def front_ends(db: AsyncSession, now: datetime) -> list[FrontEndLine]:
    """Every front-end that ever started, by name."""
    held = sql_select(col(Concentrator.front_end), func.count()).group_by(col(Concentrator.front_end))
    links = dict((await db.execute(held)).all())
    rows = await db.exec(select(FrontEnd).order_by(col(FrontEnd.name)))
    return [FrontEndLine(row, now - row.beat_at < DEAD_AFTER, links.get(row.name, 0)) for row in rows]


def with_area_and_meters() -> Select[tuple[Concentrator, str, int]]:
    """Ask for concentrators, each with the name of its area and how many meters hang there."""
    meters = (
        sql_select(func.count())
        .where(col(Meter.concentrator_id) == col(Concentrator.id))
        .correlate(Concentrator)
        .scalar_subquery()
    )
    return sql_select(Concentrator, col(GridNode.name), meters).join(
        GridNode, col(GridNode.id) == col(Concentrator.node_id)
    )


async def terminals(db: AsyncSession, wanted: Wanted, most: int = PAGE) -> Sequence[TerminalLine]:
    """The next terminals by name."""
    rows = with_area_and_meters()
    if wanted.standing is not None:
        rows = rows.where(_stands(wanted.standing))
    if wanted.front_end:
        rows = rows.where(col(Concentrator.front_end) == wanted.front_end)
    if wanted.after is not None:
        rows = rows.where(tuple_(col(Concentrator.name), col(Concentrator.id)) > wanted.after)
    found = await db.execute(rows.order_by(col(Concentrator.name), col(Concentrator.id)).limit(most))
    return [TerminalLine(row, area, count) for row, area, count in found]


def _stands(standing: Standing) -> ColumnElement[bool]:
    linked, enabled = col(Concentrator.front_end).is_not(None), col(Concentrator.enabled)
    match standing:
        case Standing.ONLINE:
            return enabled & linked
        case Standing.OFFLINE:
            return enabled & ~linked
        case Standing.DISABLED:
            return ~enabled


async def enable(db: AsyncSession, concentrator_id: UUID, staff_id: UUID, now: datetime, *, on: bool) -> None:
    """Expect a concentrator, or no longer: one that is not enabled gets no work, and its next login is refused.

    Raises NoResultFound.
    """
    row = await db.get_one(Concentrator, concentrator_id, with_for_update=True)
    if row.enabled is on:
        return
    row.enabled = on
    if not on:
        row.front_end = row.online_since = None
    act = "concentrator_enabled" if on else "concentrator_disabled"
    db.add(Audit(staff_id=staff_id, act=act, subject_id=row.id, detail={"subject": row.name}, at=now))
