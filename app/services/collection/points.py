"""Gives meters the numbers under which their concentrator knows them (测量点, AFN 04 F10)."""

from collections.abc import Collection, Iterable, Iterator
from itertools import count
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import LOCK
from app.models import Concentrator, Meter
from app.terminal_words import ArchiveEntry

FIRST_POINT = 2  # point 1 is the terminal's own AC sampling, in the common order of an archive
LAST_POINT = 2040


class NoPointLeft(Exception):
    """A concentrator has as many meters as it can know. `code`: points_used_up."""

    code = "points_used_up"


async def assign_points(db: AsyncSession, concentrator_id: UUID, meter_ids: Collection[UUID] = ()) -> list[Meter]:
    """Give points to meters of a concentrator that have none (`meter_ids` empty: to all); return those asked about.

    A point stays with its meter: the concentrator's history lies under it. Two that assign at once wait for each other.
    Raises NoPointLeft.
    """
    await db.get_one(Concentrator, concentrator_id, with_for_update=LOCK)
    wanted = select(Meter).where(Meter.concentrator_id == concentrator_id).order_by(col(Meter.number))
    meters = list(await db.exec(wanted.with_for_update(key_share=True)))
    free = _free(each.point for each in meters)
    asked = [each for each in meters if not meter_ids or each.id in meter_ids]
    for meter in asked:
        if meter.point is None:
            meter.point = next(free)
    await db.flush()
    return asked


def _free(taken: Iterable[int | None]) -> Iterator[int]:
    used = set(taken)
    for point in count(FIRST_POINT):
        if point > LAST_POINT:
            raise NoPointLeft
        if point not in used:
            yield point


def entry_of(meter: Meter) -> ArchiveEntry:
    """What a concentrator is told of a meter that has a point; its place in the archive is that number too."""
    if meter.point is None:
        raise ValueError("a meter without a point is in no archive")
    return ArchiveEntry(sequence=meter.point, point=meter.point, address=meter.address, port=meter.port)


async def assign(db: AsyncSession, concentrator_id: UUID, meter_ids: Collection[UUID] = ()) -> tuple[ArchiveEntry, ...]:
    """The archive of a concentrator, or of some of its meters, each under its point. Raises NoPointLeft."""
    return tuple(entry_of(meter) for meter in await assign_points(db, concentrator_id, meter_ids))


async def free_point(db: AsyncSession, meter: Meter) -> None:
    """A locked meter was taken out of its concentrator's archive, or hangs elsewhere now."""
    meter.point = None
    await db.flush()
