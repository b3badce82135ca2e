"""Messages: one to one person over one channel."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from app.domain.notice import MessageKind, MessageState
from app.models.account import ChannelName
from app.models.columns import key, moment, moment_or_none, one_of, word


class Message(SQLModel, table=True):
    """A promise to tell somebody something, and what became of it. One row per dedupe key, whatever is retried.

    It goes to a contact, or, where somebody proves an address, to that `address` alone, and then to no meter.
    `cause_id` is the purchase, the alarm or the proof; `channel` what it travels by. `title` and `body` hold the
    words that were sent, for the record, without the digits of codes. `provider_ref` is the far side's id.
    """

    __tablename__ = "message"
    __table_args__ = (
        one_of("kind", MessageKind),
        one_of("state", MessageState),
        one_of("channel", ChannelName),
        CheckConstraint("(contact_id is null) <> (address is null)", name="to_one"),
    )

    id: UUID = key()
    contact_id: UUID | None = Field(default=None, foreign_key="contact.id", index=True)
    meter_id: UUID | None = Field(default=None, foreign_key="meter.id", index=True)
    address: str | None = None
    kind: str
    cause_id: UUID = Field(index=True)
    dedupe_key: str = Field(unique=True)
    channel: str
    locale: str
    state: str = word(MessageState.QUEUED)
    created_at: datetime = moment(index=True)
    not_before: datetime = moment()
    expires_at: datetime = moment()
    attempted_at: datetime | None = moment_or_none()
    sent_at: datetime | None = moment_or_none()
    title: str = ""
    body: str = ""
    carrier: str | None = None
    provider_ref: str | None = Field(default=None, index=True)
    trouble: str | None = None


class MessageEvent(SQLModel, table=True):
    """Every word a provider said about a message, in the order it came, also when it came late."""

    __tablename__ = "message_event"

    id: UUID = key()
    message_id: UUID = Field(foreign_key="message.id", index=True)
    state: str
    reason: str = ""
    at: datetime = moment()
