"""Operations on devices, and what became of each device (SPEC H-3)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.domain.operation import DeviceItemState, OperationKind, OperationState
from app.models.columns import key, moment, moment_or_none, one_of, word


class Operation(SQLModel, table=True):
    """One wish: `kind` done to every item. `arguments`: as app.domain.operation_arguments reads them.

    `made_by` None: a schedule made it. `reason`: why, in the words of whoever asked, where the kind wants one.
    `forced_by`: the second person who let something through that the calendar forbids. `subject_name`: whom it is for,
    for lists: a number, or how many. `whom`: which devices it is for, while they are still being written down as items;
    until then `item_count` is how many there were when it was asked for.
    """

    __tablename__ = "operation"
    __table_args__ = (
        one_of("kind", OperationKind),
        one_of("state", OperationState),
        CheckConstraint("item_count >= 0", name="item_count_not_negative"),
        Index("operations_by_age", "made_at", "id"),
    )

    id: UUID = key()
    kind: str
    state: str = word(OperationState.RUNNING)
    arguments: dict[str, str | int | list[str] | None] = Field(default_factory=dict, sa_type=JSON)
    reason: str = ""
    subject_name: str = ""
    item_count: int = 0
    whom: dict[str, object] | None = Field(default=None, sa_type=JSON)
    made_by: UUID | None = Field(default=None, foreign_key="staff.id", index=True)
    forced_by: UUID | None = Field(default=None, foreign_key="staff.id")
    made_at: datetime = moment()
    starts_at: datetime | None = moment_or_none()
    started_at: datetime | None = moment_or_none()
    resumed_at: datetime | None = moment_or_none()
    ended_at: datetime | None = moment_or_none()
    ended_by: UUID | None = Field(default=None, foreign_key="staff.id")


class OperationItem(SQLModel, table=True):
    """One device of an operation. `values`: what it said, by names of registers. `code`: why it ended so.

    `maybe_done`: bytes have left that may have changed the device. `route_id`: the concentrator that leads there, as it
    was when the item was made or last tried. Each device stands in an operation once, and is in
    one changing operation of a kind at a time: that is what `app.services.operations` locks for.
    """

    __tablename__ = "operation_item"
    __table_args__ = (
        UniqueConstraint("operation_id", "place"),
        one_of("state", DeviceItemState),
        CheckConstraint("(meter_id is null) <> (concentrator_id is null)", name="one_device"),
        Index(
            "operation_items_waiting", "operation_id", "route_id", "place", postgresql_where=text("state = 'waiting'")
        ),
        Index("operation_items_under_way", "operation_id", "route_id", postgresql_where=text("state = 'under_way'")),
        Index("operation_items_of_meter", "meter_id", "ended_at"),
        Index("operation_items_of_concentrator", "concentrator_id", "ended_at"),
    )

    id: UUID = key()
    operation_id: UUID = Field(foreign_key="operation.id")
    place: int
    meter_id: UUID | None = Field(default=None, foreign_key="meter.id")
    concentrator_id: UUID | None = Field(default=None, foreign_key="concentrator.id")
    route_id: UUID = Field(foreign_key="concentrator.id")
    state: str = word(DeviceItemState.WAITING)
    code: str = ""
    values: dict[str, str | int | None] = Field(default_factory=dict, sa_type=JSON)
    maybe_done: bool = False
    tries: int = 0
    began_at: datetime | None = moment_or_none()
    ended_at: datetime | None = moment_or_none()
