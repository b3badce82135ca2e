"""Orders that were begun at a terminal and left there."""

from datetime import datetime
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.domain.payment import PaymentState, Way
from app.models import Payment
from app.outbox import Job


async def walk_away(db: AsyncSession, ref: str, kiosk_id: UUID, now: datetime) -> bool:
    """End the time of an unpaid order of this terminal; say whether there was one.

    Nothing is closed here. The promise that asks after the payment is due at once and finds its time over: it asks,
    closes with the provider, and asks again, so money that came meanwhile is still money.
    """
    await outbox.hold(db, await _id(db, ref))
    mine = select(Payment).where(Payment.ref == ref, Payment.kiosk_id == kiosk_id, Payment.way == Way.QR)
    payment = (await db.exec(mine.with_for_update())).first()
    if payment is None or payment.state != PaymentState.WAITING:
        return False
    payment.expires_at = min(payment.expires_at, now)
    await outbox.hurry(db, payment.id, Job.ASK_PROVIDER, now)
    return True


async def _id(db: AsyncSession, ref: str) -> UUID:
    return (await db.exec(select(Payment.id).where(Payment.ref == ref))).first() or UUID(int=0)


async def payment_state(db: AsyncSession, ref: str) -> PaymentState | None:
    """How a payment stands; None if there is none."""
    state = (await db.exec(select(Payment.state).where(Payment.ref == ref))).first()
    return PaymentState(state) if state else None
