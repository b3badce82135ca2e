"""Cash over the counter: taken, booked and added up per cashier (SPEC section P)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.payment import CASH_DESK, CallbackFact, PaymentState, Way
from app.models import Audit, EnergyPurchase, Meter, Payment, Purchase, Staff
from app.services.checkout import Braked, begin_or_brake
from app.services.payments import Origin, PaymentWish, record_callback


@dataclass(frozen=True, slots=True)
class Given:
    """What a customer put on the counter. `form_token`: the same form is the same money."""

    meter_id: UUID
    amount_minor: int
    currency: str
    form_token: str
    staff_id: UUID


@dataclass(frozen=True, slots=True)
class Takings:
    """What one member of staff has taken in cash in a span of time."""

    name: str
    count: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a payment at the counter. `energy_kwh`: what it buys, where a terminal counts that."""

    ref: str
    state: PaymentState
    amount_minor: int
    meter_number: str
    energy_kwh: int | None = None


async def take_cash(db: AsyncSession, given: Given, now: datetime, *, anyway: bool = False) -> Payment | Braked:
    """Begin and book in one transaction what lies in the drawer already; a form that comes twice is booked once.

    Raises FormReused; ValueError for an amount that is not positive.
    """
    wish = PaymentWish(
        meter_id=given.meter_id,
        amount_minor=given.amount_minor,
        provider=CASH_DESK,
        currency=given.currency,
        idempotency_key=given.form_token,
        way=Way.CASH,
        origin=Origin(staff_id=given.staff_id),
    )
    begun = await begin_or_brake(db, wish, now, anyway=anyway)
    if isinstance(begun, Braked):
        return begun
    await _book(db, begun, given.staff_id, now)
    return begun


async def _book(db: AsyncSession, payment: Payment, staff_id: UUID, now: datetime) -> None:
    fresh = payment.state == PaymentState.WAITING
    fact = CallbackFact(
        provider=CASH_DESK,
        event_id=f"cash-{payment.ref}",
        order_ref=payment.ref,
        succeeded=True,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        occurred_at=payment.created_at,
        source="counter",
    )
    await record_callback(db, fact, now)
    if fresh:
        detail: dict[str, str | int | None] = {"ref": payment.ref, "amount_minor": payment.amount_minor}
        db.add(Audit(staff_id=staff_id, act="cash_taken", subject_id=payment.id, detail=detail, at=now))


async def find_taken(db: AsyncSession, ref: str) -> Taken | None:
    """A payment of that reference, whatever its way; None if there is none."""
    wanted = (
        select(Payment, Meter.number, EnergyPurchase.energy_kwh)
        .join(Meter, col(Meter.id) == col(Payment.meter_id))
        .join(Purchase, col(Purchase.payment_id) == col(Payment.id), isouter=True)
        .join(EnergyPurchase, col(EnergyPurchase.purchase_id) == col(Purchase.id), isouter=True)
    )
    row = (await db.exec(wanted.where(Payment.ref == ref))).first()
    if row is None:
        return None
    payment, number, energy_kwh = row
    return Taken(payment.ref, PaymentState(payment.state), payment.amount_minor, number, energy_kwh)


async def takings(db: AsyncSession, since: datetime, until: datetime) -> list[Takings]:
    """What each cashier has taken in cash from `since` up to, not including, `until`; by name."""
    total = func.sum(Payment.amount_minor)
    wanted = (
        select(Staff.name, func.count(), total)
        .join(Payment, col(Payment.staff_id) == col(Staff.id))
        .where(Payment.provider == CASH_DESK, col(Payment.paid_at) >= since, col(Payment.paid_at) < until)
        .group_by(col(Staff.id), col(Staff.name))
        .order_by(col(Staff.name))
    )
    return [Takings(name, int(count), int(amount)) for name, count, amount in await db.exec(wanted)]
