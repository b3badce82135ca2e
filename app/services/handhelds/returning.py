"""Takes a file of results in: as it came, whole or not at all; what it means is made of it row by row afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.db import table_of
from app.domain.handheld import Said
from app.handheld_files import Fault, Read, Told
from app.models import Audit, HandheldLine, HandheldReturn, HandheldRow
from app.outbox import Job

MOST_ROWS = 5_000  # ten full files in one
_LONGEST_NAME = 100
_AT_ONCE = 1_000
_MONEY = ("balance_minor", "limit_minor", "newest_minor")
_ROW = table_of(HandheldRow)


@dataclass(frozen=True, slots=True)
class Handed:
    """A file of results that was handed in, checked row by row. `codes`: what each row names, in their order."""

    name: str
    sha256: str
    codes: tuple[str, ...]
    read: Read
    staff_id: UUID


async def issued(db: AsyncSession, codes: list[str]) -> dict[str, str]:
    """Of orders that were handed out: the address of the meter, by the number of the order."""
    wanted = select(HandheldLine.code, HandheldLine.address).where(col(HandheldLine.written_at).is_not(None))
    return dict((await db.exec(wanted.where(col(HandheldLine.code).in_(set(codes))))).all())


async def take(db: AsyncSession, handed: Handed, now: datetime) -> HandheldReturn:
    """Keep a file of results, and promise that it is applied. The same file again is another return, and harmless."""
    row = HandheldReturn(
        id=uuid4(),
        name=handed.name[:_LONGEST_NAME],
        sha256=handed.sha256,
        row_count=len(handed.codes),
        taken_by=handed.staff_id,
        at=now,
    )
    db.add(row)
    await db.flush()
    lines = await _lines(db, [each.code for each in handed.read.told])
    rows = [_told(row.id, each, lines) for each in handed.read.told]
    rows += [_fault(row.id, each, handed.codes[each.row - 1]) for each in handed.read.faults]
    for start in range(0, len(rows), _AT_ONCE):
        await db.execute(insert(_ROW), rows[start : start + _AT_ONCE])
    detail: dict[str, str | int | None] = {"rows": row.row_count, "name": row.name}
    db.add(Audit(staff_id=handed.staff_id, act="handheld_returned", subject_id=row.id, detail=detail, at=now))
    await outbox.promise(db, Job.APPLY_RETURN, row.id, now)
    return row


async def _lines(db: AsyncSession, codes: list[str]) -> dict[str, UUID]:
    wanted = select(HandheldLine.code, HandheldLine.id).where(col(HandheldLine.code).in_(codes))
    return dict((await db.exec(wanted)).all())


def _told(return_id: UUID, each: Told, lines: Mapping[str, UUID]) -> dict[str, object]:
    said: Said = each.said
    return _blank(return_id, each.row) | {
        "line_id": lines[each.code],
        "said_code": each.code,
        "state": said.state.value,
        "at": said.at,
        "refusal": said.refusal,
        "balance_minor": said.balance_minor,
        "count": said.count,
        "status_3": said.status_3,
        "limit_minor": said.limit_minor,
        "newest_minor": said.newest_minor,
    }


def _fault(return_id: UUID, each: Fault, code: str) -> dict[str, object]:
    return _blank(return_id, each.row) | {"finding": each.code, "field": each.field, "said_code": code}


def _blank(return_id: UUID, row: int) -> dict[str, object]:
    empty = dict.fromkeys(("line_id", "state", "at", "count", "status_3", *_MONEY))
    return empty | {"return_id": return_id, "row": row, "finding": "", "field": "", "said_code": "", "refusal": ""}
