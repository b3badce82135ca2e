"""Gives meters the numbers under which their concentrator knows them (测量点, AFN 04 F10)."""

from collections.abc import Collection, Iterator, Sequence
from itertools import count
from uuid import UUID

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import LOCK
from app.domain.archive import FIRST_POINT, LAST_POINT
from app.domain.meter_life import MeterLife
from app.models import Concentrator, MasterMeter, Meter
from app.services.archive.hanging import entry, hanging_of, hanging_of_master, lines_of
from app.services.archive.rules import terms_for
from app.terminal_words import ArchiveEntry


class NoPointLeft(Exception):
    """A concentrator has as many meters as it can know. `code`: points_used_up."""

    code = "points_used_up"


async def assign_points(db: AsyncSession, concentrator_id: UUID, meter_ids: Collection[UUID] = ()) -> list[Meter]:
    """Give points to meters of a concentrator that have none (`meter_ids` empty: to all); return those asked about.

    A point stays with its meter: the concentrator's history lies under it. Two that assign at once wait for each other.
    Raises NoPointLeft.
    """
    await db.get_one(Concentrator, concentrator_id, with_for_update=LOCK)
    hangs = Meter.concentrator_id == concentrator_id, Meter.life != MeterLife.REMOVED
    wanted = select(Meter).where(*hangs).order_by(col(Meter.number))
    meters = list(await db.exec(wanted.with_for_update(key_share=True)))
    free = await free_points(db, concentrator_id)
    asked = [each for each in meters if not meter_ids or each.id in meter_ids]
    for meter in asked:
        if meter.point is None:
            meter.point = next(free)
    await db.flush()
    return asked


async def free_points(db: AsyncSession, concentrator_id: UUID) -> Iterator[int]:
    """Points that neither a meter nor a master meter has, the lowest first; the caller has locked the concentrator.

    The iterator raises NoPointLeft where there are no more.
    """
    held = await held_points(db, [concentrator_id])
    return _free(held.get(concentrator_id, frozenset()))


async def held_points(
    db: AsyncSession, places: Sequence[UUID], but: Collection[UUID] = ()
) -> dict[UUID, frozenset[int]]:
    """The points that meters and master meters have at some concentrators; `but`: without those of some meters."""
    found: dict[UUID, frozenset[int]] = {}
    for model, others in ((Meter, but), (MasterMeter, ())):
        wanted = select(model.concentrator_id, func.array_agg(model.point))
        wanted = wanted.where(col(model.concentrator_id).in_(places), col(model.point).is_not(None))
        wanted = wanted.where(col(model.id).not_in(others)).group_by(col(model.concentrator_id))
        for place, held in await db.exec(wanted):
            found[place] = found.get(place, frozenset()) | frozenset(point for point in held if point is not None)
    return found


def _free(used: Collection[int]) -> Iterator[int]:
    for point in count(FIRST_POINT):
        if point > LAST_POINT:
            raise NoPointLeft
        if point not in used:
            yield point


async def assign(db: AsyncSession, concentrator_id: UUID, meter_ids: Collection[UUID] = ()) -> tuple[ArchiveEntry, ...]:
    """The archive of a concentrator with its master meters, or of some meters, each under its point.

    Raises NoPointLeft, and BadHanging for a meter that cannot hang there as it does.
    """
    meters = await assign_points(db, concentrator_id, meter_ids)
    terms, lines = await terms_for(db, concentrator_id), await lines_of(db, concentrator_id)
    found = [
        entry(meter.point, hanging_of(meter, lines.get(meter.id), terms), terms)
        for meter in meters
        if meter.point is not None
    ]
    if not meter_ids:
        masters = await db.exec(select(MasterMeter).where(MasterMeter.concentrator_id == concentrator_id))
        found += [entry(each.point, hanging_of_master(each), terms) for each in masters]
    return tuple(sorted(found, key=lambda each: each.point))


async def free_point(db: AsyncSession, meter: Meter) -> None:
    """A locked meter was taken out of its concentrator's archive, or hangs elsewhere now."""
    meter.point = None
    await db.flush()
