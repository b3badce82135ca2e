"""What terminals tell: beats, and the lines of their journals, each once whatever is replayed.

A line never credits anything: what a terminal did to a meter is learned from the meter. It hastens the asking.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.db import add_once
from app.domain.purchase import ON_ITS_WAY
from app.domain.terminal import Health, Kind
from app.models import Kiosk, KioskEvent, Meter, Purchase
from app.models.kiosk import KioskState
from app.outbox import Job
from app.services.still_out import said_at_meter

_TOOK = ("accepted", "used")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a journal. `number`: of the meter it is about."""

    entry: int
    kind: Kind
    number: str | None
    body: dict[str, str | int | bool | None]
    happened_at: datetime


async def record_beat(db: AsyncSession, kiosk: Kiosk, health: Health, now: datetime) -> None:
    """Keep how a terminal is."""
    kiosk.beat_at, kiosk.health = now, dict(health)
    await db.flush()


async def last_entry(db: AsyncSession, kiosk_id: UUID) -> int:
    """The highest number under which a terminal has told us anything; 0 before the first line."""
    highest = select(func.max(KioskEvent.entry)).where(KioskEvent.kiosk_id == kiosk_id)
    return (await db.exec(highest)).one() or 0


async def record_entries(db: AsyncSession, kiosk: Kiosk, entries: Sequence[Entry], now: datetime) -> int:
    """Keep the lines that are new, act on them, and return the number of the last one."""
    for entry in entries:
        meter = await _meter(db, kiosk, entry.number)
        row = KioskEvent(
            id=uuid4(),
            kiosk_id=kiosk.id,
            entry=entry.entry,
            kind=entry.kind,
            meter_id=meter.id if meter else None,
            body=entry.body,
            happened_at=entry.happened_at,
            received_at=now,
        )
        if await add_once(db, row):
            await _act(db, kiosk, entry, meter, now)
    return max((entry.entry for entry in entries), default=0)


async def _meter(db: AsyncSession, kiosk: Kiosk, number: str | None) -> Meter | None:
    """A terminal reaches the meters of its own line only: what it says of others is kept, and moves nothing."""
    here = select(Meter).where(Meter.number == number, Meter.concentrator_id == kiosk.concentrator_id)
    return (await db.exec(here)).first() if number else None


async def _act(db: AsyncSession, kiosk: Kiosk, entry: Entry, meter: Meter | None, now: datetime) -> None:
    if entry.kind is Kind.DOOR_OPENED and kiosk.state == KioskState.ACTIVE:
        kiosk.state = KioskState.LOCKED.value  # whoever opened it may have a hand on the line: staff look first
    if meter is None:
        return
    if entry.kind is Kind.STILL_OUT:
        await said_at_meter(db, meter.id, now, "kiosk")
    if entry.kind is Kind.TOKEN_ENTERED and entry.body.get("outcome") in _TOOK:
        await _hasten(db, meter, str(entry.body.get("purchase") or ""), now)
    if entry.kind in (Kind.TOKEN_ENTERED, Kind.RELAY_CLOSED):
        await outbox.promise(db, Job.READ_BALANCE, meter.id, now, concentrator_id=meter.concentrator_id)


async def _hasten(db: AsyncSession, meter: Meter, ref: str, now: datetime) -> None:
    """The purchase's own job finds the token used, and so proves what the terminal says."""
    wanted = select(Purchase.id, Purchase.state).where(Purchase.ref == ref, Purchase.meter_id == meter.id)
    found: tuple[UUID, str] | None = (await db.exec(wanted)).first()
    if found and found[1] in ON_ITS_WAY:
        await outbox.hurry(db, found[0], Job.DOWNLOAD_PURCHASE, now)
