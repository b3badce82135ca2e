"""How the people of a meter want to be warned."""

from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint
from sqlmodel import Field, SQLModel

from app.domain.alarm import MOST_LEVELS, AlertCycle, AlertUnit
from app.models.columns import key, one_of, word

_FALLING = " and ".join(f"coalesce(figures[{n}] > figures[{n + 1}], true)" for n in range(1, MOST_LEVELS))


class AlertRule(SQLModel, table=True):
    """What the holders of a meter chose; without a row the utility's levels hold.

    `figures`: days or minor units by `unit`, from the first warning to the last.
    """

    __tablename__ = "alert_rule"
    __table_args__ = (
        CheckConstraint(
            f"cardinality(figures) between 1 and {MOST_LEVELS} and 0 <= all (figures) and {_FALLING}",
            name="levels_in_order",
        ),
        CheckConstraint("hour between 0 and 23", name="hour_of_day"),
        one_of("unit", AlertUnit),
        one_of("cycle", AlertCycle),
    )

    id: UUID = key()
    meter_id: UUID = Field(foreign_key="meter.id", unique=True)
    unit: str = word(AlertUnit.MONEY)
    figures: list[int] = Field(sa_type=ARRAY(BigInteger))
    cycle: str = word(AlertCycle.ONCE)
    hour: int = 9
