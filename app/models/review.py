"""Reviews: what no rule can settle goes to a person, with its evidence."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, Index, text
from sqlmodel import Field, SQLModel

from app.domain.review import ReviewKind
from app.models.columns import key, moment, moment_or_none, one_of


class Review(SQLModel, table=True):
    """One open question about one subject. `evidence` holds codes and figures, never sentences."""

    __tablename__ = "review"
    __table_args__ = (
        Index("one_open_question", "kind", "subject_id", unique=True, postgresql_where=text("settled_at is null")),
        one_of("kind", ReviewKind),
    )

    id: UUID = key()
    kind: str
    subject_id: UUID = Field(index=True)
    purchase_id: UUID | None = Field(default=None, foreign_key="purchase.id", index=True)
    payment_id: UUID | None = Field(default=None, foreign_key="payment.id", index=True)
    meter_id: UUID | None = Field(default=None, foreign_key="meter.id", index=True)
    evidence: dict[str, str | int | None] = Field(default_factory=dict, sa_type=JSON)
    opened_at: datetime = moment(index=True)
    settled_at: datetime | None = moment_or_none()
    settled_by: UUID | None = Field(default=None, foreign_key="staff.id")
    act: str | None = None
    remark: str = ""
