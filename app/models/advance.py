"""Emergency credit (应急电费): an advance that the next payment repays first."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from app.models.columns import key, minor, moment, moment_or_none


class Advance(SQLModel, table=True):
    """One advance to one account: a purchase without a payment. What is owed for it stands in the account's arrears."""

    __tablename__ = "advance"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        Index("one_open_advance", "account_id", unique=True, postgresql_where=text("repaid_at is null")),
    )

    id: UUID = key()
    account_id: UUID = Field(foreign_key="account.id", index=True)
    meter_id: UUID = Field(foreign_key="meter.id", index=True)
    purchase_id: UUID = Field(foreign_key="purchase.id", unique=True)
    amount_minor: int = minor()
    granted_at: datetime = moment()
    repaid_at: datetime | None = moment_or_none()
