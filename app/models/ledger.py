"""The double-entry ledger. A deferred trigger (migrations) refuses a booking whose entries do not sum to zero."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.domain.ledger import BookingKind
from app.models.columns import key, moment, one_of


class Booking(SQLModel, table=True):
    """One thing that happened to money. (`kind`, `subject_id`) is unique, so a fact is booked once."""

    __tablename__ = "booking"
    __table_args__ = (
        UniqueConstraint("kind", "subject_id"),
        one_of("kind", BookingKind),
        Index("bookings_but_charges", "booked_at", postgresql_where=text("kind <> 'charge'")),  # the few among many
    )

    id: UUID = key()
    kind: str
    subject_id: UUID = Field(index=True)
    booked_at: datetime = moment()


class LedgerEntry(SQLModel, table=True):
    """One side of a booking: debit positive, credit negative, minor units. Rows are never changed or deleted."""

    __tablename__ = "ledger_entry"
    __table_args__ = (CheckConstraint("amount_minor <> 0", name="amount_not_zero"),)

    id: UUID = key()
    booking_id: UUID = Field(foreign_key="booking.id", index=True)
    ledger_account: str = Field(index=True)
    amount_minor: int = Field(sa_type=BigInteger)
