"""Levels set for many accounts at once: what was asked, what it would come to for each, and what was applied (B-6)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, JSON, BigInteger, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.domain.level_change import ChangeKind, ChangeState
from app.models.columns import key, minor_or_none, moment, moment_or_none, one_of, word


class LevelChange(SQLModel, table=True):
    """One change for many. `wanted`: whom and what, as it was asked. `cursor`: how far drafting or applying has come.

    `policies`: a print of every policy when it was drafted; another one makes the preview stale.
    """

    __tablename__ = "level_change"
    __table_args__ = (one_of("kind", ChangeKind), one_of("state", ChangeState))

    id: UUID = key()
    kind: str
    state: str = word(ChangeState.DRAFTING)
    wanted: dict[str, object] = Field(default_factory=dict, sa_type=JSON)
    staff_id: UUID | None = Field(default=None, foreign_key="staff.id")
    made_at: datetime = moment(index=True)
    policies: str = ""
    cursor: UUID | None = None
    applied_at: datetime | None = moment_or_none()
    ended_at: datetime | None = moment_or_none()


class LevelChangeItem(SQLModel, table=True):
    """One account of it. Money in minor units, by depth; `kept`: why it stays as it was, empty where it changes.

    `before`: a print of the account's settings when it was drafted. `depth_after`: where its meter would stand.
    """

    __tablename__ = "level_change_item"
    __table_args__ = (
        UniqueConstraint("change_id", "account_id"),
        Index("level_change_in_order", "change_id", "number"),
    )

    id: UUID = key()
    change_id: UUID = Field(foreign_key="level_change.id", index=True)
    account_id: UUID = Field(foreign_key="account.id")
    number: str
    average_minor: int | None = minor_or_none()
    olds: list[int | None] = Field(sa_type=ARRAY(BigInteger))
    news: list[int | None] = Field(sa_type=ARRAY(BigInteger))
    set_values: list[int] = Field(sa_type=ARRAY(BigInteger))
    before: str
    kept: str = ""
    depth_before: int = 0
    depth_after: int = 0
    applied_at: datetime | None = moment_or_none()
