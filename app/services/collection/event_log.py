"""What concentrators told, as they told it (AFN 0E), for a list (SPEC H-11)."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select as sql_select
from sqlmodel import col, tuple_
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.bookmark import Bookmark
from app.models import Concentrator, Meter, TerminalEvent
from app.services.customer_filter import concentrators_below

PAGE = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which ones: of one concentrator, below a node, of one code; `below`: older than these."""

    concentrator_id: UUID | None = None
    node_id: UUID | None = None
    erc: int | None = None
    below: Bookmark | None = None


@dataclass(frozen=True, slots=True)
class EventLine:
    """One event, its concentrator, and the meter that it is about, where we knew one at its point."""

    event: TerminalEvent
    concentrator: str
    meter: str | None


async def events(db: AsyncSession, wanted: Wanted, most: int = PAGE) -> Sequence[EventLine]:
    """The newest that were heard."""
    rows = sql_select(TerminalEvent, col(Concentrator.name), col(Meter.number))
    rows = rows.join(Concentrator, col(Concentrator.id) == col(TerminalEvent.concentrator_id))
    rows = rows.join(Meter, col(Meter.id) == col(TerminalEvent.meter_id), isouter=True)
    if wanted.concentrator_id is not None:
        rows = rows.where(col(TerminalEvent.concentrator_id) == wanted.concentrator_id)
    if wanted.node_id is not None:
        rows = rows.where(col(TerminalEvent.concentrator_id).in_(concentrators_below(wanted.node_id)))
    if wanted.erc is not None:
        rows = rows.where(col(TerminalEvent.erc) == wanted.erc)
    place = col(TerminalEvent.heard_at), col(TerminalEvent.id)
    if wanted.below is not None:
        rows = rows.where(tuple_(*place) < wanted.below)
    found = await db.execute(rows.order_by(*(each.desc() for each in place)).limit(most))
    return [EventLine(*row) for row in found]
