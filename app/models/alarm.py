"""Alarm episodes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from app.domain.alarm import AlarmLevel
from app.models.columns import key, minor, moment, moment_or_none, one_of


class Alarm(SQLModel, table=True):
    """One episode of a balance below a level: opened on the edge down, closed on the edge up."""

    __tablename__ = "alarm"
    __table_args__ = (
        Index("one_open_episode", "meter_id", "level", unique=True, postgresql_where=text("closed_at is null")),
        one_of("level", AlarmLevel),
    )

    id: UUID = key()
    meter_id: UUID = Field(foreign_key="meter.id", index=True)
    level: str
    opened_at: datetime = moment()
    closed_at: datetime | None = moment_or_none()
    reading_id: UUID | None = Field(default=None, foreign_key="reading.id")
    balance_minor: int = minor()
