"""Alarm levels as data: the utility's policies, and what holds for one account (SPEC N-1, N-2, B-6)."""

from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.domain.alarm import AlarmTone, AlertCycle, AlertUnit
from app.models.columns import key, minor, one_of, word


class AlarmPolicy(SQLModel, table=True):
    """A set of levels. The one that is `usual` holds for every account that names none.

    A level clears `margin_minor` above where it was raised.
    """

    __tablename__ = "alarm_policy"
    __table_args__ = (
        CheckConstraint("margin_minor >= 0", name="margin_not_negative"),
        Index("one_usual_policy", "usual", unique=True, postgresql_where=text("usual")),
    )

    id: UUID = key()
    name: str = Field(unique=True)
    usual: bool = False
    margin_minor: int = minor(100)


class AlarmPolicyLevel(SQLModel, table=True):
    """One level: `depth` 1 is reached first. `value`: minor units, days left, or percent of the last purchase."""

    __tablename__ = "alarm_policy_level"
    __table_args__ = (
        UniqueConstraint("policy_id", "depth"),
        CheckConstraint("depth between 1 and 9", name="depth_in_range"),
        CheckConstraint("hour between 0 and 23", name="hour_of_day"),
        one_of("tone", AlarmTone),
        one_of("unit", AlertUnit),
        one_of("cycle", AlertCycle),
    )

    id: UUID = key()
    policy_id: UUID = Field(foreign_key="alarm_policy.id", index=True)
    depth: int
    tone: str = word(AlarmTone.NOTICE)
    unit: str = word(AlertUnit.MONEY)
    value: int = minor()
    on: bool = True
    cycle: str = word(AlertCycle.ONCE)
    hour: int = 9


class AccountLevel(SQLModel, table=True):
    """What staff set for one account at one depth, singly or in bulk; it goes before the policy's level."""

    __tablename__ = "account_level"
    __table_args__ = (
        UniqueConstraint("account_id", "depth"),
        one_of("unit", AlertUnit),
    )

    id: UUID = key()
    account_id: UUID = Field(foreign_key="account.id", index=True)
    depth: int
    unit: str = word(AlertUnit.MONEY)
    value: int = minor()
    on: bool = True
