"""Finds purchases by whatever number somebody has in hand: of the purchase, the payment, the meter, the account."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Mapped
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.payment import PaymentState
from app.domain.purchase import PurchaseState
from app.models import Account, Meter, Payment, Purchase
from app.services.fees.whereabouts import in_ledger

MOST = 100
_LONGEST = 64


@dataclass(frozen=True, slots=True)
class Found:
    """A purchase, or a payment that has none (yet). `payment_ref` None: a person accepted it beyond its payment.

    `in_ledger`: the ledger holds its credit, and not the meter.
    """

    at: datetime
    purchase_ref: str | None
    payment_ref: str | None
    purchase_state: PurchaseState | None
    payment_state: PaymentState | None
    amount_minor: int
    currency: str | None
    meter_number: str
    account_number: str
    in_ledger: bool = False


async def find_purchases(db: AsyncSession, typed: str) -> list[Found]:
    """The newest hundred that `typed` leads to; nothing typed leads to the newest of all.

    References may be shortened to their first eight places or more; numbers may have spaces and hyphens.
    """
    number = "".join(typed[:_LONGEST].replace("-", " ").split()).lower()
    bought = await _purchases(db, number)
    alone = await _payments_alone(db, number)
    return sorted([*bought, *alone], key=lambda each: each.at, reverse=True)[:MOST]


async def _purchases(db: AsyncSession, number: str) -> list[Found]:
    rows = (
        select(Purchase, Payment, Meter.number, Account.number)
        .join(Payment, col(Payment.id) == col(Purchase.payment_id), isouter=True)
        .join(Meter, col(Meter.id) == col(Purchase.meter_id))
        .join(Account, col(Account.id) == col(Meter.account_id))
        .where(_meant(number, purchases=True))
        .order_by(col(Purchase.created_at).desc())
        .limit(MOST)
    )
    found = list(await db.exec(rows))
    held = await in_ledger(db, [purchase.id for purchase, *_ in found])
    return [replace(_bought(*row), in_ledger=row[0].id in held) for row in found]


def _bought(purchase: Purchase, payment: Payment | None, meter_number: str, account_number: str) -> Found:
    return Found(
        at=purchase.created_at,
        purchase_ref=purchase.ref,
        payment_ref=payment.ref if payment else None,
        purchase_state=PurchaseState(purchase.state),
        payment_state=PaymentState(payment.state) if payment else None,
        amount_minor=purchase.amount_minor,
        currency=payment.currency if payment else None,
        meter_number=meter_number,
        account_number=account_number,
    )


async def _payments_alone(db: AsyncSession, number: str) -> list[Found]:
    has_one = select(Purchase.id).where(Purchase.payment_id == Payment.id).exists()
    rows = (
        select(Payment, Meter.number, Account.number)
        .join(Meter, col(Meter.id) == col(Payment.meter_id))
        .join(Account, col(Account.id) == col(Meter.account_id))
        .where(~has_one, _meant(number, purchases=False))
        .order_by(col(Payment.created_at).desc())
        .limit(MOST)
    )
    return [_alone(*row) for row in await db.exec(rows)]


def _alone(payment: Payment, meter_number: str, account_number: str) -> Found:
    return Found(
        at=payment.created_at,
        purchase_ref=None,
        payment_ref=payment.ref,
        purchase_state=None,
        payment_state=PaymentState(payment.state),
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        meter_number=meter_number,
        account_number=account_number,
    )


_SHORTEST_START = 8


def _meant(number: str, *, purchases: bool) -> ColumnElement[bool]:
    if not number:
        return col(Meter.id).is_not(None)
    ways = [col(Meter.number) == number, col(Account.number) == number, _begins(col(Payment.ref), number)]
    return or_(*ways, _begins(col(Purchase.ref), number)) if purchases else or_(*ways)


def _begins(ref: Mapped[str], number: str) -> ColumnElement[bool]:
    if len(number) < _SHORTEST_START:
        return ref == number
    return ref.startswith(number, autoescape=True)
