"""Links that lead to a filled-in pay page, and rules that pay or remind by themselves."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from app.domain.topup import TopUpKind
from app.models.columns import key, minor, minor_or_none, moment, moment_or_none, one_of, word


class LinkPurpose(StrEnum):
    """`gift`: a resident asks somebody to pay. `reminder`: sent with a warning. `rule`: a rule asks its owner."""

    GIFT = "gift"
    REMINDER = "reminder"
    RULE = "rule"


class PayLink(SQLModel, table=True):
    """An address that opens the pay page of a meter. The address holds a secret; the row holds its SHA-256.

    `greeting` is what the asker wrote to the payer. A link may be opened by anybody who has it: it shows what a guest
    sees. `amount_minor` empty: the payer chooses.
    """

    __tablename__ = "pay_link"
    __table_args__ = (one_of("purpose", LinkPurpose),)

    id: UUID = key()
    meter_id: UUID = Field(foreign_key="meter.id", index=True)
    purpose: str
    secret_hash: str = Field(unique=True)
    amount_minor: int | None = minor_or_none()
    greeting: str = Field(default="", max_length=120)
    made_by: UUID | None = Field(default=None, foreign_key="resident.id", index=True)
    made_at: datetime = moment()
    expires_at: datetime = moment()
    stopped_at: datetime | None = moment_or_none()


class Agreement(SQLModel, table=True):
    """A payer's standing consent with a provider to be charged without being asked each time (签约代扣)."""

    __tablename__ = "agreement"

    id: UUID = key()
    resident_id: UUID = Field(foreign_key="resident.id", index=True)
    provider: str
    provider_ref: str
    most_minor: int = minor()
    made_at: datetime = moment()
    ended_at: datetime | None = moment_or_none()


class TopUpRule(SQLModel, table=True):
    """One rule of one resident for one meter. With an agreement it pays; without one it sends a filled-in pay link.

    `most_a_month` bounds what it may do by itself; `acted_on` is the last local day it did.
    """

    __tablename__ = "top_up_rule"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("day_of_month between 1 and 28", name="day_in_every_month"),
        one_of("kind", TopUpKind),
    )

    id: UUID = key()
    resident_id: UUID = Field(foreign_key="resident.id", index=True)
    meter_id: UUID = Field(foreign_key="meter.id", index=True)
    kind: str = word(TopUpKind.LOW)
    amount_minor: int = minor()
    below_minor: int = minor(2000)
    day_of_month: int = 1
    most_a_month: int = 4
    agreement_id: UUID | None = Field(default=None, foreign_key="agreement.id")
    made_at: datetime = moment()
    acted_on: date | None = None
    stopped_at: datetime | None = moment_or_none()
