"""The double-payment brake: what is on its way to a meter before somebody pays again (SPEC M-3)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.payment import CHARGED, PaymentState
from app.domain.purchase import ON_ITS_WAY
from app.domain.review import ReviewKind
from app.models import Payment, PaymentCallback, Purchase, Review


class Hold(StrEnum):
    """`paying`: a pay page is open. `being_checked`: its time is over, or the payer's code has been sent, and the
    provider has not said how it ended.
    `with_staff`: money came that a person must place. `on_its_way`: paid, and not in the meter yet."""

    PAYING = "paying"
    BEING_CHECKED = "being_checked"
    WITH_STAFF = "with_staff"
    ON_ITS_WAY = "on_its_way"


@dataclass(frozen=True, slots=True)
class Unresolved:
    """Money that is somewhere between a resident and a meter. `ref`: of the payment, or of the purchase on its way.

    `currency` None: the utility's own.
    """

    hold: Hold
    ref: str
    amount_minor: int
    currency: str | None
    since: datetime
    pay_url: str | None = None


_MONEY = (
    ReviewKind.WRONG_AMOUNT,
    ReviewKind.WRONG_CURRENCY,
    ReviewKind.PAID_TWICE,
    ReviewKind.PAID_AFTER_REVIEW,
)


async def unresolved_for_meter(db: AsyncSession, meter_id: UUID, now: datetime) -> list[Unresolved]:
    """What is unresolved for a meter, oldest first."""
    found = [
        *await _waiting(db, meter_id, now),
        *await _with_staff(db, meter_id),
        *await _on_its_way(db, meter_id),
    ]
    return sorted(found, key=lambda each: each.since)


async def _waiting(db: AsyncSession, meter_id: UUID, now: datetime) -> list[Unresolved]:
    waiting = select(Payment).where(Payment.meter_id == meter_id, Payment.state == PaymentState.WAITING)
    return [_open(payment, now) for payment in await db.exec(waiting)]


def _open(p: Payment, now: datetime) -> Unresolved:
    if p.expires_at <= now or p.way in CHARGED:
        return Unresolved(Hold.BEING_CHECKED, p.ref, p.amount_minor, p.currency, p.created_at)
    return Unresolved(Hold.PAYING, p.ref, p.amount_minor, p.currency, p.created_at, p.pay_url)


async def _with_staff(db: AsyncSession, meter_id: UUID) -> list[Unresolved]:
    asked = (
        select(PaymentCallback)
        .join(Review, col(Review.subject_id) == col(PaymentCallback.id))
        .where(Review.meter_id == meter_id, col(Review.kind).in_(_MONEY), col(Review.settled_at).is_(None))
    )
    return [
        Unresolved(Hold.WITH_STAFF, c.order_ref, c.amount_minor, c.currency, c.received_at)
        for c in await db.exec(asked)
    ]


async def _on_its_way(db: AsyncSession, meter_id: UUID) -> list[Unresolved]:
    paid = (
        select(Purchase, Payment.currency)
        .join(Payment, col(Purchase.payment_id) == col(Payment.id), isouter=True)
        .where(Purchase.meter_id == meter_id, col(Purchase.state).in_(ON_ITS_WAY))
    )
    return [
        Unresolved(Hold.ON_ITS_WAY, purchase.ref, purchase.amount_minor, currency, purchase.created_at)
        for purchase, currency in await db.exec(paid)
    ]
