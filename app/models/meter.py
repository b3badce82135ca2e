"""Meters and their models."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, text
from sqlmodel import Field, SQLModel

from app.domain.fees import FeeControl
from app.domain.meter_life import MeterLife
from app.domain.relay import ClosePolicy, Supply
from app.domain.wallet import BalanceSource
from app.models.columns import key, minor, minor_or_none, moment_or_none, one_of, word


class MeterModel(SQLModel, table=True):
    """A make of meter. `profile` names the file in headend_client/profiles that knows its dialect."""

    __tablename__ = "meter_model"

    id: UUID = key()
    name: str = Field(unique=True)
    profile: str


class Meter(SQLModel, table=True):
    """One meter: where it hangs, the rules it runs under, and what was last learned from it.

    `number` is printed on it and ends in a Luhn digit (11 digits: an STS meter number; 12: others);
    `address` is its DL/T 645 address. What was learned is only ever written by services.readings. `spent_since`: the
    balance has been at or below the end of the overdraft since then. `point`: under which number its concentrator knows
    it (测量点). `missed_at`: when a round last asked it in vain. `fee_control`: who holds its money, the meter or the
    ledger; the balance is then that of our books. `successor_id`: the meter that took its place; what was learned of a
    removed meter is forgotten.

    Every meter's row changes each day, those of a concentrator at once. So that such a change stays in its page and
    touches no index (a heap-only one), more than half of each page is left free, and no index holds a column that each
    day moves: `balance_minor`, `balance_read_at`, `daily_use_minor`, `silent_after`.
    """

    __tablename__ = "meter"
    __table_args__ = (
        # no patterns: every change of a row looks at every check, and these two were most of a day's change
        CheckConstraint("length(number) in (11, 12) and ltrim(number, '0123456789') = ''", name="number_is_digits"),
        CheckConstraint("length(address) = 12 and ltrim(address, '0123456789') = ''", name="address_is_bcd"),
        CheckConstraint("purchase_count >= 0", name="count_not_negative"),
        CheckConstraint("alarm_depth between 0 and 9", name="alarm_depth_in_range"),
        CheckConstraint("point between 1 and 2040", name="point_in_range"),
        one_of("relay_policy", ClosePolicy),
        one_of("supply", Supply),
        one_of("life", MeterLife),
        CheckConstraint("successor_id is null or life = 'removed'", name="only_removed_have_successors"),
        Index("meters_not_live", "life", "id", postgresql_where=text("life <> 'live'")),
        one_of("fee_control", FeeControl),
        Index("one_meter_a_point", "concentrator_id", "point", unique=True),
        Index("meter_number_begins", "number", postgresql_ops={"number": "varchar_pattern_ops"}),
        Index("meters_without_money", "spent_since", "id", postgresql_where=text("spent_since is not null")),
        {"postgresql_with": {"fillfactor": 45}},
    )

    id: UUID = key()
    number: str = Field(unique=True)
    address: str = Field(unique=True)
    model_id: UUID = Field(foreign_key="meter_model.id")
    account_id: UUID = Field(foreign_key="account.id", index=True)
    concentrator_id: UUID = Field(foreign_key="concentrator.id")  # found by `one_meter_a_point`
    port: int = 31
    point: int | None = None
    life: str = Field(default=MeterLife.LIVE, sa_type=String, sa_column_kwargs={"server_default": MeterLife.LIVE.value})
    successor_id: UUID | None = Field(default=None, foreign_key="meter.id", index=True)
    # rules
    fee_control: str = Field(default=FeeControl.LOCAL, sa_column_kwargs={"server_default": FeeControl.LOCAL.value})
    relay_policy: str = word(ClosePolicy.CLOSE)
    overdraft_limit_minor: int = minor()
    hoarding_limit_minor: int = minor()
    reclose_limit_minor: int = minor()
    # STS: supply group, key revision, tariff index; empty for other meters
    sgc: str | None = None
    krn: int | None = None
    ti: int | None = None
    # what we believe: the count that our own credited purchases should have left in the meter
    purchase_count: int = 0
    count_run: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # how often staff said: it was set back
    last_tid: int | None = None
    # what was learned
    balance_minor: int | None = minor_or_none()
    balance_read_at: datetime | None = moment_or_none()
    balance_source: str = word(BalanceSource.NONE)
    daily_use_minor: int | None = minor_or_none()
    supply: str = word(Supply.UNKNOWN)
    supply_read_at: datetime | None = moment_or_none()
    alarm_depth: int = 0
    spent_since: datetime | None = moment_or_none()
    silent_after: datetime | None = moment_or_none()
    missed_at: datetime | None = moment_or_none()
