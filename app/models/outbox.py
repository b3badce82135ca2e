"""The outbox: what must still happen."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, SmallInteger, text
from sqlmodel import Field, SQLModel

from app.domain.importance import Importance
from app.models.columns import moment, moment_or_none


class Note(SQLModel, table=True):
    """One promise. `lease_until`: handed to the queue. `taken_until`, `taken_by`: in a worker's hands.

    `concentrator_id` routes it to the front-end that holds the link; without a link it waits, unspent.
    Of those that are due, the more important go first (`app.domain.importance`).
    `attempts` counts takings and is the fence: only the taking that it names may conclude the note.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index("outbox_due", "importance", "due_at", postgresql_where=text("done_at is null")),
        Index("outbox_route", "concentrator_id", postgresql_where=text("done_at is null")),
        Index("outbox_subject", "subject_id"),
        Index("kept_promises", "job", "done_at", postgresql_where=text("done_at is not null")),
        Index("one_promise_at_a_time", "job", "subject_id", unique=True, postgresql_where=text("done_at is null")),
    )

    id: int | None = Field(default=None, sa_type=BigInteger, primary_key=True)
    job: str
    subject_id: UUID
    concentrator_id: UUID | None = Field(default=None, foreign_key="concentrator.id")
    due_at: datetime = moment()
    attempts: int = 0
    lease_until: datetime | None = moment_or_none()
    taken_until: datetime | None = moment_or_none()
    taken_by: str | None = None
    last_error: str | None = None
    created_at: datetime = moment()
    importance: int = Field(default=Importance.USUAL, sa_type=SmallInteger, sa_column_kwargs={"server_default": "20"})
    done_at: datetime | None = moment_or_none()
