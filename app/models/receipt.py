"""Receipts."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from app.models.columns import key, minor, moment


class Receipt(SQLModel, table=True):
    """The receipt of one credited purchase; what it shows is read from the purchase.

    `prints`: how often it was handed out as a document; the first is the original, the others are copies.
    """

    __tablename__ = "receipt"

    id: UUID = key()
    purchase_id: UUID = Field(foreign_key="purchase.id", unique=True)
    number: str = Field(unique=True)
    issued_at: datetime = moment()
    prints: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


class CreditNote(SQLModel, table=True):
    """What voids a receipt: its sale was reversed. The receipt keeps its number and its words; this one names it.

    `amount_minor`: what is taken back, all of what was paid. `prints`: as of a receipt.
    """

    __tablename__ = "credit_note"
    __table_args__ = (CheckConstraint("amount_minor > 0", name="amount_positive"),)

    id: UUID = key()
    receipt_id: UUID = Field(foreign_key="receipt.id", unique=True)
    reversal_id: UUID = Field(foreign_key="reversal.id", unique=True)
    number: str = Field(unique=True)
    amount_minor: int = minor()
    issued_at: datetime = moment()
    prints: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
