"""Exchanges of meters, and the tokens that went with the old ones."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, BigInteger, CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from app.domain.meter_life import MeterLife
from app.domain.swapping import SwapState, SwapWay
from app.models.columns import key, minor_or_none, moment, moment_or_none, one_of, word


class MeterSwap(SQLModel, table=True):
    """One exchange: an old meter leaves, a new one takes its place, its account and its measuring point.

    `last_*`: the old meter's last figures, and who saw them: `read_by` None, they came over the wire. The new meter's
    row is made when it is finished; until then it is only these `new_*` columns. `purchase_id`, `refund_id`: where the
    balance went. `old_life`: what the old meter was before, should the exchange be called off.

    Where the ledger holds the money, `last_balance_minor` is what the old meter's fund held when it was closed;
    `new_total_wh`, `new_by_tariff_wh`: the new meter's registers as it was hung; `jump_believed`: a person says that
    the last reading is right, however far it jumps.
    """

    __tablename__ = "meter_swap"
    __table_args__ = (
        Index("one_open_swap", "old_meter_id", unique=True, postgresql_where=text("state = 'open'")),
        Index("one_swap_away", "old_meter_id", unique=True, postgresql_where=text("state = 'done'")),
        Index("one_open_swap_to", "new_number", unique=True, postgresql_where=text("state = 'open'")),
        Index("swaps_by_age", "made_at", "id"),
        CheckConstraint("new_number ~ '^[0-9]{11,12}$'", name="new_number_is_digits"),
        CheckConstraint("new_address ~ '^[0-9]{12}$'", name="new_address_is_bcd"),
        CheckConstraint(
            "state <> 'done' or (last_balance_minor is not null and new_meter_id is not null)", name="done_is_whole"
        ),
        CheckConstraint("(state = 'open') = (ended_at is null)", name="ended_has_time"),
        CheckConstraint("last_energy_wh >= 0 and new_total_wh >= 0", name="registers_not_negative"),
        one_of("state", SwapState),
        one_of("way", SwapWay),
    )

    id: UUID = key()
    old_meter_id: UUID = Field(foreign_key="meter.id", index=True)
    new_meter_id: UUID | None = Field(default=None, foreign_key="meter.id", unique=True)
    new_number: str
    new_address: str
    new_model_id: UUID = Field(foreign_key="meter_model.id")
    new_sgc: str | None = None
    new_krn: int | None = None
    new_ti: int | None = None
    old_life: str = word(MeterLife.LIVE)
    state: str = word(SwapState.OPEN)
    way: str = word(SwapWay.CARRY)
    reason: str
    made_by: UUID = Field(foreign_key="staff.id")
    made_at: datetime = moment()
    operation_id: UUID | None = Field(default=None, foreign_key="operation.id")
    last_balance_minor: int | None = minor_or_none()
    last_count: int | None = None
    last_energy_wh: int | None = Field(default=None, sa_type=BigInteger)
    last_by_tariff_wh: list[int] = Field(default_factory=list, sa_type=JSON, sa_column_kwargs={"server_default": "[]"})
    jump_believed: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    new_total_wh: int | None = Field(default=None, sa_type=BigInteger)
    new_by_tariff_wh: list[int] = Field(default_factory=list, sa_type=JSON, sa_column_kwargs={"server_default": "[]"})
    last_read_at: datetime | None = moment_or_none()
    read_by: UUID | None = Field(default=None, foreign_key="staff.id")
    read_remark: str = ""
    ended_at: datetime | None = moment_or_none()
    ended_by: UUID | None = Field(default=None, foreign_key="staff.id")
    purchase_id: UUID | None = Field(default=None, foreign_key="purchase.id")
    refund_id: UUID | None = Field(default=None, foreign_key="refund.id")


class VoidToken(SQLModel, table=True):
    """A token that can be typed nowhere any more: its meter is off the wall. What it was for goes on elsewhere."""

    __tablename__ = "void_token"

    id: UUID = key()
    purchase_id: UUID = Field(foreign_key="purchase.id", index=True)
    meter_id: UUID = Field(foreign_key="meter.id", index=True)
    swap_id: UUID = Field(foreign_key="meter_swap.id", index=True)
    digits: str
    tid: int | None = None
    amount_e5: int = Field(sa_type=BigInteger)
    issued_at: datetime = moment()
    void_at: datetime = moment()
