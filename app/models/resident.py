"""People who sign in: residents, their sessions, the codes they prove a phone with, and the meters they keep."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.domain.standing import Standing
from app.models.columns import key, moment, moment_or_none, one_of


class Resident(SQLModel, table=True):
    """Somebody who has proved a phone (E.164) or a WeChat openid. How pages look to them is kept with them."""

    __tablename__ = "resident"
    __table_args__ = (CheckConstraint("phone is not null or openid is not null", name="known_by_something"),)

    id: UUID = key()
    phone: str | None = Field(default=None, unique=True)
    openid: str | None = Field(default=None, unique=True)
    locale: str = "zh"
    large_type: bool = False
    created_at: datetime = moment()


class ResidentSession(SQLModel, table=True):
    """A signed-in browser. The cookie holds a secret; the row holds its SHA-256, so a leaked table opens nothing."""

    __tablename__ = "resident_session"

    id: UUID = key()
    resident_id: UUID = Field(foreign_key="resident.id", index=True)
    secret_hash: str = Field(unique=True)
    opened_at: datetime = moment()
    expires_at: datetime = moment(index=True)


class LoginCode(SQLModel, table=True):
    """One code sent to one phone. The digits are derived from the id with the session secret and kept nowhere.

    `asked_from` marks the network address that asked (`app.domain.proving.address_mark`); empty where none is counted.
    """

    __tablename__ = "login_code"
    __table_args__ = (CheckConstraint("tries >= 0", name="tries_not_negative"),)

    id: UUID = key()
    phone: str = Field(index=True)
    locale: str = "zh"
    asked_from: str = Field(default="", index=True)
    made_at: datetime = moment(index=True)
    expires_at: datetime = moment()
    tries: int = 0
    used_at: datetime | None = moment_or_none()


class KeptMeter(SQLModel, table=True):
    """A meter in somebody's "my meters", by the nickname they gave it. `invited_by`: the holder who let them in."""

    __tablename__ = "kept_meter"
    __table_args__ = (UniqueConstraint("resident_id", "meter_id"), one_of("standing", Standing))

    id: UUID = key()
    resident_id: UUID = Field(foreign_key="resident.id", index=True)
    meter_id: UUID = Field(foreign_key="meter.id", index=True)
    standing: str
    invited_by: UUID | None = Field(default=None, foreign_key="resident.id", index=True)
    nickname: str = Field(default="", max_length=40)
    added_at: datetime = moment()


class Invitation(SQLModel, table=True):
    """A holder's word that lets one more person in as family, once. The link holds a secret, the row its SHA-256."""

    __tablename__ = "invitation"

    id: UUID = key()
    meter_id: UUID = Field(foreign_key="meter.id", index=True)
    made_by: UUID = Field(foreign_key="resident.id", index=True)
    secret_hash: str = Field(unique=True)
    made_at: datetime = moment()
    expires_at: datetime = moment()
    used_at: datetime | None = moment_or_none()


class AddressProof(SQLModel, table=True):
    """A mail address that a holder wants told, until its owner opens the link, whose word is derived."""

    __tablename__ = "address_proof"

    id: UUID = key()
    meter_id: UUID = Field(foreign_key="meter.id", index=True)
    resident_id: UUID = Field(foreign_key="resident.id", index=True)
    address: str
    locale: str = "zh"
    made_at: datetime = moment(index=True)
    expires_at: datetime = moment()
    used_at: datetime | None = moment_or_none()
