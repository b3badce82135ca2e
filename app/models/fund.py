"""Money that the ledger holds for meters under remote fee control (SPEC L-4), and what was charged to it."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import JSON, BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.models.columns import key, minor, moment, moment_or_none


class Fund(SQLModel, table=True):
    """One term of remote fee control of one meter, from its opening to its closing; a meter has one open at most.

    `held_minor`: what the ledger says that it holds (`fund:<meter>`), kept by the database: entries move it, nothing
    else may (migrations); a closed one holds nothing. `day`, `total_wh`, `by_tariff_wh`,
    `carried_e5`, `used_wh`: up to where it is charged (`app.domain.fees.Counted`); `counted_at`: when the meter held
    these registers. `doubt`: why it is not charged on until a person has looked (`app.domain.fees.Doubt`);
    `believed_day`: up to the end of which a person believes the readings, however far they jump.
    `own_limits`: what the meter's own limits were before they were lifted, empty where it has not been asked yet, none
    where it has no wallet; `lifted_at`: when that was proved.
    `against`: what stands against a cut, comma separated, as it was at `cut_asked_at`.
    """

    __tablename__ = "fund"
    __table_args__ = (
        Index("one_open_fund", "meter_id", unique=True, postgresql_where=text("closed_at is null")),
        Index("open_funds_by_day", "day", "id", postgresql_where=text("closed_at is null")),
        CheckConstraint("total_wh >= 0 and used_wh >= 0", name="energy_not_negative"),
        CheckConstraint("carried_e5 >= 0 and carried_e5 < 100000", name="carried_below_a_minor_unit"),
    )

    id: UUID = key()
    meter_id: UUID = Field(foreign_key="meter.id", index=True)
    opened_at: datetime = moment()
    closed_at: datetime | None = moment_or_none()
    held_minor: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    day: date
    total_wh: int = Field(sa_type=BigInteger)
    by_tariff_wh: list[int] = Field(default_factory=list, sa_type=JSON)
    counted_at: datetime = moment()
    carried_e5: int = 0
    used_wh: int = Field(default=0, sa_type=BigInteger)
    doubt: str | None = None
    believed_day: date | None = None
    own_limits: dict[str, int] | None = Field(default=None, sa_type=JSON)
    lifted_at: datetime | None = moment_or_none()
    cut_asked_at: datetime | None = moment_or_none()
    against: str = ""


class FeeCharge(SQLModel, table=True):
    """What some days of use cost, `first` to `last`: most often one day. A day of a fund is charged once.

    `parts`: energy and price of each part (`app.domain.fees.Part`). Booked under its id where it costs anything.
    """

    __tablename__ = "fee_charge"
    __table_args__ = (
        UniqueConstraint("fund_id", "first"),
        UniqueConstraint("fund_id", "last"),
        CheckConstraint("last >= first", name="days_in_order"),
        CheckConstraint("energy_wh >= 0 and amount_minor >= 0", name="nothing_negative"),
        Index("fee_charges_of_meter", "meter_id", "last"),
    )

    id: UUID = key()
    fund_id: UUID = Field(foreign_key="fund.id")
    meter_id: UUID = Field(foreign_key="meter.id")
    first: date
    last: date
    from_wh: int = Field(sa_type=BigInteger)
    to_wh: int = Field(sa_type=BigInteger)
    energy_wh: int = Field(sa_type=BigInteger)
    amount_minor: int = minor()
    parts: list[dict[str, int]] = Field(default_factory=list, sa_type=JSON)
    charged_at: datetime = moment()
