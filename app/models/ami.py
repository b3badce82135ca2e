"""Existing head ends that lead to meters of ours, and the tasks there that change something (SPEC H-8)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from app.models.columns import key, moment, moment_or_none


class AmiHeadEnd(SQLModel, table=True):
    """One head end. `key_id` and the sealed secret prove us to it, and it to us.

    `looked_at`: when a front-end last asked it how it is; `heard_at`: when it last answered; `trouble`: why it did not,
    a code, and `trouble_at` since when; the last trouble stays in `last_trouble`. `queued`, `running`: tasks, by its
    own word.
    """

    __tablename__ = "ami_head_end"
    __table_args__ = (
        CheckConstraint("url ~ '^https?://[^@?#]+$'", name="url_is_plain"),
        CheckConstraint("name <> ''", name="name_is_said"),
        CheckConstraint("(trouble = '') = (trouble_at is null)", name="trouble_has_its_time"),
    )

    id: UUID = key()
    name: str = Field(unique=True)
    url: str
    key_id: str
    secret_sealed: str
    enabled: bool = Field(default=True, sa_column_kwargs={"server_default": "true"})
    said_name: str = ""
    said_version: str = ""
    queued: int | None = None
    running: int | None = None
    looked_at: datetime | None = moment_or_none()
    heard_at: datetime | None = moment_or_none()
    trouble: str = ""
    trouble_at: datetime | None = moment_or_none()
    last_trouble: str = ""
    last_trouble_at: datetime | None = moment_or_none()


class AmiTask(SQLModel, table=True):
    """A task that is to change a meter, written down before it leaves. Only one a meter has no end.

    `state`: how it ended (app.domain.head_end.TaskEnd), null while nobody knows. `result`: what came with the end where
    the head end called back. `repeats`: how often an end was told that was known.
    """

    __tablename__ = "ami_task"
    __table_args__ = (
        CheckConstraint("(state is null) = (ended_at is null)", name="end_has_its_time"),
        Index("one_open_task_a_meter", "meter_id", unique=True, postgresql_where=text("ended_at is null")),
        Index("newest_tasks_of_a_head_end", "head_end_id", "begun_at"),
        Index("ended_tasks", "ended_at", postgresql_where=text("ended_at is not null")),
    )

    id: UUID = key()
    head_end_id: UUID = Field(foreign_key="ami_head_end.id")
    meter_id: UUID = Field(foreign_key="meter.id", index=True)
    kind: str
    begun_at: datetime = moment()
    expires_at: datetime = moment()
    state: str | None = None
    code: str = ""
    ended_at: datetime | None = moment_or_none()
    called_back: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    result: dict[str, object] | None = Field(default=None, sa_type=JSON)
    repeats: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
