"""Orders to a concentrator that are made from the archive: which meters it is to read, and which no longer."""

from collections.abc import Collection, Iterable

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.archive import BadHanging
from app.domain.meter_life import MeterLife
from app.domain.operation import OperationKind
from app.domain.operation_arguments import Arguments
from app.models import Concentrator, MasterMeter, Meter
from app.ports import Readings
from app.services.archive.holding import key_of
from app.services.collection import points
from app.terminal_words import ArchiveEntry, ChangeArchive

LISTED = 40  # numbers that a result names
_NO_POINT = 0  # deletes an entry


class NothingToDo(Exception):
    """No meter that is meant hangs behind the concentrator. The text is a code."""


async def order(
    db: AsyncSession, kind: OperationKind, given: Arguments, concentrator: Concentrator
) -> ChangeArchive | None:
    """The order; None for kinds that need nothing from the archive. Raises NothingToDo."""
    if kind is OperationKind.DOWNLOAD_ARCHIVE:
        return _change(await _entries(db, concentrator))
    if kind is OperationKind.DELETE_FROM_ARCHIVE:
        meant = await _named(db, concentrator, given)
        return _change(ArchiveEntry(meter.point or 0, _NO_POINT, meter.address, meter.port) for meter in meant)
    return None


def _change(entries: Iterable[ArchiveEntry]) -> ChangeArchive:
    found = tuple(entries)
    if not found:
        raise NothingToDo("no_meters_there")
    return ChangeArchive(found)


async def _entries(db: AsyncSession, concentrator: Concentrator) -> tuple[ArchiveEntry, ...]:
    try:
        return await points.assign(db, concentrator.id)
    except points.NoPointLeft as full:
        raise NothingToDo(full.code) from None
    except BadHanging:
        raise NothingToDo("cannot_hang_so") from None


async def _named(db: AsyncSession, concentrator: Concentrator, given: Arguments) -> list[Meter]:
    numbers = given.get("meters")
    wanted = select(Meter).where(Meter.concentrator_id == concentrator.id, col(Meter.point).is_not(None))
    listed = numbers if isinstance(numbers, list) else []
    return list(await db.exec(wanted.where(col(Meter.number).in_(listed)).order_by(col(Meter.number))))


def missing(wanted: ChangeArchive, there: Collection[ArchiveEntry]) -> ChangeArchive:
    """What of an order the concentrator does not have yet."""
    held = {key_of(entry) for entry in there}
    return ChangeArchive(tuple(entry for entry in wanted.entries if key_of(entry) not in held))


def together(there: Collection[ArchiveEntry], added: Collection[ArchiveEntry]) -> tuple[ArchiveEntry, ...]:
    """The archive after entries were added, or took the places of others."""
    found = {entry.sequence: entry for entry in (*there, *added)}
    return tuple(found.values())


async def compare(db: AsyncSession, concentrator_id: object, said: Readings) -> dict[str, str | int | None]:
    """What a concentrator has against what hangs behind it: numbers of meters that it lacks, addresses that we lack."""
    hangs = Meter.concentrator_id == concentrator_id, Meter.life != MeterLife.REMOVED
    wanted = select(Meter.address, Meter.number).where(*hangs)
    masters = select(MasterMeter.address, MasterMeter.name).where(MasterMeter.concentrator_id == concentrator_id)
    ours = dict((await db.exec(wanted)).all()) | dict((await db.exec(masters)).all())
    theirs = {entry.address for entry in said.archive}
    lacking = sorted(number for address, number in ours.items() if address not in theirs)
    strange = sorted(theirs - set(ours))
    found: dict[str, str | int | None] = {"entries": len(theirs), "missing": len(lacking), "strange": len(strange)}
    return found | {"missing_meters": ",".join(lacking[:LISTED]), "strange_meters": ",".join(strange[:LISTED])}


async def forget(db: AsyncSession, kind: OperationKind, given: Arguments, concentrator_id: object) -> None:
    """Meters that were taken out of a concentrator have no point there any more."""
    wanted = select(Meter).where(Meter.concentrator_id == concentrator_id, col(Meter.point).is_not(None))
    if kind is OperationKind.DELETE_FROM_ARCHIVE:
        numbers = given.get("meters")
        wanted = wanted.where(col(Meter.number).in_(numbers if isinstance(numbers, list) else []))
    for meter in await db.exec(wanted.order_by(col(Meter.id)).with_for_update(key_share=True)):
        await points.free_point(db, meter)
