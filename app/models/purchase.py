"""Credit for a meter: purchases and the tokens that carry them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.domain.purchase import PurchaseKind, PurchaseState
from app.models.columns import key, minor, minor_or_none, moment, moment_or_none, one_of, word


class Purchase(SQLModel, table=True):
    """Money that is to become credit in a meter.

    `number` is the purchase count it is sent under; it is taken when sending starts, not when the money comes. A meter
    that was set back takes the same numbers once more: `count_run` says in which run of its count.
    amount = arrears + credit. `sends` counts how often bytes that could credit the meter left us,
    `last_sent_at` is when they last did.
    `payment_id` is empty where a person accepted money beyond what its payment was for; that review names both.
    """

    __tablename__ = "purchase"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("amount_minor = arrears_minor + credit_minor", name="parts_sum"),
        CheckConstraint("arrears_minor >= 0 and credit_minor >= 0", name="parts_not_negative"),
        Index("one_on_its_way", "meter_id", unique=True, postgresql_where=text("state = 'sending'")),
        Index(
            "one_number_per_meter",
            "meter_id",
            "count_run",
            "number",
            unique=True,
            postgresql_where=text("number is not null"),
        ),
        one_of("kind", PurchaseKind),
        one_of("state", PurchaseState),
    )

    id: UUID = key()
    ref: str = Field(unique=True, max_length=32)
    payment_id: UUID | None = Field(default=None, foreign_key="payment.id", unique=True)
    meter_id: UUID = Field(foreign_key="meter.id", index=True)
    kind: str = word(PurchaseKind.SALE)
    amount_minor: int = minor()
    arrears_minor: int = minor()
    credit_minor: int = minor()
    state: str = word(PurchaseState.PAID)
    number: int | None = None
    count_run: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    sends: int = 0
    created_at: datetime = moment(index=True)
    sending_since: datetime | None = moment_or_none()
    last_sent_at: datetime | None = moment_or_none()
    credited_at: datetime | None = moment_or_none()
    balance_before_minor: int | None = minor_or_none()
    balance_after_minor: int | None = minor_or_none()
    trouble: str | None = None


class Token(SQLModel, table=True):
    """One STS token. A purchase has a list (key change sets come before the credit); a new one is never made for it."""

    __tablename__ = "token"
    __table_args__ = (
        UniqueConstraint("purchase_id", "position"),
        UniqueConstraint("meter_id", "tid"),
        CheckConstraint("digits ~ '^[0-9]{20}$'", name="twenty_digits"),
    )

    id: UUID = key()
    purchase_id: UUID = Field(foreign_key="purchase.id", index=True)
    meter_id: UUID = Field(foreign_key="meter.id", index=True)
    position: int = 0
    digits: str
    tid: int | None = None
    subclass: int
    amount_e5: int = Field(sa_type=BigInteger)
    issued_at: datetime = moment()
