"""Opens questions that no rule settles."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import add_once
from app.domain.review import ReviewKind
from app.models import Review

Evidence = dict[str, str | int | None]


@dataclass(frozen=True, slots=True)
class About:
    """What a question is about, as far as it is known."""

    purchase_id: UUID | None = None
    payment_id: UUID | None = None
    meter_id: UUID | None = None


async def open_review(
    db: AsyncSession, kind: ReviewKind, subject_id: UUID, evidence: Evidence, about: About, *, now: datetime
) -> bool:
    """Open a question about a subject unless the same one is open; say whether it is new."""
    row = Review(id=uuid4(), kind=kind, subject_id=subject_id, evidence=evidence, opened_at=now)
    row.purchase_id, row.payment_id, row.meter_id = about.purchase_id, about.payment_id, about.meter_id
    return await add_once(db, row)
