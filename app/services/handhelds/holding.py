"""Purchases that somebody carries: whoever decides about their money asks here first."""

from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.handheld import LineState
from app.models import HandheldLine

_WORDLESS = (LineState.OUT, LineState.UNPROVED, LineState.GIVEN_BACK)


async def is_held(db: AsyncSession, purchase_id: UUID) -> bool:
    """Is this purchase in a file that is out? Then it may be brought into its meter at any moment."""
    held = select(HandheldLine.id).where(HandheldLine.purchase_id == purchase_id, HandheldLine.state == LineState.OUT)
    return (await db.exec(held)).first() is not None


async def was_carried(db: AsyncSession, purchase_id: UUID) -> bool:
    """Was it ever in a file? Then it may have come into its meter while nothing of it was on the wire."""
    carried = select(HandheldLine.id).where(HandheldLine.purchase_id == purchase_id)
    return (await db.exec(carried.limit(1))).first() is not None


async def count_counts(db: AsyncSession, purchase_id: UUID, read_at: datetime) -> bool:
    """Does a count that the meter said at `read_at` still say whether it holds this purchase?

    Not where somebody carried it after that and no word of the meter came back: that the file was given back undone is
    what a person says.
    """
    carried = select(HandheldLine.id).where(
        HandheldLine.purchase_id == purchase_id,
        col(HandheldLine.written_at).is_not(None),
        col(HandheldLine.state).in_(_WORDLESS),
        col(HandheldLine.ended_at).is_(None) | (col(HandheldLine.ended_at) > read_at),
    )
    return (await db.exec(carried.limit(1))).first() is None
