"""Keeps the frames that crossed the wire, as evidence."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.models import Exchange
from app.ports import FrameRecord


@dataclass(frozen=True, slots=True)
class About:
    """What frames were exchanged for: the verb, and whom it was about."""

    verb: str
    meter_id: UUID | None
    purchase_id: UUID | None = None


async def store(db: AsyncSession, frames: Iterable[FrameRecord], about: About) -> None:
    """Keep the frames of one verb, in their order. They come masked: no secret reaches this table."""
    rows = [
        Exchange(
            meter_id=about.meter_id,
            purchase_id=about.purchase_id,
            verb=about.verb,
            direction=frame.direction,
            outer_hex=frame.outer_hex,
            inner_hex=frame.inner_hex,
            at=frame.at,
        )
        for frame in frames
    ]
    db.add_all(rows)
    await db.flush()
