"""Sales that were undone (SPEC B-4, M-12)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from app.domain.reversing import ReversalState, ReversalWay
from app.models.columns import key, minor, moment, moment_or_none, one_of, word


class Reversal(SQLModel, table=True):
    """One wish to undo a sale, and what the second person said. `evidence`: what the meter held when it was asked."""

    __tablename__ = "reversal"
    __table_args__ = (
        Index("one_open_reversal", "purchase_id", unique=True, postgresql_where=text("state = 'asked'")),
        Index("one_reversal", "purchase_id", unique=True, postgresql_where=text("state = 'done'")),
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("decided_by is null or decided_by <> asked_by", name="two_persons"),
        CheckConstraint("(state = 'asked') = (decided_at is null)", name="decided_has_time"),
        one_of("state", ReversalState),
        one_of("way", ReversalWay),
    )

    id: UUID = key()
    purchase_id: UUID = Field(foreign_key="purchase.id", index=True)
    way: str
    state: str = word(ReversalState.ASKED)
    amount_minor: int = minor()
    reason: str
    evidence: dict[str, str | int | None] = Field(default_factory=dict, sa_type=JSON)
    asked_by: UUID = Field(foreign_key="staff.id")
    asked_at: datetime = moment(index=True)
    decided_by: UUID | None = Field(default=None, foreign_key="staff.id")
    decided_at: datetime | None = moment_or_none()
    remark: str = ""
    refund_id: UUID | None = Field(default=None, foreign_key="refund.id")
