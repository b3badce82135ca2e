"""Which purchases were credited in the ledger, and not in a meter."""

from collections.abc import Iterable
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.ledger import BookingKind, fund_of
from app.models import Booking, LedgerEntry


async def in_ledger(db: AsyncSession, purchases: Iterable[UUID]) -> frozenset[UUID]:
    """Those of `purchases` whose credit was booked into a meter's fund: the meter itself holds nothing of them.

    The booking tells, whoever holds the meter's money by now: a switch of the fee control moves no past.
    """
    credited = (
        select(Booking.subject_id)
        .join(LedgerEntry, col(LedgerEntry.booking_id) == col(Booking.id))
        .where(Booking.kind == BookingKind.CREDIT, col(Booking.subject_id).in_(list(purchases)))
        .where(col(LedgerEntry.ledger_account).startswith(fund_of("")))
    )
    return frozenset(await db.exec(credited))
