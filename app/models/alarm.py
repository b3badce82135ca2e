"""Alarm episodes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from app.domain.alarm import AlarmTone
from app.models.columns import key, minor, moment, moment_or_none, one_of, word


class Alarm(SQLModel, table=True):
    """One episode of a balance below the level of a depth: opened on the edge down, closed on the edge up."""

    __tablename__ = "alarm"
    __table_args__ = (
        Index("one_open_episode", "meter_id", "depth", unique=True, postgresql_where=text("closed_at is null")),
        CheckConstraint("depth between 1 and 9", name="depth_in_range"),
        one_of("tone", AlarmTone),
    )

    id: UUID = key()
    meter_id: UUID = Field(foreign_key="meter.id", index=True)
    depth: int
    tone: str = word(AlarmTone.NOTICE)
    opened_at: datetime = moment()
    closed_at: datetime | None = moment_or_none()
    reading_id: UUID | None = Field(default=None, foreign_key="reading.id")
    balance_minor: int = minor()
