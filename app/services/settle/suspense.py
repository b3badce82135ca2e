"""Money that no rule could place: it goes back, or becomes a purchase (SPEC L-3)."""

from datetime import datetime

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.ledger import SUSPENSE, BookingKind, acceptance_booking, in_currency, refund_due_booking
from app.domain.payment import PaymentState
from app.domain.review import ReviewKind
from app.domain.settling import Bar, CannotSettle
from app.models import Booking, LedgerEntry, Payment, PaymentCallback, Purchase, Review
from app.services.ledger import book
from app.services.purchases import open_purchase
from app.services.refunds import Decided, open_refund
from app.services.settle.case import Case

ABOUT_MONEY = (
    ReviewKind.UNKNOWN_ORDER,
    ReviewKind.WRONG_AMOUNT,
    ReviewKind.WRONG_CURRENCY,
    ReviewKind.PAID_TWICE,
    ReviewKind.PAID_AFTER_REVIEW,
)


async def kept_minor(db: AsyncSession, review: Review) -> int:
    """What is kept in suspense for this review, in the currency that came: the books say it, not the evidence."""
    kept = (
        select(func.coalesce(func.sum(LedgerEntry.amount_minor), 0))
        .join(Booking, col(Booking.id) == col(LedgerEntry.booking_id))
        .where(col(Booking.subject_id).in_((review.subject_id, review.id)))
        .where(LedgerEntry.ledger_account == in_currency(SUSPENSE, _foreign(review)))
    )
    return -int((await db.exec(kept)).one())


def _foreign(review: Review) -> str:
    return str(review.evidence.get("foreign") or "")


async def refund(db: AsyncSession, case: Case, now: datetime) -> int:
    """Book what is kept as due back; return how much. A success of nothing leaves nothing to book."""
    amount = await kept_minor(db, case.review)
    if amount > 0:
        entries = refund_due_booking(SUSPENSE, amount, _foreign(case.review))
        await book(db, BookingKind.RESOLUTION, case.review.id, entries, now)
        await _send_back(db, case, amount, now)
    if case.payment is not None and not await _other_use(db, case.payment, case.review):
        case.payment.state = PaymentState.REFUNDED
    return amount


async def _send_back(db: AsyncSession, case: Case, amount_minor: int, now: datetime) -> None:
    """The way it came, also for an order that is not ours: the provider knows it by the number that it told us."""
    told = await db.get_one(PaymentCallback, case.review.subject_id)
    payment_id = case.payment.id if case.payment else None
    decided = Decided(told.provider, told.order_ref, amount_minor, told.currency, case.review.id, payment_id)
    await open_refund(db, decided, now)


async def _other_use(db: AsyncSession, payment: Payment, review: Review) -> bool:
    """Has other money of this payment become a purchase, or does it wait for a person?"""
    if payment.state != PaymentState.REVIEW or await _purchase_of(db, payment):
        return True
    waiting = select(Review.id).where(Review.payment_id == payment.id, Review.id != review.id)
    open_ones = waiting.where(col(Review.settled_at).is_(None), col(Review.kind).in_(ABOUT_MONEY))
    return (await db.exec(open_ones.limit(1))).first() is not None


async def accept(db: AsyncSession, case: Case, now: datetime) -> int:
    """Make a purchase of the amount that really came; return it. Raises CannotSettle where nothing is kept.

    The first money of a payment makes the purchase of that payment; more money makes one that names no payment, since
    a payment has one purchase. The review then names both.
    """
    amount = await kept_minor(db, case.review)
    if case.payment is None or amount <= 0 or _foreign(case.review):
        raise CannotSettle(Bar.NOTHING_KEPT)
    await book(db, BookingKind.RESOLUTION, case.review.id, acceptance_booking(amount), now)
    beyond = await _purchase_of(db, case.payment)
    case.payment.state = PaymentState.PAID
    case.payment.paid_at = case.payment.paid_at or await _came_at(db, case.review) or now
    purchase = await open_purchase(db, case.payment, amount, now, beyond=beyond)
    case.review.purchase_id = purchase.id
    return amount


async def _purchase_of(db: AsyncSession, payment: Payment) -> bool:
    return (await db.exec(select(Purchase.id).where(Purchase.payment_id == payment.id))).first() is not None


async def _came_at(db: AsyncSession, review: Review) -> datetime | None:
    callback = await db.get(PaymentCallback, review.subject_id)
    return callback.occurred_at if callback else None
