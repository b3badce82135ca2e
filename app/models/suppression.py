"""Addresses that nothing, or no reminder, is sent to."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from app.domain.suppression import SuppressionReason, SuppressionScope
from app.models.account import ChannelName
from app.models.columns import key, moment, moment_or_none, one_of


class Suppression(SQLModel, table=True):
    """An address on the list, and why; lifted rows stay for the record. `evidence`: the provider's word or remark."""

    __tablename__ = "suppression"
    __table_args__ = (
        Index(
            "one_suppression", "channel", "address", "scope", unique=True, postgresql_where=text("lifted_at is null")
        ),
        one_of("channel", ChannelName),
        one_of("scope", SuppressionScope),
        one_of("reason", SuppressionReason),
    )

    id: UUID = key()
    channel: str
    address: str = Field(index=True)
    scope: str
    reason: str
    evidence: str = ""
    since: datetime = moment()
    message_id: UUID | None = Field(default=None, foreign_key="message.id")
    staff_id: UUID | None = Field(default=None, foreign_key="staff.id")
    lifted_at: datetime | None = moment_or_none()
    lifted_by: UUID | None = Field(default=None, foreign_key="staff.id")
