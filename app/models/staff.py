"""Staff and their sessions."""

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
    failures: int = 0
    locked_until: datetime | None = moment_or_none()


class StaffSession(SQLModel, table=True):
    """A signed-in browser. The cookie holds a secret; the row holds its SHA-256, so a leaked table opens nothing."""

    __tablename__ = "staff_session"

    id: UUID = key()
    staff_id: UUID = Field(foreign_key="staff.id", index=True)
    secret_hash: str = Field(unique=True)
    opened_at: datetime = moment()
    expires_at: datetime = moment()
