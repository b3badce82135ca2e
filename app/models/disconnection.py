"""Homes without supply for want of money (SPEC M-13)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from app.domain.disconnection import Outcome
from app.models.columns import key, minor_or_none, moment, moment_or_none, one_of


class Disconnection(SQLModel, table=True):
    """Self-disconnection as an incident: from when the money was gone, until it came or somebody closed it.

    `flagged_at`: it has lasted for so long that somebody must look. `outreach_at`: the resident was told.
    """

    __tablename__ = "disconnection"
    __table_args__ = (
        Index("one_open_disconnection", "meter_id", unique=True, postgresql_where=text("ended_at is null")),
        one_of("outcome", Outcome),
    )

    id: UUID = key()
    meter_id: UUID = Field(foreign_key="meter.id", index=True)
    began_at: datetime = moment(index=True)
    balance_minor: int | None = minor_or_none()
    flagged_at: datetime | None = moment_or_none()
    outreach_at: datetime | None = moment_or_none()
    ended_at: datetime | None = moment_or_none()
    outcome: str | None = None
    remark: str = ""
    staff_id: UUID | None = Field(default=None, foreign_key="staff.id")
