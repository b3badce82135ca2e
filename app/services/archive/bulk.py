"""How many meters hang, read and written in few statements: for files, and for whoever takes them away (SPEC H-15)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.archive import ArchiveTerms
from app.domain.hanging_file import Standing, read_standing
from app.domain.meter_life import MeterLife
from app.models import Concentrator, Meter, MeterGroup, MeterLine
from app.services.archive.hanging import hanging_of, spelled
from app.services.archive.noting import Act, note_many
from app.services.archive.rules import terms_of_many
from app.services.customer_filter import concentrators_below

WORDS = ("line", "port", "protocol", "baud", "collector", "point")

# Two meters may change places: nobody has a point of the others while they do.
_LET_GO = text("update meter set point = null where id = any(cast(:ids as uuid[])) and point is not null")
_HANG = text(
    """
    update meter set port = named.port, point = named.point
    from unnest(cast(:ids as uuid[]), cast(:ports as int[]), cast(:points as int[])) as named (id, port, point)
    where meter.id = named.id
    """
)
_LINE = text(
    """
    insert into meter_line (meter_id, line, protocol, baud, collector)
    select * from unnest(cast(:ids as uuid[]), cast(:lines as text[]), cast(:protocols as text[]),
        cast(:bauds as int[]), cast(:collectors as text[]))
    on conflict (meter_id) do update set line = excluded.line, protocol = excluded.protocol, baud = excluded.baud,
        collector = excluded.collector
    """
)


@dataclass(frozen=True, slots=True)
class Known:
    """A meter as it hangs, by which terms, and whether its terminal keeps what it buys under its point."""

    meter_id: UUID
    number: str
    concentrator_id: UUID
    concentrator: str
    removed: bool
    kept_by_terminal: bool
    standing: Standing
    terms: ArchiveTerms


async def by_number(db: AsyncSession, numbers: Sequence[str], *, lock: bool = False) -> dict[str, Known]:
    """What is known of meters, by number; `lock`: their concentrators first, and then they, until the end of it."""
    meters = list(await db.exec(select(Meter).where(col(Meter.number).in_(numbers)).order_by(col(Meter.id))))
    if lock:
        places = {meter.concentrator_id for meter in meters}
        held = select(Concentrator.id).where(col(Concentrator.id).in_(places)).order_by(col(Concentrator.id))
        await db.exec(held.with_for_update(key_share=True))
        ids = [meter.id for meter in meters]
        again = select(Meter).where(col(Meter.id).in_(ids)).order_by(col(Meter.id))
        meters = list(await db.exec(again.with_for_update(key_share=True).execution_options(populate_existing=True)))
    return {each.number: each for each in await _known(db, meters)}


async def after_number(db: AsyncSession, after: str, node_id: UUID | None, most: int) -> list[Known]:
    """The next meters by number that are not removed; `node_id`: below this place of the grid only."""
    wanted = select(Meter).where(Meter.life != MeterLife.REMOVED, col(Meter.number) > after)
    if node_id is not None:
        wanted = wanted.where(col(Meter.concentrator_id).in_(concentrators_below(node_id)))
    return await _known(db, list(await db.exec(wanted.order_by(col(Meter.number)).limit(most))))


async def _known(db: AsyncSession, meters: Sequence[Meter]) -> list[Known]:
    ids = [meter.id for meter in meters]
    lines = {row.meter_id: row for row in await db.exec(select(MeterLine).where(col(MeterLine.meter_id).in_(ids)))}
    kept = select(MeterGroup.meter_id, MeterGroup.concentrator_id).where(col(MeterGroup.meter_id).in_(ids))
    groups = dict((await db.exec(kept)).all())
    places = {meter.concentrator_id for meter in meters}
    terms = await terms_of_many(db, places)
    named = select(Concentrator.id, Concentrator.name).where(col(Concentrator.id).in_(places))
    names = dict((await db.exec(named)).all())
    return [
        Known(
            meter_id=meter.id,
            number=meter.number,
            concentrator_id=meter.concentrator_id,
            concentrator=names[meter.concentrator_id],
            removed=meter.life == MeterLife.REMOVED,
            kept_by_terminal=groups.get(meter.id) == meter.concentrator_id,
            standing=Standing(hanging_of(meter, lines.get(meter.id), terms[meter.concentrator_id]), meter.point),
            terms=terms[meter.concentrator_id],
        )
        for meter in meters
    ]


async def hang(db: AsyncSession, moves: Sequence[tuple[Known, str, str]], staff_id: UUID, now: datetime) -> None:
    """Write down how locked meters hang now, each with its line of the audit log: (meter, before, after)."""
    wanted = [(known, read_standing(known.standing.hanging.address, after)) for known, _, after in moves]
    ids = [known.meter_id for known, _ in wanted]
    hangings = [standing.hanging for _, standing in wanted]
    points = [standing.point for _, standing in wanted]
    await db.execute(_LET_GO, {"ids": [known.meter_id for known, new in wanted if new.point != known.standing.point]})
    await db.execute(_HANG, {"ids": ids, "ports": [each.port for each in hangings], "points": points})
    about = {
        "lines": [each.line.value for each in hangings],
        "protocols": [each.protocol.value for each in hangings],
        "bauds": [each.baud for each in hangings],
        "collectors": [each.collector or None for each in hangings],
    }
    await db.execute(_LINE, {"ids": ids} | about)
    await note_many(db, [_hung(known, new) for known, new in wanted], staff_id, now)


def _hung(known: Known, new: Standing) -> Act:
    detail = {"subject": known.number, "before": _with_point(known.standing), "after": _with_point(new)}
    return Act("meter_hung", known.meter_id, detail)


def _with_point(standing: Standing) -> str:
    return spelled(standing.hanging) + (f" #{standing.point}" if standing.point else "")
