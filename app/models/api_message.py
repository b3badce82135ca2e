"""What another program of the utility asked us to send (SPEC N-5)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.domain.sending import SendMode
from app.models.columns import key, moment, one_of


class ApiMessage(SQLModel, table=True):
    """One request, once per key and reference: the same again gets the same answer, another under it is refused.

    `asked_hash`: SHA-256 of the request. `mode`: of its key when it came; nothing of a test key ever leaves.
    `message_id` is empty where it was refused, with the reason in `refusal`.
    """

    __tablename__ = "api_message"
    __table_args__ = (UniqueConstraint("key_id", "reference"), one_of("mode", SendMode))

    id: UUID = key()
    key_id: UUID = Field(foreign_key="api_key.id")
    reference: str
    asked_hash: str
    mode: str
    title: str = ""
    text: str = ""
    variables: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    message_id: UUID | None = Field(default=None, foreign_key="message.id", index=True)
    refusal: str = ""
    asked_at: datetime = moment(index=True)
