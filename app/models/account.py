"""Who pays: customer, account, and the contacts that hear of it."""

from datetime import datetime, time
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.models.columns import key, minor, moment_or_none, one_of


class Customer(SQLModel, table=True):
    """A person or firm. Shown to staff only."""

    __tablename__ = "customer"

    id: UUID = key()
    name: str
    address: str


class Account(SQLModel, table=True):
    """户: who pays. `number` is ten digits that end in a Luhn digit; `arrears_minor` is settled before credit."""

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint("arrears_minor >= 0", name="arrears_not_negative"),
        Index("account_number_begins", "number", postgresql_ops={"number": "varchar_pattern_ops"}),
        Index("accounts_in_arrears", "id", postgresql_where=text("arrears_minor > 0")),
    )

    id: UUID = key()
    number: str = Field(unique=True)
    customer_id: UUID = Field(foreign_key="customer.id", index=True)
    tariff_id: UUID = Field(foreign_key="tariff.id")
    arrears_minor: int = minor()
    alarm_policy_id: UUID | None = Field(default=None, foreign_key="alarm_policy.id", index=True)


class ChannelName(StrEnum):
    """How a message travels. Which plug-ins carry a medium is a setting of the notifier.

    `inbox`: it lies on the pages of the portal and the terminal until it is read.
    """

    SMS = "sms"
    VOICE = "voice"
    EMAIL = "email"
    WECHAT = "wechat"
    WEBHOOK = "webhook"
    INBOX = "inbox"


class Contact(SQLModel, table=True):
    """One way to reach one person of an account. Quiet hours are local time; both empty means none.

    `address`: E.164 number, mail address, openid, or the URL of a webhook. `stands_in_for_id`: this one is used only
    where that one could not be reached. `wants_results`: it hears that a purchase is in the meter; of a token, and of
    money that goes back, it hears in any case.
    """

    __tablename__ = "contact"
    __table_args__ = (UniqueConstraint("account_id", "channel", "address"), one_of("channel", ChannelName))

    id: UUID = key()
    account_id: UUID = Field(foreign_key="account.id", index=True)
    channel: str
    address: str = Field(index=True)
    locale: str = "zh"
    position: int = 0
    quiet_from: time | None = None
    quiet_to: time | None = None
    stopped_at: datetime | None = moment_or_none()
    stands_in_for_id: UUID | None = Field(default=None, foreign_key="contact.id", index=True)
    wants_results: bool = Field(default=True, sa_column_kwargs={"server_default": "true"})
