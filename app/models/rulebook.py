"""The utility's rules as data."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from app.models.columns import moment


class RuleSet(SQLModel, table=True):
    """One set of rules by its code (`app.domain.rules`), as the words of its form; without a row its defaults hold."""

    __tablename__ = "rule_set"

    code: str = Field(primary_key=True)
    rules: dict[str, object] = Field(default_factory=dict, sa_type=JSON)
    changed_by: UUID | None = Field(default=None, foreign_key="staff.id")
    changed_at: datetime = moment()
