"""An event of a device: to whoever is responsible, singly or gathered, and to the people of its meter (SPEC N-7)."""

from dataclasses import replace

from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.notice import MessageKind
from app.models import Concentrator, DeviceEvent, GridNode, Message, Meter
from app.services import responsible
from app.services.letters.facts import DeviceFacts, Facts
from app.services.letters.letter import Letter, Loader, of_meter, reader_of

_NO_METER = Facts("", None, None, None)


async def _device_event(db: AsyncSession, message: Message) -> Letter:
    """To a responsible person. What is in hand or over is not told any more, unless it is its end that is told."""
    event = await db.get(DeviceEvent, message.cause_id)
    if event is None:
        return await _gathered(db, message)
    person, alarms = await responsible.alarms_of_message(db, message.id)
    over = person is not None and ":over:" in message.dedupe_key
    waits = event.ended_at is None and any(alarm.acknowledged_at is None for alarm in alarms)
    facts = await _facts(db, event, replace_with=_NO_METER)
    told = await _told(db, event)
    if not over:
        told = replace(told, acknowledge=message.id)
    return Letter(message, None, replace(facts, device=told), holds=over or waits)


async def _gathered(db: AsyncSession, message: Message) -> Letter:
    """Everything that waits for one person, by its newest and the number of the others."""
    waiting = await responsible.open_alarms(db, message.cause_id)
    if not waiting:
        return Letter(message, None, _NO_METER, holds=False)
    newest = waiting[0][1]
    told = replace(await _told(db, newest), others=len(waiting) - 1, acknowledge=message.id)
    return Letter(message, None, replace(await _facts(db, newest, replace_with=_NO_METER), device=told), holds=True)


async def _meter_event(db: AsyncSession, message: Message) -> Letter:
    event = await db.get_one(DeviceEvent, message.cause_id)
    facts = replace(await _facts(db, event, replace_with=_NO_METER), device=await _told(db, event))
    return Letter(message, await reader_of(db, message), facts, holds=event.ended_at is None)


async def _facts(db: AsyncSession, event: DeviceEvent, *, replace_with: Facts) -> Facts:
    meter = await db.get(Meter, event.meter_id) if event.meter_id else None
    return of_meter(meter) if meter else replace_with


async def _told(db: AsyncSession, event: DeviceEvent) -> DeviceFacts:
    concentrator = await db.get_one(Concentrator, event.concentrator_id)
    meter = await db.get(Meter, event.meter_id) if event.meter_id else None
    area = await db.get_one(GridNode, concentrator.node_id)
    device = meter.number if meter else f"{concentrator.region}-{concentrator.terminal}"
    place = concentrator.name if concentrator.name == area.name else f"{concentrator.name} ({area.name})"
    return DeviceFacts(device, place, event.kind, event.at, ended=event.ended_at is not None)


LOADERS: dict[MessageKind, Loader] = {
    MessageKind.DEVICE_EVENT: _device_event,
    MessageKind.METER_EVENT: _meter_event,
}
