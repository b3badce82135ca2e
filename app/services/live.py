"""Which rows a watched story is about."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models import Payment, Purchase


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose facts move a story on (migration 0004): `id` is the payment's, or the purchase's where nobody paid."""

    id: UUID
    purchase_id: UUID | None
    begun_at: datetime


async def subject_of(db: AsyncSession, ref: str) -> Subject | None:
    """The subject of a payment's or a purchase's reference; None if there is neither."""
    bought = (await db.exec(select(Purchase).where(Purchase.ref == ref))).first()
    if bought is not None:
        return Subject(bought.payment_id or bought.id, bought.id, bought.created_at)
    paid = (await db.exec(select(Payment).where(Payment.ref == ref))).first()
    if paid is None:
        return None
    purchase_id = (await db.exec(select(Purchase.id).where(Purchase.payment_id == paid.id))).first()
    return Subject(paid.id, purchase_id, paid.created_at)
