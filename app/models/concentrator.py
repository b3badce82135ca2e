"""Concentrators and the front-ends that hold their links."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.models.columns import key, moment, moment_or_none


class FrontEnd(SQLModel, table=True):
    """A front-end process by name; `beat_at` tells whether it is alive.

    `dropped`: what it refused and dropped since it started, by the names of `headend_client.tally.Mishap`.
    """

    __tablename__ = "front_end"

    name: str = Field(primary_key=True)
    started_at: datetime = moment()
    beat_at: datetime = moment()
    dropped: dict[str, int] | None = Field(default=None, sa_type=JSON)


class Concentrator(SQLModel, table=True):
    """One concentrator of the archive. `front_end` names the process that holds its link now, or is empty.

    The address is that of Q/GDW 1376.1: four BCD digits of region and a terminal number 1..65535.
    `important_seen`, `normal_seen`: its counters EC1 and EC2 up to which we have its events.
    `enabled`: staff expect it; one that is not is not let in.
    `driver`: which way leads there (headend_client.drivers). The address is one of our own where the way has none.
    `host`, `port`: where a gateway that we dial waits for us; `dialled_by`: the front-end that is to hold it.
    `ami_head_end_id`: the existing head end that has the meters behind this place, of the driver `ami` only.
    `link_host`: from where its present or last link came.
    `dropped`: what was dropped of its present or last link, as in FrontEnd; null: nothing ever was.
    """

    __tablename__ = "concentrator"
    __table_args__ = (
        UniqueConstraint("region", "terminal"),
        UniqueConstraint("host", "port", name="one_gateway_a_place"),
        CheckConstraint("terminal between 1 and 65535", name="terminal_in_range"),
        CheckConstraint("region ~ '^[0-9]{4}$'", name="region_is_bcd"),
        CheckConstraint("important_seen between 0 and 255", name="important_seen_in_range"),
        CheckConstraint("normal_seen between 0 and 255", name="normal_seen_in_range"),
        CheckConstraint("(host is null) = (port is null)", name="host_with_port"),
        CheckConstraint("host is not null or driver <> 'dlt645_tcp'", name="dialled_has_host"),
        CheckConstraint("host <> ''", name="host_is_said"),
        CheckConstraint("(driver = 'ami') = (ami_head_end_id is not null)", name="ami_names_its_head_end"),
        CheckConstraint("port between 1 and 65535", name="port_in_range"),
    )

    id: UUID = key()
    node_id: UUID = Field(foreign_key="grid_node.id", index=True)
    name: str
    region: str
    terminal: int
    front_end: str | None = Field(default=None, foreign_key="front_end.name", index=True)
    online_since: datetime | None = moment_or_none()
    heard_at: datetime | None = moment_or_none()
    driver: str = Field(default="gdw1376", sa_column_kwargs={"server_default": "gdw1376"})
    host: str | None = None
    port: int | None = None
    dialled_by: str | None = Field(default=None, foreign_key="front_end.name", index=True)
    ami_head_end_id: UUID | None = Field(default=None, foreign_key="ami_head_end.id", index=True)
    link_host: str | None = None
    enabled: bool = Field(default=True, sa_column_kwargs={"server_default": "true"})
    dropped: dict[str, int] | None = Field(default=None, sa_type=JSON)
    alarm_scheme_id: UUID | None = Field(default=None, foreign_key="alarm_scheme.id", index=True)
    collection_scheme_id: UUID | None = Field(default=None, foreign_key="collection_scheme.id", index=True)
    important_seen: int = 0
    normal_seen: int = 0
    events_asked_at: datetime | None = moment_or_none()


class LinkClaim(SQLModel, table=True):
    """A login under the address of a concentrator that another front-end holds: that one is to prove its link.

    `holder` is asked by whoever asked first; `alive` is its answer, for as long as it is fresh.
    """

    __tablename__ = "link_claim"

    concentrator_id: UUID = Field(foreign_key="concentrator.id", primary_key=True, ondelete="CASCADE")
    holder: str = Field(foreign_key="front_end.name", index=True)
    asked_at: datetime = moment()
    alive: bool | None = None
    answered_at: datetime | None = moment_or_none()
