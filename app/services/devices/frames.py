"""Frames that crossed the wire for a device or an item of an operation, taken apart for people."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import col, select, tuple_
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.bookmark import Bookmark
from app.models import Exchange
from app.ports import Explain
from app.services.timeline.rows import FrameCrossed

PAGE = 50


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose frames: one of them is given. `below`: older than these."""

    meter_id: UUID | None = None
    concentrator_id: UUID | None = None
    item_id: UUID | None = None
    below: Bookmark | None = None


async def frames_of(db: AsyncSession, whose: Whose, explain: Explain) -> tuple[Sequence[FrameCrossed], Bookmark | None]:
    """The newest frames that fit on a page, the latest first, and where to go on; None: that was all."""
    rows = select(Exchange).order_by(col(Exchange.at).desc(), col(Exchange.id).desc())
    if whose.meter_id is not None:
        rows = rows.where(Exchange.meter_id == whose.meter_id)
    if whose.concentrator_id is not None:
        rows = rows.where(Exchange.concentrator_id == whose.concentrator_id)
    if whose.item_id is not None:
        rows = rows.where(Exchange.item_id == whose.item_id)
    if whose.below is not None:
        rows = rows.where(tuple_(col(Exchange.at), col(Exchange.id)) < whose.below)
    found = (await db.exec(rows.limit(PAGE + 1))).all()
    shown = found[:PAGE]
    more = Bookmark(shown[-1].at, shown[-1].id) if len(found) > PAGE else None
    return [_crossed(row, explain) for row in shown], more


def _crossed(row: Exchange, explain: Explain) -> FrameCrossed:
    return FrameCrossed(
        at=row.at,
        down=row.direction == "down",
        verb=row.verb,
        explained=explain(row.outer_hex, row.inner_hex),
        outer_hex=row.outer_hex,
        inner_hex=row.inner_hex,
    )
