"""Writes the devices of an operation down as its items: so many a statement that none takes longer than it may.

What is asked of a concentrator itself is left out at once where there is none: a gateway only passes frames on, and the
concentrators of an existing head end are not ours to command.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Subquery, case, literal, tuple_
from sqlalchemy import select as sql_select
from sqlmodel import col, func, insert
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import table_of
from app.domain.operation import TRAITS, DeviceItemState, OperationKind, Subject
from app.models import Concentrator, Operation, OperationItem
from app.services.operations.whom import Whom, devices
from app.terminal_words import GDW1376

NOT_OFFERED = "not_offered"
MOST_ITEMS = 250_000
AT_ONCE = 5_000
_FIRST = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Behind:
    """Where the items go on: behind the `place`-th, which is called `name`. As it is made: from the beginning."""

    place: int = 0
    name: str = ""
    device_id: UUID = _FIRST


async def count_of(db: AsyncSession, row: Operation, whom: Whom) -> int:
    """How many devices it would have, counted up to one more than `MOST_ITEMS`. Raises TooManyTerms."""
    found = _devices(row, whom).limit(MOST_ITEMS + 1).subquery()
    return int((await db.execute(sql_select(func.count()).select_from(found))).scalar_one())


async def add_items(db: AsyncSession, row: Operation, whom: Whom, behind: Behind) -> int:
    """Add an item for each of the next `AT_ONCE` devices by name; return how many there were. Raises TooManyTerms."""
    found = _devices(row, whom).subquery()
    return int((await db.execute(_add_next(row, found, behind))).scalar_one())


async def behind_last(db: AsyncSession, row: Operation) -> Behind:
    """Where the items of an operation go on that was begun to be written down."""
    wanted = sql_select(_ITEM.c.place, _ITEM.c.meter_id, _ITEM.c.concentrator_id)
    last = wanted.where(_ITEM.c.operation_id == row.id).order_by(_ITEM.c.place.desc()).limit(1)
    found = (await db.execute(last)).first()
    if found is None:
        return Behind()
    place, meter_id, concentrator_id = found
    whom = Whom((meter_id,) if meter_id else (), (concentrator_id,) if concentrator_id else ())
    device = (await db.execute(_devices(row, whom))).one()
    return Behind(place, device.name, device.device_id)


def _subject(row: Operation) -> Subject:
    return TRAITS[OperationKind(row.kind)].subject


def _devices(row: Operation, whom: Whom) -> Select[UUID, UUID, str]:
    """As they were meant when it was asked for: a filter of days counts from then."""
    return devices(_subject(row), whom, row.made_at)


def _add_next(row: Operation, found: Subquery, behind: Behind) -> Select[int]:
    """Adds the devices that follow by name and id; says how many."""
    order = found.c.name, found.c.device_id
    numbered = (func.row_number().over(order_by=order) + behind.place).label("place")
    rest = sql_select(*order, found.c.route_id, numbered).where(tuple_(*order) > tuple_(behind.name, behind.device_id))
    taken = rest.order_by(*order).limit(AT_ONCE).cte("taken")
    itself = _subject(row) is Subject.CONCENTRATOR
    first = _FRESH | (_first_of_terminal(row) if itself else {})
    rows = sql_select(
        func.gen_random_uuid(),
        literal(row.id),
        taken.c.place,
        taken.c.device_id,
        taken.c.route_id,
        *first.values(),
    )
    if itself:
        rows = rows.join(Concentrator, col(Concentrator.id) == taken.c.route_id)
    columns = ["id", "operation_id", "place", "concentrator_id" if itself else "meter_id", "route_id", *first]
    added = insert(_ITEM).from_select(columns, rows).returning(_ITEM.c.place).cte("added")
    return sql_select(func.count()).select_from(added)


def _first_of_terminal(row: Operation) -> dict[str, ColumnElement[object]]:
    """How an item about a concentrator begins; where there is none of ours, it has ended."""
    ours = col(Concentrator.driver) == GDW1376
    at: ColumnElement[object] = literal(row.made_at, _ITEM.c.ended_at.type)
    return {
        "state": case((ours, DeviceItemState.WAITING.value), else_=DeviceItemState.LEFT_OUT.value),
        "code": case((ours, ""), else_=NOT_OFFERED),
        "ended_at": case((ours, None), else_=at),
    }


_ITEM = table_of(OperationItem)
_FRESH: dict[str, ColumnElement[object]] = {
    "state": literal(DeviceItemState.WAITING.value),
    "code": literal(""),
    "values": literal({}, _ITEM.c["values"].type),
    "maybe_done": literal(False),
    "tries": literal(0),
}
