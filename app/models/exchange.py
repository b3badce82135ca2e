"""What went over the wire."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from app.models.columns import key, moment


class Exchange(SQLModel, table=True):
    """One frame, sent or received, with secrets masked before it was stored.

    `outer_hex` is the concentrator's frame, `inner_hex` the meter's inside it; masked digits read 'xx'. `item_id`: the
    item of an operation that it was exchanged for.
    """

    __tablename__ = "exchange"
    __table_args__ = (Index("frames_of_a_purchase", "purchase_id", "at"),)  # and of none, the oldest first

    id: UUID = key()
    meter_id: UUID | None = Field(default=None, foreign_key="meter.id", index=True)
    purchase_id: UUID | None = Field(default=None, foreign_key="purchase.id")
    concentrator_id: UUID | None = Field(default=None, foreign_key="concentrator.id", index=True)
    item_id: UUID | None = Field(default=None, foreign_key="operation_item.id", index=True)
    verb: str
    direction: str
    outer_hex: str
    inner_hex: str = ""
    at: datetime = moment(index=True)
