"""Hand-held files and returns as the console shows them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select as sql_select
from sqlalchemy.orm import aliased
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.handheld import HandheldState, LineState
from app.domain.operation import DeviceItemState
from app.models import HandheldFile, HandheldLine, HandheldReturn, HandheldRow, Meter, OperationItem, Purchase, Staff

PAGE = 30
LINES = 200
ROWS = 200
_LATEST = 10


@dataclass(frozen=True, slots=True)
class FileLine:
    """A file for a list. `counts`: how many of its orders stand how."""

    file: HandheldFile
    maker: str
    counts: dict[LineState, int]

    def overdue(self, now: datetime) -> bool:
        """Should it have come back by now?"""
        return self.file.state == HandheldState.OUT and self.file.due_at < now


@dataclass(frozen=True, slots=True)
class OrderLine:
    """An order for a list. `ref`, `credit_minor`: of the purchase that travels."""

    line: HandheldLine
    meter_number: str
    ref: str | None
    credit_minor: int | None


@dataclass(frozen=True, slots=True)
class RowLine:
    """A row that came back. `file_ref`, `meter_number`: of the order that it is about, where we know it."""

    row: HandheldRow
    file_id: UUID | None
    file_ref: str | None
    kind: str | None
    meter_number: str | None


@dataclass(frozen=True, slots=True)
class ReturnLine:
    """A return for a list. `counts`: how many rows were found what; "" are those not looked at yet."""

    returned: HandheldReturn
    taker: str
    counts: dict[str, int]


async def list_files(db: AsyncSession, state: HandheldState | None, skip: int) -> tuple[list[FileLine], bool]:
    """The newest first; say also whether there are more."""
    wanted = select(HandheldFile, Staff.name).join(Staff, col(Staff.id) == col(HandheldFile.made_by))
    if state is not None:
        wanted = wanted.where(HandheldFile.state == state)
    ordered = wanted.order_by(col(HandheldFile.made_at).desc(), col(HandheldFile.id))
    found = (await db.exec(ordered.offset(skip).limit(PAGE + 1))).all()
    counts = await _counts(db, [file.id for file, _ in found])
    return [FileLine(file, name, counts.get(file.id, {})) for file, name in found[:PAGE]], len(found) > PAGE


async def _counts(db: AsyncSession, ids: list[UUID]) -> dict[UUID, dict[LineState, int]]:
    wanted = sql_select(col(HandheldLine.file_id), col(HandheldLine.state), func.count())
    its = wanted.where(col(HandheldLine.file_id).in_(ids))
    found: dict[UUID, dict[LineState, int]] = {}
    for file_id, state, count in await db.execute(its.group_by(col(HandheldLine.file_id), col(HandheldLine.state))):
        found.setdefault(file_id, {})[LineState(state)] = count
    return found


@dataclass(frozen=True, slots=True)
class Seen:
    """A file with those who had to do with it."""

    line: FileLine
    closer: str | None


async def one(db: AsyncSession, file_id: UUID) -> Seen:
    """Raises NoResultFound."""
    maker, closer = aliased(Staff), aliased(Staff)
    wanted = (
        select(HandheldFile, maker.name, closer.name)
        .join(maker, col(maker.id) == col(HandheldFile.made_by))
        .join(closer, col(closer.id) == col(HandheldFile.closed_by), isouter=True)
    )
    file, made_by, closed_by = (await db.exec(wanted.where(HandheldFile.id == file_id))).one()
    counts = await _counts(db, [file_id])
    return Seen(FileLine(file, made_by, counts.get(file_id, {})), closed_by)


async def lines(db: AsyncSession, file_id: UUID, after: int = 0, most: int = LINES) -> list[OrderLine]:
    """The orders of a file from behind place `after`."""
    wanted = (
        sql_select(HandheldLine, col(Meter.number), col(Purchase.ref), col(Purchase.credit_minor))
        .join(Meter, col(Meter.id) == col(HandheldLine.meter_id))
        .join(Purchase, col(Purchase.id) == col(HandheldLine.purchase_id), isouter=True)
        .where(col(HandheldLine.file_id) == file_id, col(HandheldLine.place) > after)
    )
    return [OrderLine(*row) for row in await db.execute(wanted.order_by(col(HandheldLine.place)).limit(most))]


async def latest_returns(db: AsyncSession) -> list[ReturnLine]:
    """The last files of results that were handed in."""
    wanted = select(HandheldReturn, Staff.name).join(Staff, col(Staff.id) == col(HandheldReturn.taken_by))
    found = (await db.exec(wanted.order_by(col(HandheldReturn.at).desc()).limit(_LATEST))).all()
    return [ReturnLine(row, name, await _found(db, row.id)) for row, name in found]


async def one_return(db: AsyncSession, return_id: UUID) -> ReturnLine:
    """Raises NoResultFound."""
    wanted = select(HandheldReturn, Staff.name).join(Staff, col(Staff.id) == col(HandheldReturn.taken_by))
    row, name = (await db.exec(wanted.where(HandheldReturn.id == return_id))).one()
    return ReturnLine(row, name, await _found(db, return_id))


async def _found(db: AsyncSession, return_id: UUID) -> dict[str, int]:
    wanted = select(HandheldRow.finding, func.count()).where(HandheldRow.return_id == return_id)
    return dict((await db.exec(wanted.group_by(HandheldRow.finding))).all())


async def rows(db: AsyncSession, return_id: UUID, finding: str = "", after: int = 0, most: int = ROWS) -> list[RowLine]:
    """The rows of a return from behind row `after`; with `finding`, those that were found that."""
    wanted = (
        sql_select(HandheldRow, col(HandheldFile.id), col(HandheldFile.ref), col(HandheldFile.kind), col(Meter.number))
        .join(HandheldLine, col(HandheldLine.id) == col(HandheldRow.line_id), isouter=True)
        .join(HandheldFile, col(HandheldFile.id) == col(HandheldLine.file_id), isouter=True)
        .join(Meter, col(Meter.id) == col(HandheldLine.meter_id), isouter=True)
        .where(col(HandheldRow.return_id) == return_id, col(HandheldRow.row) > after)
    )
    if finding:
        wanted = wanted.where(col(HandheldRow.finding) == finding)
    return [RowLine(*row) for row in await db.execute(wanted.order_by(col(HandheldRow.row)).limit(most))]


async def unreached(db: AsyncSession, operation_id: UUID) -> int:
    """How many devices an operation did not reach."""
    wanted = select(func.count()).select_from(OperationItem).where(OperationItem.operation_id == operation_id)
    return (await db.exec(wanted.where(OperationItem.state == DeviceItemState.UNREACHED))).one()
