"""What concentrators were proved to have of their meters, and so what is not downloaded yet (SPEC H-3)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, text
from sqlalchemy import select as sql_select
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.archive import ArchiveTerms, BadHanging, Hanging
from app.domain.meter_life import MeterLife
from app.models import Concentrator, GridNode, MasterMeter, Meter, MeterLine
from app.services.archive.hanging import entry, hanging_of, hanging_of_master, lines_of
from app.services.archive.rules import terms_for
from app.services.customer_filter import concentrators_below
from app.terminal_words import ArchiveEntry

PAGE = 100
Key = tuple[int, int, str, int, int, str | None]

# What is held is compared with what hangs now in one statement: whatever is changed, by whomever, is not held any more.
_NOW = func.concat_ws(
    ":", col(Meter.concentrator_id), col(Meter.point), col(Meter.address), col(Meter.port),
    func.coalesce(col(MeterLine.line), ""), func.coalesce(col(MeterLine.protocol), ""),
    func.coalesce(col(MeterLine.baud), 0), func.coalesce(col(MeterLine.collector), ""),
)  # fmt: skip
_HELD = text(
    """
    insert into meter_line (meter_id, line, protocol, baud, held_at)
    select id, :line, :protocol, 0, :now from unnest(cast(:ids as uuid[])) as held (id)
    on conflict (meter_id) do update set held_at = excluded.held_at
    """
)
_AS = text(
    """
    update meter_line l set held_as = concat_ws(':', m.concentrator_id, m.point, m.address, m.port, l.line, l.protocol,
        l.baud, coalesce(l.collector, ''))
    from meter m where m.id = l.meter_id and m.id = any(cast(:ids as uuid[]))
    """
)
_NOT = text(
    """
    update meter_line l set held_as = null from meter m
    where m.id = l.meter_id and m.concentrator_id = :place and not (m.id = any(cast(:ids as uuid[])))
    """
)


def key_of(told: ArchiveEntry) -> Key:
    """What of an entry must be the same."""
    collector = told.collector if told.collector and int(told.collector) else None
    return told.sequence, told.point, told.address, told.port, told.protocol, collector


async def record_archive(
    db: AsyncSession, concentrator_id: UUID, archive: Collection[ArchiveEntry], now: datetime
) -> None:
    """A concentrator has told its whole archive: note of each meter whether it has it as it hangs."""
    held = {key_of(each) for each in archive}
    terms, lines = await terms_for(db, concentrator_id), await lines_of(db, concentrator_id)
    hangs = Meter.concentrator_id == concentrator_id, col(Meter.point).is_not(None)
    found: dict[UUID, tuple[str, str]] = {}
    for meter in await db.exec(select(Meter).where(*hangs)):
        hanging = hanging_of(meter, lines.get(meter.id), terms)
        if _is_held(meter.point or 0, hanging, terms, held):
            found[meter.id] = (hanging.line, hanging.protocol)
    for line, protocol in sorted(set(found.values())):
        ids = sorted(each for each, kind in found.items() if kind == (line, protocol))
        await db.execute(_HELD, {"ids": ids, "line": line, "protocol": protocol, "now": now})
    await db.execute(_AS, {"ids": sorted(found)})
    await db.execute(_NOT, {"ids": sorted(found), "place": concentrator_id})
    for master in await db.exec(select(MasterMeter).where(MasterMeter.concentrator_id == concentrator_id)):
        master.held_at = now if _is_held(master.point, hanging_of_master(master), terms, held) else None
    await db.flush()


def _is_held(point: int, hanging: Hanging, terms: ArchiveTerms, held: Collection[Key]) -> bool:
    try:
        return key_of(entry(point, hanging, terms)) in held
    except BadHanging:
        return False


async def forget_archive(db: AsyncSession, concentrator_id: UUID) -> None:
    """Everything was deleted there."""
    await db.execute(_NOT, {"ids": [], "place": concentrator_id})
    for master in await db.exec(select(MasterMeter).where(MasterMeter.concentrator_id == concentrator_id)):
        master.held_at = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which ones: below a node, at one concentrator, behind the number of the last meter of the page before."""

    node_id: UUID | None = None
    concentrator_id: UUID | None = None
    after: str = ""


@dataclass(frozen=True, slots=True)
class NotHeld:
    """A meter that its concentrator was not proved to have as it hangs. `held_at`: when it last had it otherwise."""

    number: str
    address: str
    concentrator_id: UUID
    concentrator: str
    linked: bool
    area: str
    point: int | None
    held_at: datetime | None


async def not_held(db: AsyncSession, wanted: Wanted, most: int = PAGE) -> Sequence[NotHeld]:
    """The next meters by number that are not downloaded yet."""
    rows = sql_select(
        col(Meter.number),
        col(Meter.address),
        col(Concentrator.id),
        col(Concentrator.name),
        col(Concentrator.front_end).is_not(None),
        col(GridNode.name),
        col(Meter.point),
        col(MeterLine.held_at),
    )
    rows = rows.select_from(Meter).join(*_ROW, isouter=True).join(*_PLACE).join(*_AREA).where(*_conditions(wanted))
    found = await db.execute(rows.order_by(col(Meter.number)).limit(most))
    return [NotHeld(*row) for row in found]


async def count_not_held(db: AsyncSession, wanted: Wanted) -> int:
    """How many there are."""
    rows = sql_select(func.count()).select_from(Meter).join(*_ROW, isouter=True)
    return int((await db.execute(rows.where(*_conditions(wanted)))).scalar_one())


_ROW = (MeterLine, col(MeterLine.meter_id) == col(Meter.id))
_PLACE = (Concentrator, col(Concentrator.id) == col(Meter.concentrator_id))
_AREA = (GridNode, col(GridNode.id) == col(Concentrator.node_id))


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [col(Meter.life) != MeterLife.REMOVED]
    found.append(col(MeterLine.held_as).is_distinct_from(_NOW))
    if wanted.node_id is not None:
        found.append(col(Meter.concentrator_id).in_(concentrators_below(wanted.node_id)))
    if wanted.concentrator_id is not None:
        found.append(col(Meter.concentrator_id) == wanted.concentrator_id)
    if wanted.after:
        found.append(col(Meter.number) > wanted.after)
    return found
