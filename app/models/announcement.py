"""What the utility tells an area: planned work, outages, news; and the answer "still out"."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.domain.announcement import AnnouncementKind, AnnouncementState
from app.models.columns import key, moment, moment_or_none, one_of, word


class Announcement(SQLModel, table=True):
    """公告: for everybody below a grid node, or for all where there is none. `until_at`: the end expected now.

    For news the two moments say from when to when it is shown.
    """

    __tablename__ = "announcement"
    __table_args__ = (
        CheckConstraint("until_at > from_at", name="ends_after_it_begins"),
        one_of("kind", AnnouncementKind),
        one_of("state", AnnouncementState),
    )

    id: UUID = key()
    kind: str
    state: str = word(AnnouncementState.PUBLISHED)
    node_id: UUID | None = Field(default=None, foreign_key="grid_node.id", index=True)
    from_at: datetime = moment()
    until_at: datetime = moment(index=True)
    title_zh: str
    title_en: str
    text_zh: str = ""
    text_en: str = ""
    published_at: datetime = moment(index=True)
    restored_at: datetime | None = moment_or_none()
    staff_id: UUID | None = Field(default=None, foreign_key="staff.id")
    short_notice_reason: str = ""


class AnnouncementUpdate(SQLModel, table=True):
    """One revision, in the order it was told. `until_at` empty: the expected end did not move."""

    __tablename__ = "announcement_update"

    id: UUID = key()
    announcement_id: UUID = Field(foreign_key="announcement.id", index=True)
    at: datetime = moment()
    until_at: datetime | None = moment_or_none()
    text_zh: str = ""
    text_en: str = ""
    staff_id: UUID | None = Field(default=None, foreign_key="staff.id")


class StillOut(SQLModel, table=True):
    """Somebody at a meter says that the announced restoration has not reached it; once per announcement and meter."""

    __tablename__ = "still_out"
    __table_args__ = (UniqueConstraint("announcement_id", "meter_id"),)

    id: UUID = key()
    announcement_id: UUID = Field(foreign_key="announcement.id", index=True)
    meter_id: UUID = Field(foreign_key="meter.id", index=True)
    source: str = "web"
    at: datetime = moment()
