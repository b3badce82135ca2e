"""The daily match of a provider's bill with what we have heard: unheard lines, missing lines, other amounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.payment import CallbackFact
from app.domain.review import ReviewKind
from app.models import PaymentCallback, Review
from app.services.reviews import Evidence, Question, open_review


@dataclass(frozen=True, slots=True)
class Span:
    """From `since` up to, not including, `until`."""

    since: datetime
    until: datetime


async def compare(db: AsyncSession, provider: str, lines: Sequence[CallbackFact], now: datetime) -> list[CallbackFact]:
    """Return the lines of a bill that nobody has told us, to be recorded like callbacks: each in its own transaction.

    Two payments locked by one transaction could wait for a callback that waits for their account. Lines that tell
    otherwise than we have heard become questions. At most a thousand lines a call.
    """
    known = await _heard(db, provider, [line.event_id for line in lines])
    for line in lines:
        row = known.get(line.event_id)
        if row is not None and _told(row) != (line.order_ref, line.amount_minor, line.currency, line.succeeded):
            await _ask_once(db, ReviewKind.BILL_DIFFERS, row, line.amount_minor, now)
    return [line for line in lines if line.event_id not in known]


async def find_missing(db: AsyncSession, provider: str, span: Span, on_bill: set[str], now: datetime) -> int:
    """Ask about money that we have booked in a span and the finished bill of that span does not have."""
    ours = (
        select(PaymentCallback)
        .where(PaymentCallback.provider == provider, col(PaymentCallback.succeeded))
        .where(PaymentCallback.occurred_at >= span.since, PaymentCallback.occurred_at < span.until)
    )
    missing = [row for row in await db.exec(ours) if row.event_id not in on_bill]
    for row in missing:
        await _ask_once(db, ReviewKind.NOT_ON_BILL, row, None, now)
    return len(missing)


async def _heard(db: AsyncSession, provider: str, event_ids: list[str]) -> dict[str, PaymentCallback]:
    rows = select(PaymentCallback).where(
        PaymentCallback.provider == provider, col(PaymentCallback.event_id).in_(event_ids)
    )
    return {row.event_id: row for row in await db.exec(rows)}


def _told(row: PaymentCallback) -> tuple[str, int, str, bool]:
    return row.order_ref, row.amount_minor, row.currency, row.succeeded


async def _ask_once(
    db: AsyncSession, kind: ReviewKind, row: PaymentCallback, bill_minor: int | None, now: datetime
) -> None:
    """A settled question is not asked again by the next match."""
    asked = select(Review.id).where(Review.kind == kind, Review.subject_id == row.id)
    if (await db.exec(asked)).first() is not None:
        return
    evidence: Evidence = {
        "provider": row.provider,
        "order_ref": row.order_ref,
        "event_id": row.event_id,
        "paid_minor": row.amount_minor,
        "bill_minor": bill_minor,
        "currency": row.currency,
    }
    await open_review(db, Question(kind, row.id, evidence), now)
