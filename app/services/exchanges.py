"""Keeps the frames that crossed the wire, as evidence."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import table_of
from app.models import Exchange
from app.ports import FrameRecord

_STORE = insert(table_of(Exchange))  # a purchase has two dozen frames: no object for each


@dataclass(frozen=True, slots=True)
class About:
    """What frames were exchanged for: the verb, and whom it was about."""

    verb: str
    meter_id: UUID | None
    purchase_id: UUID | None = None
    concentrator_id: UUID | None = None
    item_id: UUID | None = None


async def store(db: AsyncSession, frames: Iterable[FrameRecord], about: About) -> None:
    """Keep the frames of one verb, in their order. They come masked: no secret reaches this table."""
    rows = [
        {
            "id": uuid4(),
            "meter_id": about.meter_id,
            "purchase_id": about.purchase_id,
            "concentrator_id": about.concentrator_id,
            "item_id": about.item_id,
            "verb": about.verb,
            "direction": frame.direction,
            "outer_hex": frame.outer_hex,
            "inner_hex": frame.inner_hex,
            "at": frame.at,
        }
        for frame in frames
    ]
    if rows:
        await db.execute(_STORE, rows)
