"""Writes bookings."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import add_once, table_of
from app.domain.ledger import BookingKind, Entry, balanced
from app.models import Booking, LedgerEntry

_ENTER = insert(table_of(LedgerEntry))


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
    rows = [
        {"id": uuid4(), "booking_id": booking.id, "ledger_account": e.account, "amount_minor": e.amount_minor}
        for e in entries
    ]
    await db.execute(_ENTER, rows)
    return True
