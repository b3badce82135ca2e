"""Warns of episodes that are open, as many as are due at once: a few statements for a thousand of them (SPEC N-1, N-2).

ANNOUNCE_ALARM of each --> whoever takes one takes all that are due --> inside an outage: later | news --> plan_many
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox, outbox_many
from app.domain import alarm
from app.domain.alarm import AlarmTone, AlertCycle, MoneyLevel
from app.domain.clock import local_day
from app.domain.notice import ALARMS
from app.outbox import Job, Taken
from app.services import announcements
from app.services.alarm_levels import Place, policies, watches
from app.services.plans import News
from app.services.plans_bulk import plan_many

MOST = 1_000
"""Episodes in one transaction, which has to end well within the time of its job."""


@dataclass(frozen=True, slots=True)
class Episode:
    """An alarm, and where its meter stands now."""

    id: UUID
    meter_id: UUID
    account_id: UUID
    policy_id: UUID | None
    daily_use_minor: int | None
    depth: int
    tone: str
    opened_at: datetime
    closed_at: datetime | None
    reading_id: UUID | None
    stands_at: int


_EPISODES = text(
    """
    select alarm.id, meter.id, meter.account_id, alarm_policy_id, daily_use_minor, alarm.depth, alarm.tone,
        alarm.opened_at, alarm.closed_at, alarm.reading_id, meter.alarm_depth
    from alarm join meter on meter.id = alarm.meter_id join account on account.id = meter.account_id
    where alarm.id = any(cast(:ids as uuid[]))
    """
)


async def take(db: AsyncSession, note_id: int, now: datetime, by: str, most: int = MOST) -> list[Taken]:
    """Take a note, and with it others that are due, `most` in all; none: it is kept, or in other hands."""
    note = await outbox.take(db, note_id, now, by)
    if note is None:
        return []
    return [note, *await outbox_many.take_alike(db, Job.ANNOUNCE_ALARM, now, by, most - 1)]


async def announce(db: AsyncSession, notes: Sequence[Taken], zone: ZoneInfo, now: datetime) -> None:
    """Warn the accounts of episodes that are still open, and promise the next day's warnings where they are wanted.

    Keeps the notes; those about meters inside an outage are put back, unspent, until it is over. Which cycle holds is
    asked anew each time: whoever says "none" is left alone from now on.
    """
    found = await _episodes(db, [note.subject_id for note in notes])
    dark = await announcements.dark_among(db, {each.meter_id for each in found.values()}, now)
    waits = [note for note in notes if note.subject_id in found and found[note.subject_id].meter_id in dark]
    await outbox_many.put_back_all(db, waits, now + announcements.LOOK_AGAIN, "waits for the end of an outage")
    kept = await outbox_many.keep_all(db, [note for note in notes if note not in waits], now)
    open_ = [each for each in found.values() if each.id in kept and each.closed_at is None]
    levels = await _levels(db, open_)
    news = [_news(each, levels[each.id], zone, now) for each in open_ if each.id in levels]
    await plan_many(db, [each for each in news if each is not None], now)
    again = [(id_, alarm.told_next(level.cycle, level.hour, now, zone)) for id_, level in levels.items()]
    await outbox.promise_many(db, Job.ANNOUNCE_ALARM, [(id_, due) for id_, due in again if due is not None])


async def _episodes(db: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, Episode]:
    rows = await db.execute(_EPISODES, {"ids": list(ids)})
    return {row[0]: Episode(*row) for row in rows}


async def _levels(db: AsyncSession, episodes: Sequence[Episode]) -> Mapping[UUID, MoneyLevel]:
    """The level of each episode, of those that want to hear of it."""
    places = [Place(each.meter_id, each.account_id, each.policy_id, each.daily_use_minor) for each in episodes]
    watched = await watches(db, await policies(db), places)
    found = {each.id: watched[each.meter_id].at(each.depth) for each in episodes}
    return {id_: level for id_, level in found.items() if level is not None and level.cycle is not AlertCycle.NONE}


def _news(each: Episode, level: MoneyLevel, zone: ZoneInfo, now: datetime) -> News | None:
    """None: a deeper level says more, or the balance is above this one again."""
    if each.stands_at != each.depth:
        return None
    today = local_day(now, zone)
    repeated = level.cycle is AlertCycle.DAILY and today > local_day(each.opened_at, zone)
    once = f"{each.id}{today if repeated else ''}"
    return News(
        ALARMS[AlarmTone(each.tone)], each.id, each.meter_id, once, reading_id=each.reading_id, first=not repeated
    )
