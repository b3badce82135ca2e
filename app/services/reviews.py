"""Opens questions that no rule settles."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import add_once
from app.domain.review import ReviewKind
from app.models import Review

Evidence = Mapping[str, str | int | None]


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is asked: about which subject, with what evidence, and what it touches as far as that is known."""

    kind: ReviewKind
    subject_id: UUID
    evidence: Evidence = field(default_factory=dict)
    purchase_id: UUID | None = None
    payment_id: UUID | None = None
    meter_id: UUID | None = None


async def open_review(db: AsyncSession, question: Question, now: datetime) -> bool:
    """Open a question unless the same one about the same subject is open; say whether it is new."""
    row = Review(
        id=uuid4(),
        kind=question.kind,
        subject_id=question.subject_id,
        evidence=dict(question.evidence),
        purchase_id=question.purchase_id,
        payment_id=question.payment_id,
        meter_id=question.meter_id,
        opened_at=now,
    )
    return await add_once(db, row)
