"""What residents write to us."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from app.domain.inbound import Understood
from app.models.columns import key, moment, one_of


class InboundMessage(SQLModel, table=True):
    """One text that came in, once per provider's id, and how it was understood; its words are kept for the record."""

    __tablename__ = "inbound_message"
    __table_args__ = (UniqueConstraint("carrier", "provider_ref"), one_of("understood", Understood))

    id: UUID = key()
    carrier: str
    provider_ref: str
    sender: str = Field(index=True)
    sent_to: str = ""
    body: str = ""
    understood: str
    at: datetime = moment(index=True)
    answer_id: UUID | None = Field(default=None, foreign_key="message.id")
