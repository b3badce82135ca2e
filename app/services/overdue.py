"""Finds what has missed its deadline, so that the system acts and says so (SPEC M-2)."""

from datetime import datetime, timedelta

from sqlalchemy import exists
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.domain.purchase import PurchaseState
from app.domain.review import ReviewAct, ReviewKind
from app.models import Note, Purchase, Review
from app.services.reviews import Evidence, Question, open_review
from app.services.work_orders import open_work_order

DOWNLOAD_DEADLINE = timedelta(seconds=60)
MOST_ATTEMPTS = 40
_REST = timedelta(hours=1)


async def find_overdue_purchases(db: AsyncSession, now: datetime) -> int:
    """Open a work order for each purchase that is not in its meter after the deadline, also when no link ever came."""
    late = (
        select(Purchase)
        .where(col(Purchase.state).in_([PurchaseState.PAID, PurchaseState.SENDING]))
        .where(Purchase.created_at < now - DOWNLOAD_DEADLINE)
    )
    found = list(await db.exec(late))
    for purchase in found:
        evidence = {"waited_s": int((now - purchase.created_at).total_seconds()), "reason": purchase.trouble}
        await open_work_order(db, purchase, evidence, now)
    return len(found)


async def find_spent_notes(db: AsyncSession, now: datetime) -> int:
    """Ask a person about promises that no number of tries keeps; they rest for an hour and go on."""
    found = await outbox.spent(db, MOST_ATTEMPTS)
    for note in found:
        evidence: Evidence = {"job": note.job, "attempts": note.attempts, "error": note.last_error}
        if await open_review(db, Question(ReviewKind.ATTEMPTS_SPENT, note.subject_id, evidence), now):
            note.due_at = now + _REST
    return len(found)


async def settle_kept_notes(db: AsyncSession, now: datetime) -> None:
    """A promise that was kept after all, or is promised no more, leaves no question behind."""
    job = col(Review.evidence)["job"].as_string()
    still = exists().where(col(Note.subject_id) == col(Review.subject_id), col(Note.job) == job)
    asked = update(Review).where(col(Review.kind) == ReviewKind.ATTEMPTS_SPENT, col(Review.settled_at).is_(None))
    kept = asked.where(~still.where(col(Note.done_at).is_(None)))
    await db.execute(kept.values(settled_at=now, act=ReviewAct.NOTE.value))
