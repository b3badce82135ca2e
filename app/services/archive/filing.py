"""Takes in a file that says how meters hang: looked at first, applied by a second wish, each row for itself (H-15).

What is shown before it is applied is what is applied: a row whose meter hangs otherwise by then changes nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import insert
from sqlmodel import col, delete, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import table_of
from app.domain.archive import BadHanging, check
from app.domain.hanging_file import Finding, Move, RowFault, Standing, Wish, clashes, meant, read_standing
from app.models import Audit, HangingFile, HangingRow, MasterMeter, Meter, Staff
from app.services.archive import bulk
from app.services.archive.bulk import Known
from app.services.archive.sheet import Sheet

PAGE = 200
_LONGEST_NAME = 100
_AT_ONCE = 1_000
_ROW = table_of(HangingRow)


class FileRefused(Exception):
    """What cannot be done with a file. `code`: file_applied, file_nothing."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Judged:
    """A row beside what is known: `finding`, in which `field` it is wrong, and what it would change."""

    row: int
    number: str
    meter_id: UUID | None
    finding: str
    field: str = ""
    value: str = ""
    before: str = ""
    after: str = ""


async def take(db: AsyncSession, name: str, sheet: Sheet, staff_id: UUID, now: datetime) -> HangingFile:
    """Keep a file with what each row of it would change; one that the same person never applied goes."""
    await _forget_unapplied(db, staff_id)
    row = HangingFile(id=uuid4(), name=name[:_LONGEST_NAME], row_count=sheet.count, taken_by=staff_id, at=now)
    db.add(row)
    await db.flush()
    judged = await _judge(db, sheet.wishes)
    judged += [Judged(b.row, "", None, b.code, b.column, b.value) for b in sheet.broken]
    lines = [{"file_id": row.id, **asdict(each)} for each in judged]
    for start in range(0, len(lines), _AT_ONCE):
        await db.execute(insert(_ROW), lines[start : start + _AT_ONCE])
    detail: dict[str, str | int | None] = {"name": row.name, "rows": row.row_count}
    db.add(Audit(staff_id=staff_id, act="hanging_file_taken", subject_id=row.id, detail=detail, at=now))
    return row


async def _forget_unapplied(db: AsyncSession, staff_id: UUID) -> None:
    mine = select(HangingFile.id).where(HangingFile.taken_by == staff_id, col(HangingFile.applied_at).is_(None))
    ids = list(await db.exec(mine.with_for_update()))
    await db.execute(delete(HangingRow).where(col(HangingRow.file_id).in_(ids)))
    await db.execute(delete(HangingFile).where(col(HangingFile.id).in_(ids)))


async def _judge(db: AsyncSession, wishes: Sequence[Wish]) -> list[Judged]:
    known = await bulk.by_number(db, [wish.number for wish in wishes])
    found = {wish.row: _one(wish, known.get(wish.number)) for wish in wishes}
    lost = await _lost(db, {row: each for row, each in found.items() if each.finding == Finding.CHANGE}, known)
    return [_refused(each, RowFault.POINT_TAKEN, "point") if row in lost else each for row, each in found.items()]


def _one(wish: Wish, known: Known | None) -> Judged:
    if known is None:
        return Judged(wish.row, wish.number, None, RowFault.METER_UNKNOWN, "meter", wish.number)
    if known.removed:
        return Judged(wish.row, wish.number, known.meter_id, RowFault.METER_REMOVED, "meter", wish.number)
    after = meant(wish, known.standing, known.terms)
    judged = Judged(
        wish.row, wish.number, known.meter_id, Finding.CHANGE, before=known.standing.spelled, after=after.spelled
    )
    return _checked(judged, known, after)


def _checked(judged: Judged, known: Known, after: Standing) -> Judged:
    """The same, or why it cannot be."""
    if judged.before == judged.after:
        return Judged(judged.row, judged.number, judged.meter_id, Finding.SAME, before=judged.before)
    if known.kept_by_terminal and after.point != known.standing.point:
        return _refused(judged, RowFault.POINT_KEPT, "point")
    try:
        check(after.hanging, known.terms)
    except BadHanging as bad:
        return _refused(judged, f"bad_{bad.field}", bad.field)
    return judged


def _refused(judged: Judged, code: str, column: str) -> Judged:
    words = dict(zip(bulk.WORDS, judged.after.split(), strict=True))
    return Judged(judged.row, judged.number, judged.meter_id, code, column, words.get(column, ""), judged.before)


async def _lost(db: AsyncSession, rows: Mapping[int, Judged], known: Mapping[str, Known]) -> frozenset[int]:
    """Rows whose measuring point is somebody else's at the same concentrator."""
    moves: dict[UUID, dict[int, Move]] = {}
    moving: set[UUID] = set()
    for row, each in rows.items():
        there = known[each.number]
        point = read_standing(there.standing.hanging.address, each.after).point
        if point is not None and point != there.standing.point:
            moves.setdefault(there.concentrator_id, {})[row] = Move(row, there.standing.point, point)
            moving.add(there.meter_id)
    held = await _points(db, list(moves), moving)
    return frozenset(row for place, its in moves.items() for row in clashes(its, frozenset(held.get(place, ()))))


