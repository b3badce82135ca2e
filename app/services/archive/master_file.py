"""What a file of master meters does: rows add some and change others, beside what is there already (SPEC H-15)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.archive import ArchiveTerms, BadHanging, check_master
from app.domain.archive_file import FileKind, Finding, RowFault, points_given
from app.domain.master_file import WORDS, MasterRow, MasterStanding, changed, made, read_master
from app.models import ArchiveRow
from app.services.archive import master_sheet, masters, masters_many
from app.services.archive.filing import Subject
from app.services.archive.judged import Judged
from app.services.archive.masters import MasterWish
from app.services.archive.masters_many import Known, New
from app.services.archive.noting import note_many
from app.services.collection.points import held_points


async def _judge(db: AsyncSession, wishes: Sequence[MasterRow]) -> list[Judged]:
    named = {wish.concentrator for wish in wishes if wish.concentrator is not None}
    known = await masters_many.known_of(db, [wish.number for wish in wishes], named)
    judged = [_one(wish, known) for wish in wishes]
    points = await _points(db, judged, known)
    return [_without_point(each, points) for each in judged]


def _one(wish: MasterRow, known: Known) -> Judged:
    """What a row does, but for the point of a new one."""
    row = Judged(wish.row, wish.number, None, Finding.ADD)
    master = known.masters.get(wish.number)
    if master is not None:
        return _of_one_there(wish, known.standing(master), known.spots[master.concentrator_id].terms)
    if wish.concentrator is None:
        return row.refused(RowFault.NO_CONCENTRATOR, "concentrator", "")
    if wish.concentrator not in known.by_place:
        return row.refused(RowFault.CONCENTRATOR_UNKNOWN, "concentrator", wish.concentrator)
    if wish.name is None:
        return row.refused(RowFault.NO_NAME, "name", "")
    terms = known.by_place[wish.concentrator].terms
    return _new(replace(row, after=made(wish, wish.concentrator, wish.name, terms).spelled), known)


def _of_one_there(wish: MasterRow, now: MasterStanding, terms: ArchiveTerms) -> Judged:
    row = Judged(wish.row, wish.number, None, Finding.CHANGE, before=now.spelled)
    if wish.concentrator not in (None, now.concentrator):
        return row.refused(RowFault.MASTER_ELSEWHERE, "concentrator", now.concentrator)
    if wish.point not in (None, now.point):
        return row.refused(RowFault.POINT_STAYS, "point", str(wish.point))
    row = replace(row, after=changed(wish, now).spelled)
    return replace(row, finding=Finding.SAME, after="") if row.after == row.before else _hanging_checked(row, terms)


def _new(row: Judged, known: Known) -> Judged:
    """The same, or why it cannot be added."""
    if row.number in known.others:
        return row.refused(RowFault.ADDRESS_TAKEN, "address", row.number)
    return _hanging_checked(row, known.by_place[row.word(WORDS, "concentrator")].terms)


def _hanging_checked(row: Judged, terms: ArchiveTerms) -> Judged:
    try:
        check_master(read_master(row.number, row.after).hanging, terms)
    except BadHanging as bad:
        return row.refused(f"bad_{bad.field}", bad.field, row.word(WORDS, bad.field))
    return row


async def _points(db: AsyncSession, rows: Sequence[Judged], known: Known) -> dict[int, int | RowFault]:
    """The point of each that is to be added, or why it has none."""
    wants: dict[UUID, dict[int, int | None]] = {}
    for each in (each for each in rows if each.finding == Finding.ADD):
        new = read_master(each.number, each.after)
        wants.setdefault(known.by_place[new.concentrator].concentrator_id, {})[each.row] = new.point
    held = await held_points(db, list(wants))
    found: dict[int, int | RowFault] = {}
    for place, its in wants.items():
        found |= points_given(its, held.get(place, frozenset()))
    return found


def _without_point(row: Judged, points: Mapping[int, int | RowFault]) -> Judged:
    """The same, or why it has no point; which one a new one gets that names none is seen when it is added."""
    point = points.get(row.row)
    return row.refused(point, "point", row.word(WORDS, "point")) if isinstance(point, RowFault) else row


async def _carry_out(db: AsyncSession, rows: Sequence[ArchiveRow], staff_id: UUID, now: datetime) -> list[Judged]:
    places = {read_master(row.number, row.after).concentrator for row in rows}
    known = await masters_many.known_of(db, [row.number for row in rows], places, lock=True)
    judged = [_anew(row, known) for row in rows]
    points = await _points(db, judged, known)
    judged = [_without_point(each, points) for each in judged]
    new = [_new_one(each, points, known) for each in judged if each.finding == Finding.ADD]
    there = await masters_many.add_many(db, new)
    new = [each for each in new if each.wish.hanging.address in there]
    acts = [masters.act_on("master_meter_added", each.concentrator_id, each.wish) for each in new]
    for each in (each for each in judged if each.finding == Finding.CHANGE):
        master, wish = known.masters[each.number], _wish(each)
        masters.rewrite(master, wish)
        acts.append(masters.act_on("master_meter_changed", master.concentrator_id, wish))
    await note_many(db, acts, staff_id, now)
    given = {each.wish.hanging.address: each.point for each in new}
    return [_end(each, given) for each in judged]


def _wish(row: Judged) -> MasterWish:
    after = read_master(row.number, row.after)
    return MasterWish(after.name, after.hanging)


def _anew(row: ArchiveRow, known: Known) -> Judged:
    """A row that was to do something, beside what is known by now."""
    judged = Judged(row.row, row.number, None, row.finding, before=row.before, after=row.after)
    master = known.masters.get(row.number)
    if (known.standing(master).spelled if master else "") != row.before:
        return replace(judged, finding=Finding.OVERTAKEN, after="")
    if master is None:
        return _new(judged, known)
    return _hanging_checked(judged, known.spots[master.concentrator_id].terms)


def _new_one(row: Judged, points: Mapping[int, int | RowFault], known: Known) -> New:
    spot = known.by_place[row.word(WORDS, "concentrator")]
    return New(spot.concentrator_id, _wish(row), int(points[row.row]))


def _end(row: Judged, given: Mapping[str, int]) -> Judged:
    """What became of it; `given`: the points of those that were added, by address."""
    match row.finding:
        case Finding.CHANGE:
            return replace(row, finding=Finding.DONE)
        case Finding.ADD if row.number in given:
            new = read_master(row.number, row.after)
            return replace(row, finding=Finding.ADDED, after=replace(new, point=given[row.number]).spelled)
        case Finding.ADD:  # somebody added it at this very moment
            return replace(row, finding=Finding.OVERTAKEN, after="")
    return row


MASTERS = Subject(
    kind=FileKind.MASTERS,
    layout=master_sheet.MASTERS,
    taken="master_file_taken",
    applied="master_file_applied",
    judge=_judge,
    carry_out=_carry_out,
)
