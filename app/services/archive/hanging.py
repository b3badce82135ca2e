"""How meters hang, checked before it is written down: by the rules of the concentrator that they hang at."""

from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import LOCK
from app.domain.archive import ArchiveTerms, Hanging, Line, Protocol, check, line_by_port, written
from app.models import Audit, MasterMeter, Meter, MeterLine
from app.services.archive.rules import terms_for
from app.terminal_words import ArchiveEntry


def hanging_of(meter: Meter, line: MeterLine | None, terms: ArchiveTerms) -> Hanging:
    """How a meter hangs; one of which nobody said more hangs as its port says."""
    if line is None:
        return Hanging(meter.address, line_by_port(meter.port, terms), meter.port)
    return Hanging(
        address=meter.address,
        line=Line(line.line),
        port=meter.port,
        protocol=Protocol(line.protocol),
        baud=line.baud,
        collector=line.collector or "",
    )


def hanging_of_master(master: MasterMeter) -> Hanging:
    """How a master meter hangs."""
    return Hanging(master.address, Line.RS485, master.port, Protocol(master.protocol), master.baud)


def entry(point: int, hanging: Hanging, terms: ArchiveTerms) -> ArchiveEntry:
    """What a concentrator is told of a meter; its place in the archive is its point. Raises BadHanging."""
    wanted = written(hanging, terms)
    return ArchiveEntry(
        sequence=point,
        point=point,
        address=hanging.address,
        port=wanted.port,
        baud=wanted.baud,
        protocol=wanted.protocol,
        collector=wanted.collector,
    )


async def lines_of(db: AsyncSession, concentrator_id: UUID) -> dict[UUID, MeterLine]:
    """What was said of the meters of a concentrator, by meter."""
    wanted = select(MeterLine).join(Meter, col(Meter.id) == col(MeterLine.meter_id))
    rows = await db.exec(wanted.where(Meter.concentrator_id == concentrator_id))
    return {row.meter_id: row for row in rows}


async def hang(db: AsyncSession, meter_id: UUID, wish: Hanging, staff_id: UUID | None, now: datetime) -> None:
    """Write down how a meter hangs; its address stays. Raises BadHanging, NoResultFound."""
    meter = await db.get_one(Meter, meter_id, with_for_update=LOCK)
    terms = await terms_for(db, meter.concentrator_id)
    check(wish, terms)
    row = await db.get(MeterLine, meter.id)
    before = hanging_of(meter, row, terms)
    row = row or MeterLine(meter_id=meter.id)
    meter.port = wish.port
    row.line, row.protocol, row.baud, row.collector = wish.line, wish.protocol, wish.baud, wish.collector or None
    db.add(row)
    detail: dict[str, str | int | None] = {
        "subject": meter.number,
        "before": spelled(before),
        "after": spelled(wish),
    }
    db.add(Audit(staff_id=staff_id, act="meter_hung", subject_id=meter.id, detail=detail, at=now))
    await db.flush()


def spelled(hanging: Hanging) -> str:
    """How it hangs in a line of the audit log."""
    parts = (hanging.line, hanging.port, hanging.protocol, hanging.baud or "", hanging.collector)
    return " ".join(str(part) for part in parts if part != "")
