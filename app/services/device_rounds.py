"""Looks for what devices do not report themselves: silence, and troubles that staff were asked about (SPEC H-11)."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Text, case, cast, exists, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from app.db import table_of
from app.domain.device_event import NEWS_FOR, OF_REVIEW, DeviceEventKind, EventDoor
from app.domain.rules import DeviceRules
from app.models import Concentrator, DeviceEvent, Meter, Review
from app.services import device_events, rulebook
from app.services.device_events import Event

SLICE = 200
_DOORS = [door.value for door in EventDoor]


async def find_silent_concentrators(db: AsyncSession, now: datetime) -> int:
    """Those that were heard once and not for longer than the rules allow. Return how many were new."""
    limit = now - await _silence(db)
    open_one = _open(DeviceEventKind.CONCENTRATOR_SILENT, col(DeviceEvent.concentrator_id) == col(Concentrator.id))
    rows = select(Concentrator.id, Concentrator.heard_at).where(
        col(Concentrator.heard_at) < limit, col(Concentrator.enabled), ~open_one
    )
    found = (await db.exec(rows.order_by(col(Concentrator.heard_at)).limit(SLICE))).all()
    for concentrator_id, heard_at in found:
        once = heard_at.isoformat() if heard_at else ""
        event = Event(DeviceEventKind.CONCENTRATOR_SILENT, concentrator_id, once=once, detail=once)
        await device_events.report(db, event, now, now)
    return len(found)


async def find_heard_concentrators(db: AsyncSession, now: datetime) -> int:
    """Those whose silence is over."""
    limit = now - await _silence(db)
    rows = select(DeviceEvent).join(Concentrator, col(Concentrator.id) == col(DeviceEvent.concentrator_id))
    silent = rows.where(DeviceEvent.kind == DeviceEventKind.CONCENTRATOR_SILENT, col(DeviceEvent.ended_at).is_(None))
    return await _end_all(db, silent.where(col(Concentrator.heard_at) >= limit).limit(SLICE), now)


async def find_silent_meters(db: AsyncSession, now: datetime) -> int:
    """Those whose daily reading is overdue. Behind a silent concentrator all are: that is one event."""
    open_one = _open(DeviceEventKind.METER_SILENT, col(DeviceEvent.meter_id) == col(Meter.id))
    here = col(DeviceEvent.concentrator_id) == col(Meter.concentrator_id)
    behind = _open(DeviceEventKind.CONCENTRATOR_SILENT, here)
    rows = select(Meter.id, Meter.concentrator_id, Meter.silent_after).where(col(Meter.silent_after) < now)
    found = (await db.exec(rows.where(~open_one, ~behind).order_by(col(Meter.silent_after)).limit(SLICE))).all()
    for meter_id, concentrator_id, since in found:
        once = since.isoformat() if since else ""
        event = Event(DeviceEventKind.METER_SILENT, concentrator_id, meter_id, once, once)
        await device_events.report(db, event, now, now)
    return len(found)


async def find_heard_meters(db: AsyncSession, now: datetime) -> int:
    """Those that were read again."""
    rows = select(DeviceEvent).join(Meter, col(Meter.id) == col(DeviceEvent.meter_id))
    silent = rows.where(DeviceEvent.kind == DeviceEventKind.METER_SILENT, col(DeviceEvent.ended_at).is_(None))
    return await _end_all(db, silent.where(col(Meter.silent_after) >= now).limit(SLICE), now)


async def find_troubles(db: AsyncSession, now: datetime) -> int:
    """Questions that staff were asked about a device, each as an event of it, once."""
    of_place = col(Review.kind) == EventDoor.TWO_CONCENTRATORS.value
    device = case((of_place, col(Review.subject_id)), else_=col(Review.meter_id))
    kinds = case({door.value: kind.value for door, kind in OF_REVIEW.items()}, value=col(Review.kind))
    key = func.concat(kinds, ":", cast(device, Text), ":", cast(col(Review.id), Text))
    told = exists().where(col(DeviceEvent.dedupe_key) == key)
    fresh = select(Review).where(col(Review.kind).in_(_DOORS), col(Review.settled_at).is_(None))
    recent = fresh.where(device.is_not(None), col(Review.opened_at) > now - NEWS_FOR, ~told)
    found = (await db.exec(recent.order_by(col(Review.opened_at)).limit(SLICE))).all()
    for review in found:
        event = await _of_review(db, review)
        if event is not None:
            await device_events.report(db, event, review.opened_at, now)
    return len(found)


async def find_settled_troubles(db: AsyncSession, now: datetime) -> int:
    """Events whose question is settled are over."""
    rows = select(DeviceEvent).join(Review, cast(col(Review.id), Text) == col(DeviceEvent.detail))
    waiting = rows.where(col(DeviceEvent.kind).in_(OF_REVIEW.values()), col(DeviceEvent.ended_at).is_(None))
    return await _end_all(db, waiting.where(col(Review.settled_at).is_not(None)).limit(SLICE), now)


async def _of_review(db: AsyncSession, review: Review) -> Event | None:
    kind, once = OF_REVIEW[EventDoor(review.kind)], str(review.id)
    if review.kind == EventDoor.TWO_CONCENTRATORS:
        return Event(kind, review.subject_id, once=once, detail=once)
    meter = await db.get(Meter, review.meter_id) if review.meter_id else None
    return Event(kind, meter.concentrator_id, meter.id, once, once) if meter else None


async def _end_all(db: AsyncSession, rows: SelectOfScalar[DeviceEvent], now: datetime) -> int:
    found = (await db.exec(rows.with_for_update(of=table_of(DeviceEvent), skip_locked=True))).all()
    for event in found:
        await device_events.end_event(db, event, now)
    return len(found)


def _open(kind: DeviceEventKind, here: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(here, col(DeviceEvent.kind) == kind, col(DeviceEvent.ended_at).is_(None))


async def _silence(db: AsyncSession) -> timedelta:
    return timedelta(minutes=(await rulebook.rules(db, DeviceRules)).concentrator_silent_min)
