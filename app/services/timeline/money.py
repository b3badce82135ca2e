"""What money did: payments, what providers said of them, bookings, and the questions that people settled."""

from collections.abc import Iterable
from uuid import UUID

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.ledger import Entry
from app.models import Booking, LedgerEntry, Payment, PaymentCallback, Purchase, Refund, Review, Staff
from app.services.timeline.rows import (
    Booked,
    MoneyReported,
    PaymentOpened,
    RefundDecided,
    ReviewOpened,
    ReviewSettled,
    Row,
)


async def reviews_of(db: AsyncSession, purchase: Purchase | None, payment: Payment | None) -> list[Review]:
    """Every question that was asked about a purchase or its payment."""
    ways = []
    if purchase is not None:
        ways += [col(Review.purchase_id) == purchase.id, col(Review.subject_id) == purchase.id]
    if payment is not None and (purchase is None or purchase.payment_id == payment.id):
        ways += [col(Review.payment_id) == payment.id, col(Review.subject_id) == payment.id]
    return list(await db.exec(select(Review).where(or_(*ways)))) if ways else []


async def payment_of(db: AsyncSession, purchase: Purchase) -> Payment | None:
    """The payment that a purchase came from; where a person accepted money beyond it, the review tells which."""
    if purchase.payment_id is not None:
        return await db.get(Payment, purchase.payment_id)
    wanted = select(Payment).join(Review, col(Review.payment_id) == col(Payment.id))
    return (await db.exec(wanted.where(Review.purchase_id == purchase.id))).first()


async def callbacks_of(
    db: AsyncSession, purchase: Purchase | None, payment: Payment | None, reviews: list[Review]
) -> list[PaymentCallback]:
    """What the provider said. A purchase beyond its payment has the one word that its review is about."""
    if payment is None:
        return []
    said = select(PaymentCallback).where(PaymentCallback.order_ref == payment.ref)
    said = said.where(PaymentCallback.provider == payment.provider)
    if purchase is not None and purchase.payment_id is None:
        said = said.where(col(PaymentCallback.id).in_([review.subject_id for review in reviews]))
    return list(await db.exec(said))


def payment_rows(payment: Payment | None, callbacks: Iterable[PaymentCallback]) -> list[Row]:
    """The payment and what was said of it."""
    rows: list[Row] = [_reported(each) for each in callbacks]
    if payment is not None:
        rows.append(_opened(payment))
    return rows


def _opened(p: Payment) -> PaymentOpened:
    return PaymentOpened(p.created_at, p.ref, p.provider, p.amount_minor, p.currency, p.expires_at)


def _reported(c: PaymentCallback) -> MoneyReported:
    return MoneyReported(
        at=c.received_at,
        source=c.source,
        provider=c.provider,
        event_id=c.event_id,
        succeeded=c.succeeded,
        amount_minor=c.amount_minor,
        currency=c.currency,
        occurred_at=c.occurred_at,
    )


async def booking_rows(db: AsyncSession, subjects: Iterable[UUID]) -> list[Row]:
    """The bookings about these subjects, each with its entries."""
    wanted = (
        select(Booking, LedgerEntry)
        .join(LedgerEntry, col(LedgerEntry.booking_id) == col(Booking.id))
        .where(col(Booking.subject_id).in_(list(subjects)))
        .order_by(col(LedgerEntry.amount_minor).desc())
    )
    found: dict[UUID, tuple[Booking, list[Entry]]] = {}
    for booking, entry in await db.exec(wanted):
        entries = found.setdefault(booking.id, (booking, []))[1]
        entries.append(Entry(entry.ledger_account, entry.amount_minor))
    return [Booked(booking.booked_at, booking.kind, tuple(entries)) for booking, entries in found.values()]


async def review_rows(db: AsyncSession, reviews: list[Review]) -> list[Row]:
    """When each question was asked, and by whom it was settled."""
    ids = {review.settled_by for review in reviews if review.settled_by}
    names = {s.id: s.name for s in await db.exec(select(Staff).where(col(Staff.id).in_(ids)))} if ids else {}
    rows: list[Row] = []
    for r in reviews:
        rows.append(ReviewOpened(r.opened_at, r.id, r.kind, r.evidence, r.settled_at is not None))
        if r.settled_at is not None:
            by = names.get(r.settled_by) if r.settled_by else None
            rows.append(ReviewSettled(r.settled_at, r.id, r.kind, r.act or "", by, r.remark))
    return rows


async def refunds_of(db: AsyncSession, reviews: list[Review], payment: Payment | None) -> list[Refund]:
    """What goes back of a payment, or was decided in these reviews."""
    decided = col(Refund.review_id).in_([review.id for review in reviews])
    ways = [decided, col(Refund.payment_id) == payment.id] if payment else [decided]
    return list(await db.exec(select(Refund).where(or_(*ways))))


def refund_rows(refunds: Iterable[Refund]) -> list[Row]:
    """Each refund as it stands."""
    return [
        RefundDecided(r.due_at, r.ref, r.provider, r.amount_minor, r.currency, r.state, r.done_at, r.trouble)
        for r in refunds
    ]
