"""Money on its way back, and the days whose bills were matched."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.models.columns import key, minor, moment, moment_or_none, one_of, word


class RefundState(StrEnum):
    """`due`: decided, not asked for yet. `asked`: the provider has it. `done`, `refused`: the provider's last word."""

    DUE = "due"
    ASKED = "asked"
    DONE = "done"
    REFUSED = "refused"


class Refund(SQLModel, table=True):
    """One sum that goes back the way it came. `ref` is ours and never changes, whatever is retried."""

    __tablename__ = "refund"
    __table_args__ = (CheckConstraint("amount_minor > 0", name="amount_positive"), one_of("state", RefundState))

    id: UUID = key()
    ref: str = Field(unique=True, max_length=32)
    provider: str
    order_ref: str = Field(index=True)
    payment_id: UUID | None = Field(default=None, foreign_key="payment.id", index=True)
    review_id: UUID | None = Field(default=None, foreign_key="review.id", index=True)
    amount_minor: int = minor()
    currency: str
    state: str = word(RefundState.DUE)
    due_at: datetime = moment()
    done_at: datetime | None = moment_or_none()
    trouble: str | None = None


class BillDay(SQLModel, table=True):
    """The match of one provider's bill of one local day with what we have booked."""

    __tablename__ = "bill_day"
    __table_args__ = (UniqueConstraint("provider", "day"),)

    id: UUID = key()
    provider: str
    day: date
    matched_at: datetime = moment()
    lines: int = 0
    bill_minor: int = minor()
    ours_minor: int = minor()
    learned: int = 0
    missing: int = 0
    differing: int = 0
