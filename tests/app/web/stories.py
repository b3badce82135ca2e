"""Rows that put money at one point of its way, for pages to tell of."""

from datetime import datetime

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.payment import CallbackFact
from app.models import Meter, Payment, Purchase, Staff
from app.services import reversals
from app.services.payments import PaymentWish, begin_payment, record_callback, remember_page


async def started(db: AsyncSession, meter: Meter, amount_minor: int, now: datetime) -> Payment:
    """Somebody has opened a pay page and has not paid yet."""
    wish = PaymentWish(meter.id, amount_minor, "counter", "CNY")
    payment = await begin_payment(db, wish, now)
    await remember_page(db, payment.id, f"https://pay.test/{payment.ref}")
    return payment


def told(payment: Payment, now: datetime, *, succeeded: bool = True, amount_minor: int | None = None) -> CallbackFact:
    """What the provider says of a payment."""
    return CallbackFact(
        provider=payment.provider,
        event_id=f"event-{payment.ref[:12]}",
        order_ref=payment.ref,
        succeeded=succeeded,
        amount_minor=payment.amount_minor if amount_minor is None else amount_minor,
        currency=payment.currency,
        occurred_at=now,
    )


async def settled(db: AsyncSession, payment: Payment, now: datetime) -> Purchase:
    """The provider says that it was paid; the purchase waits to be sent."""
    await record_callback(db, told(payment, now), now)
    return (await db.exec(select(Purchase).where(Purchase.payment_id == payment.id))).one()


async def paid(db: AsyncSession, meter: Meter, amount_minor: int, now: datetime) -> Purchase:
    """Somebody has paid."""
    return await settled(db, await started(db, meter, amount_minor, now), now)


async def undone(db: AsyncSession, purchase: Purchase, now: datetime) -> None:
    """Two colleagues reverse a sale."""
    asker, other = (Staff(login=name, name=name, password_hash="never used here") for name in ("asker", "other"))
    db.add_all((asker, other))
    await db.flush()
    asked = await reversals.ask(db, reversals.Wish(purchase.ref, "sold twice", asker.id), now)
    await reversals.decide(db, reversals.Decision(asked.id, True, "seen", other.id), now)
