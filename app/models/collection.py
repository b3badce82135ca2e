"""What is collected without anybody asking (SPEC H-5), and what concentrators tell (SPEC H-11)."""

from datetime import datetime, time
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.domain.collection import USUAL
from app.models.columns import key, moment, moment_or_none


class CollectionScheme(SQLModel, table=True):
    """采集方案: what is read when. Concentrators name theirs; `usual` holds for those that name none.

    The columns are those of `app.domain.collection.Terms`.
    """

    __tablename__ = "collection_scheme"
    __table_args__ = (
        Index("one_usual_collection_scheme", "usual", unique=True, postgresql_where=text("usual")),
        CheckConstraint("fill_days between 1 and 62", name="fill_days_in_range"),
        CheckConstraint("master_interval_min between 1 and 60", name="master_interval_in_range"),
        CheckConstraint("curve_min in (15, 30, 60)", name="curve_density_known"),
        CheckConstraint("scan_every_min between 0 and 1440", name="scan_every_in_range"),
    )

    id: UUID = key()
    name: str = Field(unique=True)
    usual: bool = False
    on: bool = USUAL.on
    daily_from: time = USUAL.daily_from
    fill_days: int = USUAL.fill_days
    money: bool = USUAL.money
    energy: bool = USUAL.energy
    master_interval_min: int | None = USUAL.master_interval_min
    scan_every_min: int = USUAL.scan_every_min
    events: bool = USUAL.events
    by_tariff: bool = Field(default=USUAL.by_tariff, sa_column_kwargs={"server_default": "false"})
    curve_min: int | None = USUAL.curve_min


class TerminalEvent(SQLModel, table=True):
    """An event as a concentrator told it (AFN 0E), once, whether it was asked or spoke up by itself.

    `erc`: its code in Q/GDW 1376.1. `fingerprint`: what makes two tellings the same event. `point`: the measuring point
    that it is about, and the meter that we had there when it came.
    """

    __tablename__ = "terminal_event"
    __table_args__ = (
        UniqueConstraint("concentrator_id", "fingerprint"),
        CheckConstraint("erc between 1 and 255", name="erc_in_range"),
        Index("terminal_events_by_age", "concentrator_id", "heard_at"),
    )

    id: UUID = key()
    concentrator_id: UUID = Field(foreign_key="concentrator.id")
    meter_id: UUID | None = Field(default=None, foreign_key="meter.id", index=True)
    erc: int
    point: int | None = None
    fingerprint: str
    content: dict[str, object] = Field(default_factory=dict, sa_type=JSON)
    at: datetime | None = moment_or_none()
    heard_at: datetime = moment()


class MasterInterval(SQLModel, table=True):
    """How often a concentrator reads its master meters, as its scheme has it told (AFN 04 F24).

    `minutes`: what it was told last. `proved_at`: when it was last read back so. `trouble`: why it is not so, a code.
    """

    __tablename__ = "master_interval"
    __table_args__ = (
        CheckConstraint("minutes between 1 and 60", name="minutes_in_range"),
        CheckConstraint("(proved_at is null) = (trouble <> '')", name="proved_or_in_trouble"),
    )

    concentrator_id: UUID = Field(primary_key=True, foreign_key="concentrator.id")
    minutes: int
    tried_at: datetime = moment()
    proved_at: datetime | None = moment_or_none()
    trouble: str = ""
