"""Jobs that turn facts into messages. Each may run twice; nobody is told twice."""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.context import Ctx
from app.outbox import Taken
from app.services import alarm_news, messages
from app.steady import job

Announcement = Callable[[AsyncSession, Taken, ZoneInfo, datetime], Awaitable[None]]

log = logging.getLogger(__name__)
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
    """Warn of a low balance, and of all others that are due. One of them that cannot be told keeps no other back."""
    deps = ctx["deps"]
    try:
        await _alarms(ctx, note_id, alarm_news.MOST)
    except SQLAlchemyError as error:
        log.warning("alarms together: %s; this one alone", type(error).__name__)
        await _alarms(ctx, note_id, 1)
    await deps.bell.ring_quietly()


async def _alarms(ctx: Ctx, note_id: int, most: int) -> None:
    deps = ctx["deps"]
    async with deps.begin() as db:
        notes = await alarm_news.take(db, note_id, deps.now(), deps.name, most)
        if notes:
            await alarm_news.announce(db, notes, ZoneInfo(deps.settings.timezone), deps.now())


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
