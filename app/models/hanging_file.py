"""Files that say how meters hang, and each row of them: what it means, and what became of it (SPEC H-15)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from app.models.columns import key, moment, moment_or_none


class HangingFile(SQLModel, table=True):
    """One file that was handed in. Nothing changes by it until somebody has looked at it and applies it, once."""

    __tablename__ = "hanging_file"
    __table_args__ = (
        CheckConstraint("(applied_at is null) = (applied_by is null)", name="applied_by_somebody"),
        CheckConstraint("row_count >= 0", name="rows_counted"),
    )

    id: UUID = key()
    name: str
    row_count: int
    taken_by: UUID = Field(foreign_key="staff.id")
    at: datetime = moment(index=True)
    applied_by: UUID | None = Field(default=None, foreign_key="staff.id")
    applied_at: datetime | None = moment_or_none()


class HangingRow(SQLModel, table=True):
    """One row of it. `finding`: change, same, done, overtaken, or what is wrong with it, in `field`, where `value` is.

    `before`, `after`: how the meter hung as it was looked at and is to hang (`app.domain.hanging_file.Standing`).
    """

    __tablename__ = "hanging_row"

    file_id: UUID = Field(foreign_key="hanging_file.id", primary_key=True)
    row: int = Field(primary_key=True)
    number: str = ""
    meter_id: UUID | None = Field(default=None, foreign_key="meter.id")
    finding: str
    field: str = ""
    value: str = ""
    before: str = ""
    after: str = ""
