"""Staff, their sessions, and the tries to sign in."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from app.domain.roles import Role
from app.models.columns import key, moment, moment_or_none, one_of


class Staff(SQLModel, table=True):
    """Somebody who may sign in to the console. The password is kept as an argon2id hash.

    `totp_sealed`: the secret of their one-time codes, enciphered; `totp_last_step`: the last that was used, so that
    none is used twice. It counts once it was proved, at `totp_since`.
    """

    __tablename__ = "staff"

    id: UUID = key()
    login: str = Field(unique=True)
    name: str
    password_hash: str
    totp_sealed: str | None = None
    totp_since: datetime | None = moment_or_none()
    totp_last_step: int | None = Field(default=None, sa_type=BigInteger)
    left_at: datetime | None = moment_or_none()


class StaffRole(SQLModel, table=True):
    """One role of one person."""

    __tablename__ = "staff_role"
    __table_args__ = (one_of("role", Role),)

    staff_id: UUID = Field(foreign_key="staff.id", primary_key=True)
    role: str = Field(primary_key=True)


class RecoveryCode(SQLModel, table=True):
    """Opens the second step of a sign-in once, when the device is lost. The row holds an HMAC of it."""

    __tablename__ = "recovery_code"

    id: UUID = key()
    staff_id: UUID = Field(foreign_key="staff.id", index=True)
    code_hash: str = Field(unique=True)
    used_at: datetime | None = moment_or_none()


class StaffSession(SQLModel, table=True):
    """A signed-in browser. The cookie holds a secret; the row holds its SHA-256, so a leaked table opens nothing."""

    __tablename__ = "staff_session"

    id: UUID = key()
    staff_id: UUID = Field(foreign_key="staff.id", index=True)
    secret_hash: str = Field(unique=True)
    opened_at: datetime = moment()
    expires_at: datetime = moment(index=True)
    second_step_at: datetime | None = moment_or_none()


class SignInTries(SQLModel, table=True):
    """Wrong passwords in a row for one typed login, whether or not anybody has it: both are answered alike.

    The login itself is not kept (people type passwords into the wrong field), only its SHA-256.
    """

    __tablename__ = "sign_in_tries"

    login_hash: str = Field(primary_key=True)
    failures: int = 0
    tried_at: datetime = moment(index=True)
    locked_until: datetime | None = moment_or_none()
