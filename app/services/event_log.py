"""Events as staff look through them: those that nobody has in hand first, then by time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, Select
from sqlalchemy import select as sql_select
from sqlmodel import col, func, select, tuple_
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.bookmark import Bookmark
from app.domain.device_event import DeviceEventKind
from app.models import Concentrator, DeviceAlarm, DeviceEvent, Message, Meter, ResponsiblePerson, Staff

PAGE = 50


class Standing(StrEnum):
    """`open`: told, and nobody has it in hand. `lasting`: not over, in hand or told to nobody. `past`: over."""

    OPEN = "open"
    LASTING = "lasting"
    PAST = "past"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events."""

    standing: Standing = Standing.OPEN
    kind: DeviceEventKind | None = None
    below: Bookmark | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """An event as a list shows it. `step` 0: nobody was told. `in_hand_by`: a responsible person's or a colleague's
    name."""

    id: UUID
    kind: str
    at: datetime
    ended_at: datetime | None
    concentrator: str
    meter_number: str | None
    alarm_id: UUID | None
    step: int
    acknowledged_at: datetime | None
    in_hand_by: str | None
    remark: str


async def list_events(db: AsyncSession, wanted: Wanted) -> tuple[list[Line], Bookmark | None]:
    """The newest that fit, and where to go on; None: that was all."""
    rows = _lines().where(*_conditions(wanted))
    if wanted.below is not None:
        rows = rows.where(tuple_(col(DeviceEvent.at), col(DeviceEvent.id)) < wanted.below)
    found = (await db.execute(rows.limit(PAGE + 1))).all()
    lines = [_line(event, alarm, names) for event, alarm, *names in found[:PAGE]]
    return lines, Bookmark(lines[-1].at, lines[-1].id) if len(found) > PAGE else None


async def counts(db: AsyncSession) -> dict[Standing, int]:
    """How many there are of those that are not over."""
    waits = col(DeviceAlarm.id).is_not(None) & col(DeviceAlarm.acknowledged_at).is_(None)
    counted = sql_select(func.count().filter(waits), func.count().filter(~waits)).select_from(DeviceEvent)
    joined = counted.join(DeviceAlarm, col(DeviceAlarm.event_id) == col(DeviceEvent.id), isouter=True)
    open_, lasting = (await db.execute(joined.where(col(DeviceEvent.ended_at).is_(None)))).one()
    return {Standing.OPEN: open_, Standing.LASTING: lasting}


async def event_of(db: AsyncSession, event_id: UUID) -> Line | None:
    """One event."""
    found = (await db.execute(_lines().where(col(DeviceEvent.id) == event_id))).first()
    return _line(found[0], found[1], list(found[2:])) if found is not None else None


async def messages_of(db: AsyncSession, event_id: UUID) -> Sequence[Message]:
    """What was sent because of an event, in order; what was gathered for one person is not among it."""
    rows = select(Message).where(Message.cause_id == event_id)
    return (await db.exec(rows.order_by(col(Message.created_at)))).all()


def _lines() -> Select[DeviceEvent, DeviceAlarm, str, str, str, str]:
    whole = (DeviceEvent, DeviceAlarm, col(Concentrator.name), col(Meter.number), col(ResponsiblePerson.name))
    return (
        sql_select(*whole, col(Staff.name))
        .join(Concentrator, col(Concentrator.id) == col(DeviceEvent.concentrator_id))
        .join(Meter, col(Meter.id) == col(DeviceEvent.meter_id), isouter=True)
        .join(DeviceAlarm, col(DeviceAlarm.event_id) == col(DeviceEvent.id), isouter=True)
        .join(ResponsiblePerson, col(ResponsiblePerson.id) == col(DeviceAlarm.acknowledged_by), isouter=True)
        .join(Staff, col(Staff.id) == col(DeviceAlarm.staff_id), isouter=True)
        .order_by(col(DeviceEvent.at).desc(), col(DeviceEvent.id).desc())
    )


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    lasts = col(DeviceEvent.ended_at).is_(None)
    waits = col(DeviceAlarm.id).is_not(None) & col(DeviceAlarm.acknowledged_at).is_(None)
    by_standing: dict[Standing, list[ColumnElement[bool]]] = {
        Standing.OPEN: [lasts, waits],
        Standing.LASTING: [lasts, ~waits],
        Standing.PAST: [~lasts],
    }
    found = by_standing[wanted.standing]
    return found if wanted.kind is None else [*found, col(DeviceEvent.kind) == wanted.kind]


def _line(event: DeviceEvent, alarm: DeviceAlarm | None, names: Sequence[str | None]) -> Line:
    place, meter_number, person, colleague = names
    return Line(
        id=event.id,
        kind=event.kind,
        at=event.at,
        ended_at=event.ended_at,
        concentrator=place or "",
        meter_number=meter_number,
        alarm_id=alarm.id if alarm else None,
        step=alarm.step if alarm else 0,
        acknowledged_at=alarm.acknowledged_at if alarm else None,
        in_hand_by=person or colleague,
        remark=alarm.remark if alarm else "",
    )
