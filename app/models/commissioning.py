"""Trials before a meter goes live (SPEC H-13)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, Index, text
from sqlmodel import Field, SQLModel

from app.domain.commissioning import CommissioningState, Trial
from app.models.columns import key, moment, moment_or_none, one_of, word


class CommissioningRun(SQLModel, table=True):
    """Meters that are tried together, one trial after the other. `operation_id`: the trial that is under way.

    `limits`: what every meter is to run under, as `app.domain.operation_arguments` reads it; empty: as they are.
    """

    __tablename__ = "commissioning_run"
    __table_args__ = (one_of("trial", Trial), Index("commissioning_runs_by_age", "made_at", "id"))

    id: UUID = key()
    made_by: UUID = Field(foreign_key="staff.id", index=True)
    made_at: datetime = moment()
    ended_at: datetime | None = moment_or_none()
    limits: dict[str, int] = Field(default_factory=dict, sa_type=JSON)
    trial: str = word(Trial.PARAMETERS)
    operation_id: UUID | None = Field(default=None, foreign_key="operation.id", index=True)


class Commissioning(SQLModel, table=True):
    """One meter of a run. `outcomes`: how each trial ended, by its name; `codes`: why; `items`: where it is told.

    `has_wallet`: it holds its money itself. `power_kept`: keep-power was on before, and so stays on.
    """

    __tablename__ = "commissioning"
    __table_args__ = (
        one_of("state", CommissioningState),
        Index("one_running_commissioning", "meter_id", unique=True, postgresql_where=text("state = 'running'")),
    )

    id: UUID = key()
    run_id: UUID = Field(foreign_key="commissioning_run.id", index=True)
    meter_id: UUID = Field(foreign_key="meter.id", index=True)
    state: str = word(CommissioningState.RUNNING)
    outcomes: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    codes: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    items: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    has_wallet: bool = True
    power_kept: bool = False
    ended_at: datetime | None = moment_or_none()
