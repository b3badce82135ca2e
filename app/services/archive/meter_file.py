"""What a file does that says how meters hang: each row is judged beside how its meter hangs (SPEC H-15)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.archive import BadHanging, check
from app.domain.archive_file import FileKind, Finding, Move, RowFault, clashes
from app.domain.hanging_file import Standing, Wish, meant, read_standing
from app.models import ArchiveRow
from app.services.archive import bulk, meter_sheet
from app.services.archive.bulk import WORDS, Known
from app.services.archive.filing import Subject
from app.services.archive.judged import Judged
from app.services.collection.points import held_points


async def _judge(db: AsyncSession, wishes: Sequence[Wish]) -> list[Judged]:
    known = await bulk.by_number(db, [wish.number for wish in wishes])
    return await _without_the_lost(db, [_one(wish, known.get(wish.number)) for wish in wishes], known)


def _one(wish: Wish, known: Known | None) -> Judged:
    if known is None:
        return Judged(wish.row, wish.number, None, RowFault.METER_UNKNOWN, "meter", wish.number)
    if known.removed:
        return Judged(wish.row, wish.number, known.meter_id, RowFault.METER_REMOVED, "meter", wish.number)
    after = meant(wish, known.standing, known.terms)
    before = known.standing.spelled
    judged = Judged(wish.row, wish.number, known.meter_id, Finding.CHANGE, before=before, after=after.spelled)
    return _checked(judged, known, after)


def _checked(judged: Judged, known: Known, after: Standing) -> Judged:
    """The same, or why it cannot be."""
    if judged.before == judged.after:
        return replace(judged, finding=Finding.SAME, after="")
    if known.kept_by_terminal and after.point != known.standing.point:
        return judged.refused(RowFault.POINT_KEPT, "point", judged.word(WORDS, "point"))
    try:
        check(after.hanging, known.terms)
    except BadHanging as bad:
        return judged.refused(f"bad_{bad.field}", bad.field, judged.word(WORDS, bad.field))
    return judged


async def _without_the_lost(db: AsyncSession, judged: Sequence[Judged], known: Mapping[str, Known]) -> list[Judged]:
    """The same, but rows whose measuring point is somebody else's at the same concentrator change nothing."""
    moves: dict[UUID, dict[int, Move]] = {}
    moving: set[UUID] = set()
    for each in (each for each in judged if each.finding == Finding.CHANGE):
        there = known[each.number]
        point = read_standing(there.standing.hanging.address, each.after).point
        if point is not None and point != there.standing.point:
            moves.setdefault(there.concentrator_id, {})[each.row] = Move(each.row, there.standing.point, point)
            moving.add(there.meter_id)
    held = await held_points(db, list(moves), moving)
    lost = {row for place, its in moves.items() for row in clashes(its, held.get(place, frozenset()))}
    return [
        each.refused(RowFault.POINT_TAKEN, "point", each.word(WORDS, "point")) if each.row in lost else each
        for each in judged
    ]


async def _carry_out(db: AsyncSession, rows: Sequence[ArchiveRow], staff_id: UUID, now: datetime) -> list[Judged]:
    known = await bulk.by_number(db, [row.number for row in rows], lock=True)
    found = await _without_the_lost(db, [_anew(row, known[row.number]) for row in rows], known)
    going = [each for each in found if each.finding == Finding.CHANGE]
    await bulk.hang(db, [(known[each.number], each.before, each.after) for each in going], staff_id, now)
    return [replace(each, finding=Finding.DONE) if each.finding == Finding.CHANGE else each for each in found]


def _anew(row: ArchiveRow, known: Known) -> Judged:
    """A row that was to change something, beside what is known by now."""
    judged = Judged(row.row, row.number, known.meter_id, Finding.CHANGE, before=row.before, after=row.after)
    if known.removed:
        return judged.refused(RowFault.METER_REMOVED, "meter", row.number)
    if known.standing.spelled != row.before:
        return replace(judged, finding=Finding.OVERTAKEN, after="")
    return _checked(judged, known, read_standing(known.standing.hanging.address, row.after))


METERS = Subject(
    kind=FileKind.METERS,
    layout=meter_sheet.METERS,
    taken="hanging_file_taken",
    applied="hanging_file_applied",
    judge=_judge,
    carry_out=_carry_out,
)
