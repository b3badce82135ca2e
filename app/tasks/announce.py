"""Jobs that turn facts into messages. Each may run twice; nobody is told twice."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.context import Ctx
from app.outbox import Taken
from app.services import announcements, messages
from app.steady import job

Announcement = Callable[[AsyncSession, Taken, ZoneInfo, datetime], Awaitable[None]]

_RELAY_TRIES = 4
_LOOK_AGAIN = timedelta(seconds=2)


@job
async def announce_credit(ctx: Ctx, note_id: int) -> None:
    """Tell of a credit, together with what became of the supply if that is known within some seconds."""
    await _announce(ctx, note_id, _credit_with_supply)


@job
async def announce_token(ctx: Ctx, note_id: int) -> None:
    """Send the token that the network could not carry."""
    await _announce(ctx, note_id, messages.announce_token)


@job
async def announce_alarm(ctx: Ctx, note_id: int) -> None:
    """Warn of a low balance."""
    await _announce(ctx, note_id, _alarm_outside_outages)


async def _announce(ctx: Ctx, note_id: int, announcement: Announcement) -> None:
    deps = ctx["deps"]
    async with deps.begin() as db:
        note = await outbox.take(db, note_id, deps.now(), deps.name)
        if note is None:
            return
        await announcement(db, note, ZoneInfo(deps.settings.timezone), deps.now())
    await deps.bell.ring_quietly()


async def _credit_with_supply(db: AsyncSession, note: Taken, zone: ZoneInfo, now: datetime) -> None:
    if note.attempts < _RELAY_TRIES and await messages.supply_is_awaited(db, note.subject_id):
        await outbox.postpone(db, note, now + _LOOK_AGAIN, "waits for the relay to be seen to")
        return
    await messages.announce_credit(db, note, zone, now)


async def _alarm_outside_outages(db: AsyncSession, note: Taken, zone: ZoneInfo, now: datetime) -> None:
    later = await announcements.warning_waits_until(db, note.subject_id, now)
    if later is not None:
        await outbox.put_back(db, note, later, "waits for the end of an outage")
        return
    await messages.announce_alarm(db, note, zone, now)