async def _points(db: AsyncSession, places: Sequence[UUID], but: Collection[UUID]) -> dict[UUID, set[int]]:
    """The points that are held at these concentrators, but for some meters."""
    found: dict[UUID, set[int]] = {}
    meters = select(Meter.id, Meter.concentrator_id, Meter.point).where(col(Meter.concentrator_id).in_(places))
    for meter_id, place, point in await db.exec(meters.where(col(Meter.point).is_not(None))):
        if meter_id not in but and point is not None:
            found.setdefault(place, set()).add(point)
    masters = select(MasterMeter.concentrator_id, MasterMeter.point)
    for place, point in await db.exec(masters.where(col(MasterMeter.concentrator_id).in_(places))):
        found.setdefault(place, set()).add(point)
    return found


async def apply(db: AsyncSession, file_id: UUID, staff_id: UUID, now: datetime) -> int:
    """Let the meters hang as the file says, once; return how many changed. Raises FileRefused, NoResultFound."""
    file = await db.get_one(HangingFile, file_id, with_for_update=True)
    if file.applied_at is not None:
        raise FileRefused("file_applied")
    wanted = select(HangingRow).where(HangingRow.file_id == file_id, HangingRow.finding == Finding.CHANGE)
    rows = list(await db.exec(wanted.order_by(col(HangingRow.row))))
    if not rows:
        raise FileRefused("file_nothing")
    known = await bulk.by_number(db, [row.number for row in rows], lock=True)
    found = {row.row: _anew(row, known[row.number]) for row in rows}
    lost = await _lost(db, {at: each for at, each in found.items() if each.finding == Finding.CHANGE}, known)
    done = [row for row in rows if found[row.row].finding == Finding.CHANGE and row.row not in lost]
    await bulk.hang(db, [(known[row.number], row.before, row.after) for row in done], staff_id, now)
    changed = {row.row for row in done}
    for row in rows:
        last = found[row.row]
        row.finding = Finding.DONE if row.row in changed else RowFault.POINT_TAKEN if row.row in lost else last.finding
        row.field = "point" if row.row in lost else last.field
    file.applied_by, file.applied_at = staff_id, now
    detail: dict[str, str | int | None] = {"name": file.name, "count": len(done)}
    db.add(Audit(staff_id=staff_id, act="hanging_file_applied", subject_id=file.id, detail=detail, at=now))
    await db.flush()
    return len(done)


def _anew(row: HangingRow, known: Known) -> Judged:
    """A row that was to change something, beside what is known by now."""
    judged = Judged(row.row, row.number, known.meter_id, Finding.CHANGE, before=row.before, after=row.after)
    if known.removed:
        return _refused(judged, RowFault.METER_REMOVED, "meter")
    if known.standing.spelled != row.before:
        return Judged(row.row, row.number, known.meter_id, Finding.OVERTAKEN)
    return _checked(judged, known, read_standing(known.standing.hanging.address, row.after))


@dataclass(frozen=True, slots=True)
class FileLine:
    """A file for lists: who handed it in, who applied it."""

    file: HangingFile
    taker: str
    applier: str


async def files(db: AsyncSession, most: int = 20) -> list[FileLine]:
    """The newest ones."""
    rows = list(await db.exec(select(HangingFile).order_by(col(HangingFile.at).desc()).limit(most)))
    return [await _line(db, row) for row in rows]


async def one(db: AsyncSession, file_id: UUID) -> FileLine:
    """One of them. Raises NoResultFound."""
    return await _line(db, await db.get_one(HangingFile, file_id))


async def _line(db: AsyncSession, row: HangingFile) -> FileLine:
    people = select(Staff.id, Staff.name).where(col(Staff.id).in_({row.taken_by, row.applied_by} - {None}))
    names = dict((await db.exec(people)).all())
    return FileLine(row, names.get(row.taken_by, ""), names.get(row.applied_by, "") if row.applied_by else "")


async def counts(db: AsyncSession, file_id: UUID) -> dict[str, int]:
    """How many rows have which finding."""
    wanted = select(HangingRow.finding, func.count()).where(HangingRow.file_id == file_id)
    return dict((await db.exec(wanted.group_by(col(HangingRow.finding)))).all())


async def rows_of(
    db: AsyncSession, file_id: UUID, finding: str = "", after: int = 0, most: int = PAGE
) -> Sequence[HangingRow]:
    """The next rows behind `after`, those with a finding only if one is named."""
    wanted = select(HangingRow).where(HangingRow.file_id == file_id, HangingRow.row > after)
    if finding:
        wanted = wanted.where(HangingRow.finding == finding)
    return (await db.exec(wanted.order_by(col(HangingRow.row)).limit(most))).all()
