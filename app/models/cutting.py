"""What keeps supply on although the money is gone (SPEC M-5, M-6)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from app.models.columns import key, moment, moment_or_none


class Amnesty(SQLModel, table=True):
    """No cuts below a grid node, or anywhere, for a while: our own sale path was down, or somebody decided so.

    `made_by` empty: a round opened it, and `reason` is the code of what was down; `until_at` empty then: it still is.
    """

    __tablename__ = "amnesty"
    __table_args__ = (
        CheckConstraint("until_at is null or until_at > from_at", name="ends_after_it_begins"),
        Index(
            "one_amnesty_by_itself",
            "node_id",
            "reason",
            unique=True,
            postgresql_where=text("made_by is null and ended_at is null"),
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: UUID = key()
    node_id: UUID | None = Field(default=None, foreign_key="grid_node.id", index=True)
    reason: str
    from_at: datetime = moment()
    until_at: datetime | None = moment_or_none(index=True)
    made_by: UUID | None = Field(default=None, foreign_key="staff.id")
    ended_at: datetime | None = moment_or_none()
    ended_by: UUID | None = Field(default=None, foreign_key="staff.id")


class CutInquiry(SQLModel, table=True):
    """Somebody or something asked whether a meter may be cut for its balance, and what was answered.

    `answer`: empty for yes, else the codes of what stands against it, joined by commas.
    """

    __tablename__ = "cut_inquiry"

    id: UUID = key()
    meter_id: UUID = Field(foreign_key="meter.id", index=True)
    asked_by: str
    answer: str = ""
    balance_minor: int | None = None
    at: datetime = moment(index=True)
