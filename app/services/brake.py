"""The double-payment brake: what is on its way to a meter before somebody pays again (SPEC M-3)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BindParameter, bindparam, literal
from sqlmodel import col, or_, select
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


MONEY_WITH_STAFF = (
    ReviewKind.WRONG_AMOUNT,
    ReviewKind.WRONG_CURRENCY,
    ReviewKind.PAID_TWICE,
    ReviewKind.PAID_AFTER_REVIEW,
)

# Built once: every balance page and every pay page asks.
_METER: BindParameter[UUID] = bindparam("meter_id")
_WAITING = select(Payment).where(Payment.meter_id == _METER, Payment.state == PaymentState.WAITING)
_WITH_STAFF = (
    select(PaymentCallback)
    .join(Review, col(Review.subject_id) == col(PaymentCallback.id))
    .where(Review.meter_id == _METER, col(Review.kind).in_(MONEY_WITH_STAFF), col(Review.settled_at).is_(None))
)
_ON_ITS_WAY = (
    select(Purchase, Payment.currency)
    .join(Payment, col(Purchase.payment_id) == col(Payment.id), isouter=True)
    .where(Purchase.meter_id == _METER, col(Purchase.state).in_(ON_ITS_WAY))
)
_ANYTHING = select(literal(1)).where(or_(_WAITING.exists(), _WITH_STAFF.exists(), _ON_ITS_WAY.exists()))


async def unresolved_for_meter(db: AsyncSession, meter_id: UUID, now: datetime) -> list[Unresolved]:
    """What is unresolved for a meter, oldest first. For most meters it is nothing, and one round trip says so."""
    asked = {"meter_id": meter_id}
    if (await db.exec(_ANYTHING, params=asked)).first() is None:
        return []
    found = [
        *[_open(payment, now) for payment in await db.exec(_WAITING, params=asked)],
        *[_placed_by_staff(callback) for callback in await db.exec(_WITH_STAFF, params=asked)],
        *[_carried(purchase, currency) for purchase, currency in await db.exec(_ON_ITS_WAY, params=asked)],
    ]
    return sorted(found, key=lambda each: each.since)


def _open(p: Payment, now: datetime) -> Unresolved:
    if p.expires_at <= now or p.way in CHARGED:
        return Unresolved(Hold.BEING_CHECKED, p.ref, p.amount_minor, p.currency, p.created_at)
    return Unresolved(Hold.PAYING, p.ref, p.amount_minor, p.currency, p.created_at, p.pay_url)


def _placed_by_staff(c: PaymentCallback) -> Unresolved:
    return Unresolved(Hold.WITH_STAFF, c.order_ref, c.amount_minor, c.currency, c.received_at)


def _carried(purchase: Purchase, currency: str | None) -> Unresolved:
    return Unresolved(Hold.ON_ITS_WAY, purchase.ref, purchase.amount_minor, currency, purchase.created_at)
