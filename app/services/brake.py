"""The double-payment brake: what is on its way to a meter before somebody pays again (SPEC M-3)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BindParameter, ColumnElement, bindparam, literal
from sqlalchemy.orm import Mapped
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import Select, SelectOfScalar

from app.domain.payment import CHARGED, PaymentState
from app.domain.purchase import ON_ITS_WAY
from app.domain.review import ReviewKind
from app.models import Meter, Payment, PaymentCallback, Purchase, Review


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
Where = BindParameter[UUID] | Mapped[UUID]


def _waiting(meter: Where) -> SelectOfScalar[Payment]:
    return select(Payment).where(Payment.meter_id == meter, Payment.state == PaymentState.WAITING)


def _with_staff(meter: Where) -> SelectOfScalar[PaymentCallback]:
    asked = select(PaymentCallback).join(Review, col(Review.subject_id) == col(PaymentCallback.id))
    return asked.where(
        Review.meter_id == meter, col(Review.kind).in_(MONEY_WITH_STAFF), col(Review.settled_at).is_(None)
    )


def _on_its_way(meter: Where) -> Select[Purchase, str]:
    bought = select(Purchase, Payment.currency).join(Payment, col(Purchase.payment_id) == col(Payment.id), isouter=True)
    return bought.where(Purchase.meter_id == meter, col(Purchase.state).in_(ON_ITS_WAY))


def _anything(meter: Where) -> ColumnElement[bool]:
    return or_(_waiting(meter).exists(), _with_staff(meter).exists(), _on_its_way(meter).exists())


_WAITING, _WITH_STAFF, _ON_ITS_WAY = _waiting(_METER), _with_staff(_METER), _on_its_way(_METER)
_ANYTHING = select(literal(1)).where(_anything(_METER))
_AMONG = select(Meter.id).where(col(Meter.id).in_(bindparam("meters", expanding=True)), _anything(col(Meter.id)))


async def unresolved_among(db: AsyncSession, meters: Iterable[UUID]) -> set[UUID]:
    """For which of these meters anything is unresolved."""
    return set(await db.exec(_AMONG, params={"meters": list(meters)}))


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
