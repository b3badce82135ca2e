"""Terminals at metering boxes: who they are, how they are, and what they told us."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.models.columns import key, moment, moment_or_none, one_of, word


class KioskState(StrEnum):
    """`waiting`: its enrolment code was made. `locked`: the door was opened; staff must look. `revoked` is an end."""

    WAITING = "waiting"
    ACTIVE = "active"
    LOCKED = "locked"
    REVOKED = "revoked"


class Kiosk(SQLModel, table=True):
    """自助复电终端: a terminal beside the meters of one concentrator. Its private key never leaves it.

    `sequence` is the highest that a signed request bore; `settings` is what staff set, `health` what it said last.
    """

    __tablename__ = "kiosk"
    __table_args__ = (CheckConstraint("sequence >= 0", name="sequence_not_negative"), one_of("state", KioskState))

    id: UUID = key()
    name: str
    concentrator_id: UUID = Field(foreign_key="concentrator.id", index=True)
    state: str = word(KioskState.WAITING)
    code_hash: str | None = Field(default=None, unique=True)
    code_expires_at: datetime | None = moment_or_none()
    public_key: str | None = None
    sequence: int = 0
    settings: dict[str, str | int | bool] = Field(default_factory=dict, sa_type=JSON)
    health: dict[str, str | int | bool | None] = Field(default_factory=dict, sa_type=JSON)
    enrolled_at: datetime | None = moment_or_none()
    beat_at: datetime | None = moment_or_none()


class KioskNonce(SQLModel, table=True):
    """A nonce that was used, kept for as long as a request that bears it would be let in."""

    __tablename__ = "kiosk_nonce"
    __table_args__ = (UniqueConstraint("kiosk_id", "nonce"),)

    id: UUID = key()
    kiosk_id: UUID = Field(foreign_key="kiosk.id", index=True)
    nonce: str
    used_at: datetime = moment(index=True)


class KioskEvent(SQLModel, table=True):
    """One line of a terminal's journal, once whatever is replayed. `body` holds codes and figures, never a token."""

    __tablename__ = "kiosk_event"
    __table_args__ = (UniqueConstraint("kiosk_id", "entry"),)

    id: UUID = key()
    kiosk_id: UUID = Field(foreign_key="kiosk.id", index=True)
    entry: int
    kind: str
    meter_id: UUID | None = Field(default=None, foreign_key="meter.id", index=True)
    body: dict[str, str | int | bool | None] = Field(default_factory=dict, sa_type=JSON)
    happened_at: datetime = moment()
    received_at: datetime = moment()
