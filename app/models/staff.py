"""Staff, their sessions, and the tries to sign in."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from app.models.columns import key, moment, moment_or_none


class Staff(SQLModel, table=True):
    """Somebody who may sign in to the console. The password is kept as an argon2id hash."""

    __tablename__ = "staff"

    id: UUID = key()
    login: str = Field(unique=True)
    name: str
    password_hash: str


class StaffSession(SQLModel, table=True):
    """A signed-in browser. The cookie holds a secret; the row holds its SHA-256, so a leaked table opens nothing."""

    __tablename__ = "staff_session"

    id: UUID = key()
    staff_id: UUID = Field(foreign_key="staff.id", index=True)
    secret_hash: str = Field(unique=True)
    opened_at: datetime = moment()
    expires_at: datetime = moment(index=True)


class SignInTries(SQLModel, table=True):
    """Wrong passwords in a row for one typed login, whether or not anybody has it: both are answered alike.

    The login itself is not kept (people type passwords into the wrong field), only its SHA-256.
    """

    __tablename__ = "sign_in_tries"

    login_hash: str = Field(primary_key=True)
    failures: int = 0
    tried_at: datetime = moment(index=True)
    locked_until: datetime | None = moment_or_none()
