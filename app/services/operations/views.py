"""What became of operations: the list of them, one as it stands, its items, and all that was done to a device."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy import select as sql_select
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.operation import (
    ENDED,
    TRAITS,
    DeviceItemState,
    OperationAct,
    OperationKind,
    OperationState,
    Traits,
    allowed,
)
from app.models import Audit, Concentrator, Exchange, Meter, Operation, OperationItem, Staff
from app.services.operations.acts import waits_for_second

PAGE = 30
ITEMS = 100
OF_DEVICE = 30


@dataclass(frozen=True, slots=True)
class Line:
    """An operation in the list. `counts`: how many of its items stand how; states without any are not there."""

    operation: Operation
    maker: str
    counts: dict[DeviceItemState, int]

    @property
    def ended(self) -> int:
        """How many of its items have ended."""
        return sum(count for state, count in self.counts.items() if state in ENDED)

    @property
    def through(self) -> int:
        """Per cent of its items that have ended."""
        return 100 * self.ended // max(1, self.operation.item_count)


@dataclass(frozen=True, slots=True)
class Progress:
    """One operation as it stands. `codes`: how many ended in a state for a reason. `rate_a_minute`: items that have
    ended since it began, a minute; None where nothing can be said."""

    line: Line
    forced_by: str = ""
    ender: str = ""
    codes: tuple[tuple[DeviceItemState, str, int], ...] = ()
    acts: tuple[tuple[Audit, str], ...] = ()
    linked: int = 0
    rate_a_minute: float | None = None

    @property
    def operation(self) -> Operation:
        """The row."""
        return self.line.operation

    @property
    def traits(self) -> Traits:
        """What its kind is."""
        return TRAITS[OperationKind(self.operation.kind)]

    @property
    def waits_for_second(self) -> bool:
        """Does it wait for a second person?"""
        return waits_for_second(self.operation) and self.operation.state == OperationState.PAUSED

    @property
    def may(self) -> frozenset[OperationAct]:
        """What may be done to it; to let it through is `acts.force`."""
        found = allowed(OperationState(self.operation.state))
        return found - {OperationAct.RESUME} if self.waits_for_second else found


@dataclass(frozen=True, slots=True)
class Listing:
    """Which operations are asked for; what is empty is not asked."""

    kinds: tuple[OperationKind, ...] = ()
    states: tuple[OperationState, ...] = ()
    staff_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which items: in which states, ended for which reason, and behind which place."""

    states: tuple[DeviceItemState, ...] = ()
    code: str = ""
    after: int = 0


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One item with what its device is called: a meter's number, or nothing; the concentrator that leads there."""

    item: OperationItem
    meter_number: str
    concentrator: str
    linked: bool


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that was done to one device."""

    item: OperationItem
    operation: Operation
    maker: str


@dataclass(slots=True)
class _Counted:
    states: dict[DeviceItemState, int] = field(default_factory=dict)
    codes: list[tuple[DeviceItemState, str, int]] = field(default_factory=list)


async def list_operations(db: AsyncSession, wanted: Listing, skip: int) -> tuple[list[Line], bool]:
    """A page of operations, the newest first, and whether there are more."""
    rows = select(Operation, Staff.name).join(Staff, col(Staff.id) == col(Operation.made_by), isouter=True)
    rows = rows.where(*_asked(wanted)).order_by(col(Operation.made_at).desc(), col(Operation.id))
    found = (await db.exec(rows.offset(skip).limit(PAGE + 1))).all()
    counted = await _counts(db, [row.id for row, _ in found[:PAGE]])
    return [Line(row, name or "", counted[row.id].states) for row, name in found[:PAGE]], len(found) > PAGE


def _asked(wanted: Listing) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.kinds:
        found.append(col(Operation.kind).in_(wanted.kinds))
    if wanted.states:
        found.append(col(Operation.state).in_(wanted.states))
    if wanted.staff_id is not None:
        found.append(col(Operation.made_by) == wanted.staff_id)
    return found


async def _counts(db: AsyncSession, operation_ids: Sequence[UUID]) -> dict[UUID, _Counted]:
    about = col(OperationItem.operation_id), col(OperationItem.state), col(OperationItem.code)
    wanted = sql_select(*about, func.count()).where(about[0].in_(operation_ids)).group_by(*about)
    found = {operation_id: _Counted() for operation_id in operation_ids}
    for operation_id, state, code, count in await db.execute(wanted.order_by(func.count().desc(), about[2])):
        counted, word = found[operation_id], DeviceItemState(state)
        counted.states[word] = counted.states.get(word, 0) + count
        if code:
            counted.codes.append((word, code, count))
    return found


async def progress(db: AsyncSession, operation_id: UUID, now: datetime) -> Progress | None:
    """How one operation stands; None for an unknown one."""
    row = await db.get(Operation, operation_id)
    if row is None:
        return None
    counted = (await _counts(db, [row.id]))[row.id]
    line = Line(row, await _name(db, row.made_by), counted.states)
    return Progress(
        line=line,
        forced_by=await _name(db, row.forced_by),
        ender=await _name(db, row.ended_by),
        codes=tuple(counted.codes),
        acts=await _acts(db, row.id),
        linked=await _linked(db, row.id),
        rate_a_minute=_rate(line, now),
    )


def _rate(line: Line, now: datetime) -> float | None:
    began, ended = line.operation.started_at, line.operation.ended_at or now
    seconds = (ended - began).total_seconds() if began else 0.0
    return 60 * line.ended / seconds if seconds > 0 and line.ended else None


async def _linked(db: AsyncSession, operation_id: UUID) -> int:
    """How many devices are behind a concentrator that is on line."""
    wanted = select(func.count()).select_from(OperationItem)
    wanted = wanted.join(Concentrator, col(Concentrator.id) == col(OperationItem.route_id))
    wanted = wanted.where(OperationItem.operation_id == operation_id, col(Concentrator.front_end).is_not(None))
    return (await db.exec(wanted)).one()


async def _name(db: AsyncSession, staff_id: UUID | None) -> str:
    staff = await db.get(Staff, staff_id) if staff_id else None
    return staff.name if staff else ""


async def _acts(db: AsyncSession, operation_id: UUID) -> tuple[tuple[Audit, str], ...]:
    wanted = select(Audit, Staff.name).join(Staff, col(Staff.id) == col(Audit.staff_id), isouter=True)
    rows = await db.exec(wanted.where(Audit.subject_id == operation_id).order_by(col(Audit.at)))
    return tuple((act, name or "") for act, name in rows)


async def items(db: AsyncSession, operation_id: UUID, wanted: Wanted, most: int = ITEMS) -> list[ItemLine]:
    """The next items in the order of their places: numbers of meters, names of concentrators."""
    rows = select(OperationItem, Meter.number, Concentrator.name, col(Concentrator.front_end).is_not(None))
    rows = rows.join(Meter, col(Meter.id) == col(OperationItem.meter_id), isouter=True)
    rows = rows.join(Concentrator, col(Concentrator.id) == col(OperationItem.route_id))
    rows = rows.where(OperationItem.operation_id == operation_id, col(OperationItem.place) > wanted.after)
    if wanted.states:
        rows = rows.where(col(OperationItem.state).in_(wanted.states))
    if wanted.code:
        rows = rows.where(OperationItem.code == wanted.code)
    found = await db.exec(rows.order_by(col(OperationItem.place)).limit(most))
    return [ItemLine(item, number or "", name, linked) for item, number, name, linked in found]


async def of_meter(db: AsyncSession, meter_id: UUID, most: int = OF_DEVICE) -> list[Deed]:
    """What was done to a meter, what is under way first, then the newest."""
    return await _deeds(db, col(OperationItem.meter_id) == meter_id, most)


async def of_concentrator(db: AsyncSession, concentrator_id: UUID, most: int = OF_DEVICE) -> list[Deed]:
    """What was done to a concentrator itself, what is under way first, then the newest."""
    return await _deeds(db, col(OperationItem.concentrator_id) == concentrator_id, most)


async def _deeds(db: AsyncSession, about: ColumnElement[bool], most: int) -> list[Deed]:
    rows = select(OperationItem, Operation, Staff.name)
    rows = rows.join(Operation, col(Operation.id) == col(OperationItem.operation_id))
    rows = rows.join(Staff, col(Staff.id) == col(Operation.made_by), isouter=True).where(about)
    newest = col(OperationItem.ended_at).desc().nulls_first(), col(Operation.made_at).desc()
    return [Deed(item, row, name or "") for item, row, name in await db.exec(rows.order_by(*newest).limit(most))]


async def frames(db: AsyncSession, item_id: UUID) -> list[Exchange]:
    """The frames of one item, in their order."""
    wanted = select(Exchange).where(Exchange.item_id == item_id)
    return list(await db.exec(wanted.order_by(col(Exchange.at), col(Exchange.direction))))
