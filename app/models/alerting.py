"""How the people of a meter want to be warned."""

from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from app.domain.alarm import AlertCycle, AlertUnit
from app.models.columns import key, one_of, word


class AlertRule(SQLModel, table=True):
    """What the holders of a meter chose; without a row the utility's levels hold. Days or minor units by `unit`."""

    __tablename__ = "alert_rule"
    __table_args__ = (
        CheckConstraint("first > second and second >= 0", name="levels_in_order"),
        CheckConstraint("hour between 0 and 23", name="hour_of_day"),
        one_of("unit", AlertUnit),
        one_of("cycle", AlertCycle),
    )

    id: UUID = key()
    meter_id: UUID = Field(foreign_key="meter.id", unique=True)
    unit: str = word(AlertUnit.MONEY)
    first: int = 2000
    second: int = 500
    cycle: str = word(AlertCycle.ONCE)
    hour: int = 9
