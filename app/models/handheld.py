"""Files of orders for hand-held readers: who has them, each order in them, and what came back (SPEC H-9)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.domain.handheld import HandheldState, LineState, SaidState
from app.domain.operation import OperationKind
from app.models.columns import key, minor_or_none, moment, moment_or_none, one_of, word


class HandheldFile(SQLModel, table=True):
    """One file of orders of one kind. `ref`: its name, eight characters. `holder`: who carries it, until `due_at`.

    `cause`, `reason`: of a cut, as an operation has them. `written_at`: when it was last handed out. `operation_id`: it
    holds what that operation did not reach, and whoever let that through has let this through.
    """

    __tablename__ = "handheld_file"
    __table_args__ = (
        one_of("kind", OperationKind),
        one_of("state", HandheldState),
        CheckConstraint("due_at > made_at", name="due_after_it_was_made"),
        CheckConstraint("(state = 'closed') = (closed_at is not null)", name="closed_at_a_moment"),
        Index("handheld_files_by_age", "made_at", "id"),
        Index("handheld_files_out", "due_at", postgresql_where=text("state = 'out'")),
    )

    id: UUID = key()
    ref: str = Field(unique=True, max_length=8)
    kind: str
    state: str = word(HandheldState.OUT)
    holder: str
    cause: str = ""
    reason: str = ""
    limit_minor: int | None = minor_or_none()
    operation_id: UUID | None = Field(default=None, foreign_key="operation.id", index=True)
    line_count: int = 0
    made_by: UUID = Field(foreign_key="staff.id")
    made_at: datetime = moment()
    due_at: datetime = moment()
    written_at: datetime | None = moment_or_none()
    closed_at: datetime | None = moment_or_none()
    closed_by: UUID | None = Field(default=None, foreign_key="staff.id")
    remark: str = ""


class HandheldLine(SQLModel, table=True):
    """One order for one meter. `code`: its number in the file, which nobody guesses. `address`: of the meter, as it was
    written. A purchase travels under `number`, or without one as its tokens; in one file at a time.

    `written_at`: when it was last written into a file; before that nobody can have carried it out.
    """

    __tablename__ = "handheld_line"
    __table_args__ = (
        UniqueConstraint("file_id", "place"),
        one_of("state", LineState),
        Index("one_handheld_a_purchase", "purchase_id", unique=True, postgresql_where=text("state = 'out'")),
        CheckConstraint("(state = 'out') = (ended_at is null)", name="ended_at_a_moment"),
    )

    id: UUID = key()
    file_id: UUID = Field(foreign_key="handheld_file.id")
    place: int
    code: str = Field(unique=True, max_length=20)
    meter_id: UUID = Field(foreign_key="meter.id", index=True)
    address: str
    purchase_id: UUID | None = Field(default=None, foreign_key="purchase.id", index=True)
    item_id: UUID | None = Field(default=None, foreign_key="operation_item.id", index=True)
    number: int | None = None
    not_after: datetime = moment()
    state: str = word(LineState.OUT)
    trouble: str = ""
    written_at: datetime | None = moment_or_none()
    ended_at: datetime | None = moment_or_none()


class HandheldReturn(SQLModel, table=True):
    """One file of results that was handed in, kept as it came before anything is made of it."""

    __tablename__ = "handheld_return"

    id: UUID = key()
    name: str
    sha256: str
    row_count: int
    taken_by: UUID = Field(foreign_key="staff.id")
    at: datetime = moment(index=True)
    done_at: datetime | None = moment_or_none()


class HandheldRow(SQLModel, table=True):
    """One row of it. `finding`: what was made of it; empty: nothing yet. A row that cannot be read says in which
    column (`field`) and as what (`finding`) it is wrong; `said_code` is what stood there for the order's number.
    """

    __tablename__ = "handheld_row"
    __table_args__ = (
        Index("handheld_rows_waiting", "return_id", "row", postgresql_where=text("finding = ''")),
        CheckConstraint(
            f"state is null or state in ({', '.join(repr(each.value) for each in SaidState)})", name="said_known"
        ),
    )

    return_id: UUID = Field(foreign_key="handheld_return.id", primary_key=True)
    row: int = Field(primary_key=True)
    line_id: UUID | None = Field(default=None, foreign_key="handheld_line.id", index=True)
    finding: str = ""
    field: str = ""
    said_code: str = ""
    state: str | None = None
    at: datetime | None = moment_or_none()
    refusal: str = ""
    balance_minor: int | None = minor_or_none()
    count: int | None = None
    status_3: int | None = None
    limit_minor: int | None = minor_or_none()
    newest_minor: int | None = minor_or_none()
