"""Tariffs and their sets of prices: what was and is in force, and what a switch date brings (SPEC B-8)."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.domain.fees import StepPeriod
from app.models.columns import key, moment, one_of, word


class Tariff(SQLModel, table=True):
    """Price of energy in 1/10000 of the currency unit per kWh, as meters hold it (NNNN.NNNN).

    `price_e4` is one price for all hours; it holds until the first of its sets (`TariffSet`) takes over.
    """

    __tablename__ = "tariff"
    __table_args__ = (CheckConstraint("price_e4 > 0", name="price_positive"),)

    id: UUID = key()
    name: str = Field(unique=True)
    price_e4: int


class TariffSet(SQLModel, table=True):
    """Prices of a tariff from the beginning of a day on. What has begun is never changed: days that come late need it.

    `prices_e4`: one for all hours, or one for each tariff of the meter. `steps`: pairs of Wh and what is added beyond.
    """

    __tablename__ = "tariff_set"
    __table_args__ = (UniqueConstraint("tariff_id", "from_day"), one_of("period", StepPeriod))

    id: UUID = key()
    tariff_id: UUID = Field(foreign_key="tariff.id")
    from_day: date
    prices_e4: list[int] = Field(sa_type=JSON)
    steps: list[list[int]] = Field(default_factory=list, sa_type=JSON)
    period: str = word(StepPeriod.MONTH)
    made_by: UUID | None = Field(default=None, foreign_key="staff.id")
    made_at: datetime = moment()
