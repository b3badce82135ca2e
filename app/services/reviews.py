"""Opens questions that no rule settles, and ends those that have answered themselves."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import col, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import add_once
from app.domain.review import ReviewAct, ReviewKind
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


@dataclass(frozen=True, slots=True)
class Settled:
    """How a question ends. `by` None: nobody had to decide, it has answered itself."""

    act: ReviewAct
    at: datetime
    by: UUID | None = None


async def settle_open(
    db: AsyncSession, subject_id: UUID, how: Settled, kinds: Collection[ReviewKind] | None = None
) -> None:
    """End what is asked about a subject; of some kinds only, where those are named."""
    open_ = update(Review).where(col(Review.subject_id) == subject_id, col(Review.settled_at).is_(None))
    if kinds is not None:
        open_ = open_.where(col(Review.kind).in_(kinds))
    await db.execute(open_.values(settled_at=how.at, settled_by=how.by, act=how.act.value))
