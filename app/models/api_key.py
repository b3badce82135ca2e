"""Keys with which other programs of the utility send messages."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from app.domain.sending import SendMode
from app.models.columns import key, moment, moment_or_none, one_of


class ApiKey(SQLModel, table=True):
    """A key by its name. The caller holds a secret, the row its SHA-256."""

    __tablename__ = "api_key"
    __table_args__ = (one_of("mode", SendMode),)

    id: UUID = key()
    name: str
    mode: str
    secret_hash: str = Field(unique=True)
    made_by: UUID = Field(foreign_key="staff.id")
    made_at: datetime = moment()
    used_at: datetime | None = moment_or_none()
    revoked_at: datetime | None = moment_or_none()
