"""Takes in files that change the archive: looked at first, applied by a second wish, each row for itself (SPEC H-15).

What is shown before it is applied is what is applied: a row about what stands otherwise by then changes nothing.
What a row means is for each kind of file to say (`Subject`): how meters hang, or master meters.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Generic
from uuid import UUID, uuid4

from sqlalchemy import insert
from sqlmodel import col, delete, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import table_of
from app.domain.archive_file import APPLIED, GOING, FileKind
from app.models import ArchiveFile, ArchiveRow, Audit, Staff
from app.services.archive.judged import Judged
from app.services.archive.sheet import Layout, Sheet, W

PAGE = 200
_LONGEST_NAME = 100
_AT_ONCE = 1_000
_ROW = table_of(ArchiveRow)


class FileRefused(Exception):
    """What cannot be done with a file. `code`: file_applied, file_nothing."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Subject(Generic[W]):
    """What a kind of file is about. `taken`, `applied`: the acts of the audit log.

    `judge`: what each row would do, beside what is known. `carry_out`: does what rows of a file say, where it still
    holds, with a line of the audit log for each, and returns what became of every one of them.
    """

    kind: FileKind
    layout: Layout[W]
    taken: str
    applied: str
    judge: Callable[[AsyncSession, Sequence[W]], Awaitable[list[Judged]]]
    carry_out: Callable[[AsyncSession, Sequence[ArchiveRow], UUID, datetime], Awaitable[list[Judged]]]


@dataclass(frozen=True, slots=True)
class Handed(Generic[W]):
    """A file as somebody handed it in, under which `name`."""

    subject: Subject[W]
    name: str
    sheet: Sheet[W]


async def take(db: AsyncSession, handed: Handed[W], staff_id: UUID, now: datetime) -> ArchiveFile:
    """Keep a file with what each row of it would do; one of its kind that the same person never applied goes."""
    subject, sheet = handed.subject, handed.sheet
    await _forget_unapplied(db, subject.kind, staff_id)
    row = ArchiveFile(
        id=uuid4(),
        kind=subject.kind,
        name=handed.name[:_LONGEST_NAME],
        row_count=sheet.count,
        taken_by=staff_id,
        at=now,
    )
    db.add(row)
    await db.flush()
    judged = await subject.judge(db, sheet.wishes)
    judged += [Judged(b.row, "", None, b.code, b.column, b.value) for b in sheet.broken]
    lines = [{"file_id": row.id, **asdict(each)} for each in judged]
    for start in range(0, len(lines), _AT_ONCE):
        await db.execute(insert(_ROW), lines[start : start + _AT_ONCE])
    detail: dict[str, str | int | None] = {"name": row.name, "rows": row.row_count}
    db.add(Audit(staff_id=staff_id, act=subject.taken, subject_id=row.id, detail=detail, at=now))
    return row


async def _forget_unapplied(db: AsyncSession, kind: FileKind, staff_id: UUID) -> None:
    mine = select(ArchiveFile.id).where(ArchiveFile.taken_by == staff_id, ArchiveFile.kind == kind)
    ids = list(await db.exec(mine.where(col(ArchiveFile.applied_at).is_(None)).with_for_update()))
    await db.execute(delete(ArchiveRow).where(col(ArchiveRow.file_id).in_(ids)))
    await db.execute(delete(ArchiveFile).where(col(ArchiveFile.id).in_(ids)))


async def apply(db: AsyncSession, subject: Subject[W], file_id: UUID, staff_id: UUID, now: datetime) -> int:
    """Do what the file says, once; return how many rows did anything. Raises FileRefused, NoResultFound."""
    mine = select(ArchiveFile).where(ArchiveFile.id == file_id, ArchiveFile.kind == subject.kind)
    file = (await db.exec(mine.with_for_update())).one()
    if file.applied_at is not None:
        raise FileRefused("file_applied")
    wanted = select(ArchiveRow).where(ArchiveRow.file_id == file_id, col(ArchiveRow.finding).in_(GOING))
    rows = list(await db.exec(wanted.order_by(col(ArchiveRow.row))))
    if not rows:
        raise FileRefused("file_nothing")
    ends = {each.row: each for each in await subject.carry_out(db, rows, staff_id, now)}
    for row in rows:
        end = ends[row.row]
        row.finding, row.field, row.value, row.after = end.finding, end.field, end.value, end.after or row.after
    done = sum(each.finding in APPLIED for each in ends.values())
    file.applied_by, file.applied_at = staff_id, now
    detail: dict[str, str | int | None] = {"name": file.name, "count": done}
    db.add(Audit(staff_id=staff_id, act=subject.applied, subject_id=file.id, detail=detail, at=now))
    await db.flush()
    return done


@dataclass(frozen=True, slots=True)
class FileLine:
    """A file for lists: who handed it in, who applied it."""

    file: ArchiveFile
    taker: str
    applier: str


async def files(db: AsyncSession, kind: FileKind, most: int = 20) -> list[FileLine]:
    """The newest ones of a kind."""
    wanted = select(ArchiveFile).where(ArchiveFile.kind == kind)
    rows = list(await db.exec(wanted.order_by(col(ArchiveFile.at).desc(), col(ArchiveFile.id)).limit(most)))
    return [await _line(db, row) for row in rows]


async def one(db: AsyncSession, kind: FileKind, file_id: UUID) -> FileLine:
    """One of them. Raises NoResultFound."""
    wanted = select(ArchiveFile).where(ArchiveFile.id == file_id, ArchiveFile.kind == kind)
    return await _line(db, (await db.exec(wanted)).one())


async def _line(db: AsyncSession, row: ArchiveFile) -> FileLine:
    people = select(Staff.id, Staff.name).where(col(Staff.id).in_({row.taken_by, row.applied_by} - {None}))
    names = dict((await db.exec(people)).all())
    return FileLine(row, names.get(row.taken_by, ""), names.get(row.applied_by, "") if row.applied_by else "")


async def counts(db: AsyncSession, file_id: UUID) -> dict[str, int]:
    """How many rows have which finding."""
    wanted = select(ArchiveRow.finding, func.count()).where(ArchiveRow.file_id == file_id)
    return dict((await db.exec(wanted.group_by(col(ArchiveRow.finding)))).all())


async def rows_of(
    db: AsyncSession, file_id: UUID, finding: str = "", after: int = 0, most: int = PAGE
) -> Sequence[ArchiveRow]:
    """The next rows behind `after`, those with a finding only if one is named."""
    wanted = select(ArchiveRow).where(ArchiveRow.file_id == file_id, ArchiveRow.row > after)
    if finding:
        wanted = wanted.where(ArchiveRow.finding == finding)
    return (await db.exec(wanted.order_by(col(ArchiveRow.row)).limit(most))).all()
