"""What the utility's papers call a meter and the place where it measures (SPEC B-1)."""

from uuid import UUID

from sqlmodel import Field, SQLModel


class MeteringPoint(SQLModel, table=True):
    """计量点: a place in the utility's papers where energy is measured. It stays when the meter there is exchanged.

    Not the measuring point (测量点), the number under which a concentrator knows a meter.
    """

    __tablename__ = "metering_point"

    meter_id: UUID = Field(primary_key=True, foreign_key="meter.id")
    code: str | None = Field(default=None, unique=True)
    name: str | None = None


class MeterAsset(SQLModel, table=True):
    """资产编号: the number under which the utility owns a meter. It goes with the meter, also into the store."""

    __tablename__ = "meter_asset"

    meter_id: UUID = Field(primary_key=True, foreign_key="meter.id")
    number: str = Field(unique=True)
