"""The audit log: a trigger (migrations) refuses changes and deletions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from app.models.columns import key, moment


class Audit(SQLModel, table=True):
    """Who did what to which subject."""

    __tablename__ = "audit"

    id: UUID = key()
    staff_id: UUID | None = Field(default=None, foreign_key="staff.id", index=True)
    act: str
    subject_id: UUID | None = Field(default=None, index=True)
    detail: dict[str, str | int | None] = Field(default_factory=dict, sa_type=JSON)
    at: datetime = moment(index=True)
