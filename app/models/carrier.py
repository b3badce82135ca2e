"""Providers of one medium that share its load, and how they are doing."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from app.models.account import ChannelName
from app.models.columns import key, moment, moment_or_none, one_of


class Carrier(SQLModel, table=True):
    """A provider's share of its medium, in points of 100 against the others'. `resting_share`: what staff want;
    `share`: what holds now, moved by errors and slowness. `off_at`: nothing goes there (wrong credentials, staff)."""

    __tablename__ = "carrier"
    __table_args__ = (
        CheckConstraint("share between 0 and 100", name="share_in_range"),
        CheckConstraint("resting_share between 0 and 100", name="resting_share_in_range"),
        one_of("medium", ChannelName),
    )

    name: str = Field(primary_key=True)
    medium: str = Field(primary_key=True)
    share: int = 50
    resting_share: int = 50
    moved_at: datetime = moment()
    off_at: datetime | None = moment_or_none()
    off_reason: str = ""


class CarrierMove(SQLModel, table=True):
    """A change of shares, and why: `errors`, `slow`, `recovered`, `staff`, `credentials`."""

    __tablename__ = "carrier_move"

    id: UUID = key()
    name: str = Field(index=True)
    medium: str
    before: int
    after: int
    reason: str
    staff_id: UUID | None = Field(default=None, foreign_key="staff.id")
    at: datetime = moment(index=True)


class SendPace(SQLModel, table=True):
    """How far ahead all notifiers together have sent: nobody sends more of `what` before `free_at`."""

    __tablename__ = "send_pace"

    what: str = Field(primary_key=True)
    free_at: datetime = moment()
