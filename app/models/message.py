"""Messages: one to one person over one channel."""

from datetime import datetime, time
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, SmallInteger, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.domain.importance import Importance
from app.domain.notice import MessageKind, MessageState
from app.models.account import ChannelName
from app.models.columns import key, moment, moment_or_none, one_of, word


class Message(SQLModel, table=True):
    """A promise to tell somebody something, and what became of it. One row per dedupe key, whatever is retried.

    It goes to a contact, or, where somebody proves an address, to that `address` alone, and then to no meter.
    `cause_id` is the purchase, the alarm or the proof; `channel` what it travels by. `title` and `body` hold the
    words that were sent, for the record, without the digits of codes. `provider_ref` is the far side's id.
    `account_id`: whose inbox it lies in, for the medium inbox, which has no contact. `stands_in_for_id`: it goes
    because that one did not arrive. `replaced_by_id`: a newer one tells more. `cost_e4`: ten-thousandths of the
    currency unit.
    `rehearsed`: it went to no real provider. `wiped_at`: words and address are gone, their time of keeping is over.
    `unheard_since`: it is with a provider that would say when it arrived, and has not, or providers have refused it for
    now since then; empty once whoever stands in was looked for. `quiet_from`, `quiet_to`: of a reader who is no
    contact.
    """

    __tablename__ = "message"
    __table_args__ = (
        one_of("kind", MessageKind),
        one_of("state", MessageState),
        one_of("channel", ChannelName),
        CheckConstraint("num_nonnulls(contact_id, address, account_id) = 1", name="to_one"),
        Index("messages_unheard", "unheard_since", postgresql_where=text("state in ('sent', 'queued')")),
        Index("messages_unsent", "meter_id", postgresql_where=text("state = 'queued'")),
        Index("messages_to_address", "address", "created_at", postgresql_where=text("address is not null")),
        Index(
            "campaign_messages_unsent",
            "campaign_id",
            "not_before",
            postgresql_where=text("campaign_id is not null and state in ('queued', 'sending', 'unknown')"),
        ),
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
    account_id: UUID | None = Field(default=None, foreign_key="account.id", index=True)
    campaign_id: UUID | None = Field(default=None, foreign_key="campaign.id", index=True)
    item_id: UUID | None = Field(default=None, foreign_key="campaign_item.id", index=True)
    stands_in_for_id: UUID | None = Field(default=None, foreign_key="message.id", index=True)
    replaced_by_id: UUID | None = Field(default=None, foreign_key="message.id")
    reading_id: UUID | None = Field(default=None, foreign_key="reading.id")
    template_id: UUID | None = Field(default=None, foreign_key="template_version.id")
    importance: int = Field(default=Importance.USUAL, sa_type=SmallInteger, sa_column_kwargs={"server_default": "20"})
    segments: int | None = None
    cost_e4: int | None = None
    delivered_at: datetime | None = moment_or_none()
    read_at: datetime | None = moment_or_none()
    rehearsed: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    wiped_at: datetime | None = moment_or_none()
    unheard_since: datetime | None = moment_or_none()
    quiet_from: time | None = None
    quiet_to: time | None = None


class MessageAttempt(SQLModel, table=True):
    """One try to hand a message to a provider, written before the provider hears of it.

    `ended_at` empty: nobody knows how it ended; the provider is asked, where it can be. `outcome`: `sent`, `found`
    (asking showed that it had been taken), `absent` (asking showed that it had not), or the trouble.
    """

    __tablename__ = "message_attempt"
    __table_args__ = (UniqueConstraint("message_id", "number"),)

    id: UUID = key()
    message_id: UUID = Field(foreign_key="message.id", index=True)
    number: int
    carrier: str
    began_at: datetime = moment(index=True)
    ended_at: datetime | None = moment_or_none()
    outcome: str = ""
    provider_ref: str | None = None


class MessageEvent(SQLModel, table=True):
    """Every word a provider said about a message, in the order it came, also when it came late."""

    __tablename__ = "message_event"

    id: UUID = key()
    message_id: UUID = Field(foreign_key="message.id", index=True)
    state: str
    reason: str = ""
    at: datetime = moment()
