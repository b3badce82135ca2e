"""The daily match of a provider's bill with what we have heard: unheard lines, missing lines, other amounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import uuid4

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import add_once
from app.domain.payment import CallbackFact
from app.domain.review import ReviewKind
from app.models import BillDay, PaymentCallback, Review
from app.services.reviews import Evidence, Question, open_review

_AT_ONCE = 1000
DIFFERENCES = (ReviewKind.NOT_ON_BILL, ReviewKind.BILL_DIFFERS, ReviewKind.UNKNOWN_ORDER)


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
        if row is not None and _differs(line, row):
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


@dataclass(frozen=True, slots=True)
class Bill:
    """A provider's finished bill of one local day."""

    provider: str
    day: date
    span: Span
    lines: Sequence[CallbackFact]


async def close_day(db: AsyncSession, bill: Bill, now: datetime) -> None:
    """Ask about what the finished bill lacks, and keep how the day was matched; a day is closed once.

    `learned`: lines that nobody had told us. The sums are of successes, whatever their currency.
    """
    missing = await find_missing(db, bill.provider, bill.span, {line.event_id for line in bill.lines}, now)
    rows = await _all_heard(db, bill)
    row = BillDay(
        id=uuid4(),
        provider=bill.provider,
        day=bill.day,
        matched_at=now,
        lines=len(bill.lines),
        bill_minor=sum(line.amount_minor for line in bill.lines),
        ours_minor=await _ours_minor(db, bill),
        learned=sum(row.source == "bill" for row in rows.values()),
        missing=missing,
        differing=sum(_differs(line, rows.get(line.event_id)) for line in bill.lines),
    )
    await add_once(db, row)


async def _all_heard(db: AsyncSession, bill: Bill) -> dict[str, PaymentCallback]:
    rows: dict[str, PaymentCallback] = {}
    ids = [line.event_id for line in bill.lines]
    for start in range(0, len(ids), _AT_ONCE):
        rows |= await _heard(db, bill.provider, ids[start : start + _AT_ONCE])
    return rows


async def _ours_minor(db: AsyncSession, bill: Bill) -> int:
    total = (
        select(func.coalesce(func.sum(PaymentCallback.amount_minor), 0))
        .where(PaymentCallback.provider == bill.provider, col(PaymentCallback.succeeded))
        .where(PaymentCallback.occurred_at >= bill.span.since, PaymentCallback.occurred_at < bill.span.until)
    )
    return int((await db.exec(total)).one())


async def is_closed(db: AsyncSession, provider: str, day: date) -> bool:
    """Has that day's bill been matched?"""
    closed = select(BillDay.id).where(BillDay.provider == provider, BillDay.day == day)
    return (await db.exec(closed)).first() is not None


async def list_days(db: AsyncSession, most: int = 60) -> list[BillDay]:
    """The newest days that were matched."""
    order = select(BillDay).order_by(col(BillDay.day).desc(), col(BillDay.provider))
    return list(await db.exec(order.limit(most)))


async def open_differences(db: AsyncSession, most: int = 100) -> list[Review]:
    """Differences between bills and books that nobody has settled, oldest first."""
    wanted = select(Review).where(col(Review.kind).in_(DIFFERENCES), col(Review.settled_at).is_(None))
    return list(await db.exec(wanted.order_by(col(Review.opened_at)).limit(most)))


async def _heard(db: AsyncSession, provider: str, event_ids: list[str]) -> dict[str, PaymentCallback]:
    rows = select(PaymentCallback).where(
        PaymentCallback.provider == provider, col(PaymentCallback.event_id).in_(event_ids)
    )
    return {row.event_id: row for row in await db.exec(rows)}


def _differs(line: CallbackFact, row: PaymentCallback | None) -> bool:
    return row is not None and _told(row) != (line.order_ref, line.amount_minor, line.currency, line.succeeded)


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
