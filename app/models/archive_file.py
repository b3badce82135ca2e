"""Files that change the archive, and each row of them: what it means, and what became of it (SPEC H-15)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from app.domain.archive_file import FileKind
from app.models.columns import key, moment, moment_or_none, one_of, word


class ArchiveFile(SQLModel, table=True):
    """One file that was handed in. Nothing changes by it until somebody has looked at it and applies it, once.

    `kind`: what its rows are about: how meters hang, or master meters.
    """

    __tablename__ = "archive_file"
    __table_args__ = (
        one_of("kind", FileKind),
        CheckConstraint("(applied_at is null) = (applied_by is null)", name="applied_by_somebody"),
        CheckConstraint("row_count >= 0", name="rows_counted"),
    )

    id: UUID = key()
    kind: str = word(FileKind.METERS)
    name: str
    row_count: int
    taken_by: UUID = Field(foreign_key="staff.id")
    at: datetime = moment(index=True)
    applied_by: UUID | None = Field(default=None, foreign_key="staff.id")
    applied_at: datetime | None = moment_or_none()


class ArchiveRow(SQLModel, table=True):
    """One row of it. `finding`: add, change, same, added, done, overtaken, or what is wrong with it, in `field`.

    `value`: what stood there. `number`: of the meter; of a master meter its address on the line. `before`, `after`: how
    it was as it was looked at, and is to be (`app.domain.hanging_file.Standing`, `master_file.MasterStanding`).
    """

    __tablename__ = "archive_row"

    file_id: UUID = Field(foreign_key="archive_file.id", primary_key=True)
    row: int = Field(primary_key=True)
    number: str = ""
    meter_id: UUID | None = Field(default=None, foreign_key="meter.id")
    finding: str
    field: str = ""
    value: str = ""
    before: str = ""
    after: str = ""
