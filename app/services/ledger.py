"""Writes bookings."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import add_once
from app.domain.ledger import BookingKind, Entry, balanced
from app.models import Booking, LedgerEntry


async def book(
    db: AsyncSession, kind: BookingKind, subject_id: UUID, entries: tuple[Entry, ...], now: datetime
) -> bool:
    """Book `entries` for a subject once; a repeat changes nothing and returns False.

    Raises ValueError for entries that do not sum to zero; the database refuses them too.
    """
    if not entries or not balanced(entries):
        raise ValueError(f"{kind}: entries do not sum to zero")
    booking = Booking(id=uuid4(), kind=kind, subject_id=subject_id, booked_at=now)
    if not await add_once(db, booking):
        return False
    rows = [LedgerEntry(booking_id=booking.id, ledger_account=e.account, amount_minor=e.amount_minor) for e in entries]
    db.add_all(rows)
    await db.flush()
    return True
