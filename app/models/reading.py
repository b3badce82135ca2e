"""What meters told us."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.domain.wallet import ReadingKind
from app.models.columns import key, moment, one_of


class Reading(SQLModel, table=True):
    """One figure of one meter for one day. Money in minor units, energy in Wh.

    The unique constraint is the index by meter too: two rows a meter and day, so each index is paid for by the million.
    So is a foreign key: it looks for the meter at every row and was a fifth of a round's work in the database. Whoever
    stores figures holds the lock of their meters, so they are there; a trigger refuses to delete a meter with readings.
    """

    __tablename__ = "reading"
    __table_args__ = (UniqueConstraint("meter_id", "day", "kind"), one_of("kind", ReadingKind))

    id: UUID = key()
    meter_id: UUID
    day: date
    kind: str
    value: int = Field(sa_type=BigInteger)
    source: str
    read_at: datetime = moment()


class RelayState(SQLModel, table=True):
    """Status word 3 as it was read, each time it was read (DL/T 645-2007, 04000503)."""

    __tablename__ = "relay_state"

    id: UUID = key()
    meter_id: UUID = Field(foreign_key="meter.id", index=True)
    purchase_id: UUID | None = Field(default=None, foreign_key="purchase.id", index=True)
    relay_open: bool
    command_open: bool
    keep_power: bool
    after_verb: str
    read_at: datetime = moment(index=True)
