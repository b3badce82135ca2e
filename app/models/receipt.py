"""Receipts."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from app.models.columns import key, moment


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
