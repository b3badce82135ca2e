"""Before money is taken: the brake (SPEC M-3)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models import Payment
from app.services.brake import Hold, Unresolved, unresolved_for_meter
from app.services.payments import PaymentWish, begin_payment


@dataclass(frozen=True, slots=True)
class Braked:
    """Money for this meter is still under way; nothing new was begun."""

    unresolved: tuple[Unresolved, ...]


async def under_way(db: AsyncSession, meter_id: UUID, now: datetime) -> tuple[Unresolved, ...]:
    """What a payer must know of before paying again. A payment whose page never opened can take no money: left out."""
    found = await unresolved_for_meter(db, meter_id, now)
    return tuple(each for each in found if each.hold is not Hold.PAYING or each.pay_url is not None)


_ONE_AT_A_TIME = text("select pg_advisory_xact_lock(hashtextextended(:about, 0))")


async def one_at_a_time(db: AsyncSession, meter_id: UUID) -> None:
    """Wait until nobody else is beginning a payment for this meter: of two tabs in one moment one sees the other.

    Taken before any payment or account is locked, and held to the end of the transaction.
    """
    await db.execute(_ONE_AT_A_TIME, {"about": f"pay {meter_id}"})


async def begin_or_brake(db: AsyncSession, wish: PaymentWish, now: datetime, *, anyway: bool) -> Payment | Braked:
    """Begin a payment, unless money is under way and the payer has not said "anyway".

    The second click on one form finds the payment of the first: that is no second payment, and no reason to brake.
    Raises FormReused.
    """
    same_form = select(Payment.id).where(Payment.form_token == wish.idempotency_key)
    await one_at_a_time(db, wish.meter_id)
    if not anyway and (await db.exec(same_form)).first() is None:
        unresolved = await under_way(db, wish.meter_id, now)
        if unresolved:
            return Braked(unresolved)
    return await begin_payment(db, wish, now)
