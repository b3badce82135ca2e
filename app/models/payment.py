"""Money in: payments and the callbacks that told us of them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.domain.payment import PaymentState, Way
from app.models.columns import key, minor, moment, moment_or_none, one_of, word


class Payment(SQLModel, table=True):
    """One try to pay. `ref` is our order number, committed before any provider hears of it and never changed.

    `form_token` is the token of the form that asked for it: one form makes one payment, however often it is sent.
    `pay_url` is the page, or the text of the QR code, that it is paid with. The last five say through whom it came:
    a signed-in payer, a link, a rule, a terminal, a cashier.
    """

    __tablename__ = "payment"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        one_of("state", PaymentState),
        one_of("way", Way),
    )

    id: UUID = key()
    ref: str = Field(unique=True, max_length=32)
    provider: str
    meter_id: UUID = Field(foreign_key="meter.id", index=True)
    amount_minor: int = minor()
    currency: str
    state: str = word(PaymentState.WAITING)
    created_at: datetime = moment(index=True)
    expires_at: datetime = moment()
    paid_at: datetime | None = moment_or_none()
    pay_url: str | None = None
    way: str = word(Way.PAGE)
    form_token: str | None = Field(default=None, unique=True, max_length=64)
    resident_id: UUID | None = Field(default=None, foreign_key="resident.id", index=True)
    link_id: UUID | None = Field(default=None, foreign_key="pay_link.id", index=True)
    rule_id: UUID | None = Field(default=None, foreign_key="top_up_rule.id", index=True)
    kiosk_id: UUID | None = Field(default=None, foreign_key="kiosk.id", index=True)
    staff_id: UUID | None = Field(default=None, foreign_key="staff.id", index=True)


class PaymentCallback(SQLModel, table=True):
    """A fact as it came from a provider (pushed, or found by asking), once per event id."""

    __tablename__ = "payment_callback"
    __table_args__ = (UniqueConstraint("provider", "event_id"),)

    id: UUID = key()
    provider: str
    event_id: str
    order_ref: str = Field(index=True)
    succeeded: bool
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str
    occurred_at: datetime = moment()
    received_at: datetime = moment()
    source: str = "callback"
    evidence: str = ""
