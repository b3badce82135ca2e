"""How meters hang at concentrators, master meters with their curves, and groups that keep what was bought."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.domain.archive import Line, Protocol
from app.domain.curve import Quantity
from app.domain.purchase_control import CountedIn
from app.models.columns import key, moment, moment_or_none, one_of, word

_DIGITS = "~ '^[0-9]{12}$'"


class ArchiveRules(SQLModel, table=True):
    """档案规则: how a make of concentrator numbers protocols and ports, and the address rule of ZigBee modules.

    The columns are those of `app.domain.archive.ArchiveTerms`. `usual` holds for concentrators that name none.
    """

    __tablename__ = "archive_rules"
    __table_args__ = (
        Index("one_usual_archive_rules", "usual", unique=True, postgresql_where=text("usual")),
        CheckConstraint("carrier_port between 1 and 31", name="carrier_port_in_range"),
        CheckConstraint("zigbee_port between 1 and 31", name="zigbee_port_in_range"),
        CheckConstraint("master_port between 1 and 31", name="master_port_in_range"),
        CheckConstraint("zigbee_prefix ~ '^[0-9]{0,12}$'", name="zigbee_prefix_is_digits"),
    )

    id: UUID = key()
    name: str = Field(unique=True)
    usual: bool = False
    numbers: dict[str, int] = Field(sa_type=JSON)
    carrier_port: int = 31
    zigbee_port: int = 31
    wired_ports: list[int] = Field(sa_type=JSON)
    master_port: int = 2
    zigbee_prefix: str = ""


class ConcentratorRules(SQLModel, table=True):
    """Which archive rules a concentrator has, where they are not the usual ones."""

    __tablename__ = "concentrator_rules"

    concentrator_id: UUID = Field(primary_key=True, foreign_key="concentrator.id")
    rules_id: UUID = Field(foreign_key="archive_rules.id", index=True)


class MeterLine(SQLModel, table=True):
    """How a meter hangs at its concentrator, beside the port. One without a row: as its port says, DL/T 645-2007.

    `collector`: the address of what is in between; null: by the rule. `held_as`: what its concentrator was proved to
    have of it (`app.services.archive.holding`); something else now: it is not downloaded yet.
    """

    __tablename__ = "meter_line"
    __table_args__ = (
        one_of("line", Line),
        one_of("protocol", Protocol),
        CheckConstraint(f"collector {_DIGITS}", name="collector_is_bcd"),
    )

    meter_id: UUID = Field(primary_key=True, foreign_key="meter.id")
    line: str = word(Line.CARRIER)
    protocol: str = word(Protocol.DLT645_2007)
    baud: int = 0
    collector: str | None = None
    held_as: str | None = None
    held_at: datetime | None = moment_or_none()


class MeterGroup(SQLModel, table=True):
    """A meter whose purchases its terminal keeps, in a total group with switches of its own (SPEC H-14).

    `rounds`: bits, the first switch the lowest. `alarm`, `trip`: minor units or kWh, as `counted_in` says. A row of
    another concentrator than the meter's own means nothing.
    """

    __tablename__ = "meter_group"
    __table_args__ = (
        UniqueConstraint("concentrator_id", "number"),
        one_of("counted_in", CountedIn),
        CheckConstraint("number between 1 and 8", name="group_in_range"),
        CheckConstraint("rounds between 1 and 255", name="rounds_in_range"),
        CheckConstraint("trip >= 0 and alarm >= trip", name="alarm_before_trip"),
    )

    meter_id: UUID = Field(primary_key=True, foreign_key="meter.id")
    concentrator_id: UUID = Field(foreign_key="concentrator.id")
    number: int
    rounds: int
    counted_in: str = word(CountedIn.MONEY)
    alarm: int = 0
    trip: int = 0


class EnergyPurchase(SQLModel, table=True):
    """What a purchase is in a terminal that counts kWh: fixed when it was paid, at the price of that moment."""

    __tablename__ = "energy_purchase"
    __table_args__ = (
        CheckConstraint("energy_kwh > 0 and price_e4 > 0", name="something_bought"),
        CheckConstraint("rounding_minor >= 0", name="rounded_up"),
    )

    purchase_id: UUID = Field(primary_key=True, foreign_key="purchase.id")
    energy_kwh: int
    price_e4: int
    rounding_minor: int = 0


class MasterMeter(SQLModel, table=True):
    """总表: measures a transformer area as a whole, on its concentrator's RS-485 port 1. No customer pays for it."""

    __tablename__ = "master_meter"
    __table_args__ = (
        UniqueConstraint("concentrator_id", "point"),
        one_of("protocol", Protocol),
        CheckConstraint(f"address {_DIGITS}", name="address_is_bcd"),
        CheckConstraint("point between 1 and 2040", name="point_in_range"),
    )

    id: UUID = key()
    concentrator_id: UUID = Field(foreign_key="concentrator.id", index=True)
    name: str
    address: str = Field(unique=True)
    protocol: str = word(Protocol.DLT645_2007)
    port: int = 2
    baud: int = 0
    point: int
    held_at: datetime | None = moment_or_none()
    curves_asked_at: datetime | None = moment_or_none()


class Curve(SQLModel, table=True):
    """One day of one quantity of a master meter. `values`: every `minutes`, from midnight; null: not (yet) known."""

    __tablename__ = "curve"
    __table_args__ = (one_of("quantity", Quantity), CheckConstraint("minutes in (15, 30, 60)", name="density_known"))

    master_id: UUID = Field(primary_key=True, foreign_key="master_meter.id")
    quantity: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    minutes: int
    values: list[int | None] = Field(sa_type=JSON)
    read_at: datetime = moment()
