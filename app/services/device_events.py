"""The one door by which events of devices come in, and end (SPEC H-11)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import add_once
from app.domain.device_event import DeviceEventKind, dedupe_key, is_news
from app.models import DeviceEvent
from app.services import responsible


@dataclass(frozen=True, slots=True)
class Event:
    """What happened at a concentrator, or at a meter behind it.

    `once`: with kind and device, what is reported one time only. `detail`: codes and figures, joined by commas.
    """

    kind: DeviceEventKind
    concentrator_id: UUID
    meter_id: UUID | None = None
    once: str = ""
    detail: str = ""

    @property
    def device_id(self) -> UUID:
        """The meter, where it is about one."""
        return self.meter_id or self.concentrator_id


async def report(db: AsyncSession, event: Event, happened: datetime, now: datetime) -> bool:
    """Put an event on record, once, and tell whoever is responsible; say whether it is new."""
    row = DeviceEvent(
        id=uuid4(),
        kind=event.kind,
        concentrator_id=event.concentrator_id,
        meter_id=event.meter_id,
        dedupe_key=dedupe_key(event.kind, event.device_id, event.once),
        detail=event.detail,
        at=happened,
    )
    if not await add_once(db, row):
        return False
    if is_news(happened, now):
        await responsible.open_alarm(db, row, now)
    return True


async def end(db: AsyncSession, kind: DeviceEventKind, device_id: UUID, now: datetime) -> int:
    """The open events of a kind at one device are over; who was told hears so. Return how many there were."""
    at_device = col(DeviceEvent.meter_id) == device_id
    at_device |= (col(DeviceEvent.concentrator_id) == device_id) & col(DeviceEvent.meter_id).is_(None)
    rows = select(DeviceEvent).where(at_device, DeviceEvent.kind == kind, col(DeviceEvent.ended_at).is_(None))
    ended = (await db.exec(rows.with_for_update())).all()
    for event in ended:
        await end_event(db, event, now)
    return len(ended)


async def end_event(db: AsyncSession, event: DeviceEvent, now: datetime) -> None:
    """A locked event is over."""
    event.ended_at = now
    await responsible.tell_end(db, event, now)
