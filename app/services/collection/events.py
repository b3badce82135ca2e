"""Events that concentrators count: fetched, kept once, and told to whoever is responsible (SPEC H-11).

report / counters / login --> COLLECT_EVENTS --> CollectEvents(known) --> terminal_event --> device_events.report
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.db import LOCK, add_once
from app.domain.device_event import DeviceEventKind
from app.domain.download import QUICK_TRIES, back_off
from app.domain.importance import Importance
from app.domain.terminal_events import Meaning, Told, meanings
from app.models import Concentrator, DeviceEvent, Meter, TerminalEvent
from app.outbox import Job, Taken
from app.ports import ConcentratorAddress, FrameRecord, Place, Priority, Readings, Refused, Unknown
from app.services import device_events, exchanges
from app.services.collection.told import Fact, fact_of
from app.services.device_events import Event
from app.services.targets import load_place
from app.terminal_words import Report

VERB = "collect_events"
REST = timedelta(hours=1)
"""A concentrator that was asked so lately is not asked because of a login: links that come and go would never rest."""

_ASK = text(
    """
    insert into outbox (job, subject_id, concentrator_id, due_at, created_at, attempts, importance)
    select :job, c.id, c.id, cast(:due as timestamptz) + random() * cast(:spread as interval), :now, 0, :importance
    from concentrator c
    left join collection_scheme s
        on s.id = coalesce(c.collection_scheme_id, (select id from collection_scheme where usual))
    where c.id = any(cast(:ids as uuid[])) and coalesce(s.events, true)
      and c.driver = 'gdw1376'  -- nothing else counts events
      and (c.events_asked_at is null or c.events_asked_at <= :before)
    on conflict do nothing
    """
)


async def events_wait(
    db: AsyncSession, address: ConcentratorAddress, now: datetime, rest: timedelta = timedelta(0)
) -> None:
    """Promise to fetch the events of a concentrator, where its scheme wants them. `rest`: since it was last asked."""
    here = select(Concentrator.id).where(
        Concentrator.region == address.region, Concentrator.terminal == address.terminal
    )
    await _ask_at(db, (await db.exec(here)).all(), Moment(now, now), rest)


@dataclass(frozen=True, slots=True)
class Moment:
    """When it is promised, `now`, and when it is due: at random between `due` and so much later."""

    now: datetime
    due: datetime
    spread: timedelta = timedelta(0)


async def events_of_newcomers(db: AsyncSession, concentrators: Collection[UUID], moment: Moment) -> None:
    """As `events_wait`, for those that have just logged in and were not asked lately; one statement for all of them."""
    await _ask_at(db, concentrators, moment, REST)


async def _ask_at(db: AsyncSession, concentrators: Collection[UUID], moment: Moment, rest: timedelta) -> None:
    about = {"ids": sorted(concentrators), "now": moment.now, "before": moment.now - rest}
    about |= {"due": moment.due, "spread": moment.spread}
    await db.execute(_ASK, about | {"job": Job.COLLECT_EVENTS.value, "importance": Importance.PLANNING.value})


async def reported(db: AsyncSession, address: ConcentratorAddress, report: Report, now: datetime) -> int:
    """A concentrator tells of events by itself; return how many were new. What it skipped is fetched by its counters.

    Our counters stay: only what was asked for has surely no gap before it.
    """
    here = select(Concentrator.id).where(
        Concentrator.region == address.region, Concentrator.terminal == address.terminal
    )
    concentrator_id = (await db.exec(here)).first()
    if concentrator_id is None:
        return 0
    await events_wait(db, address, now)
    return await _keep_all(db, concentrator_id, report, now)


@dataclass(frozen=True, slots=True)
class Errand:
    """A concentrator whose events are to be fetched. `known`: up to where we have them."""

    note: Taken
    place: Place
    known: tuple[int, int]


async def prepare(db: AsyncSession, note_id: int, now: datetime, by: str) -> Errand | None:
    """Take the note and find the concentrator."""
    note = await outbox.take(db, note_id, now, by)
    if note is None:
        return None
    row = await db.get_one(Concentrator, note.subject_id)
    place = await load_place(db, row.id, priority=Priority.ROUTINE)
    return Errand(note, place, (row.important_seen, row.normal_seen))


@dataclass(slots=True)
class Answer:
    """What came of it; `said` None: there was no link."""

    frames: list[FrameRecord]
    said: Readings | Refused | Unknown | None = None
    reason: str = ""


async def conclude(db: AsyncSession, errand: Errand, answer: Answer, now: datetime) -> None:
    """Keep what is new and how far we are; a concentrator that has no events to tell is not asked again."""
    if not await _conclude_note(db, errand.note, answer, now):
        return
    row = await db.get_one(Concentrator, errand.note.subject_id, with_for_update=LOCK)
    await exchanges.store(db, answer.frames, exchanges.About(VERB, None, concentrator_id=row.id))
    row.events_asked_at = now
    if isinstance(answer.said, Readings) and answer.said.report is not None:
        row.important_seen, row.normal_seen = answer.said.report.counters
        await _keep_all(db, row.id, answer.said.report, now)


async def _conclude_note(db: AsyncSession, note: Taken, answer: Answer, now: datetime) -> bool:
    match answer.said:
        case Readings():
            return await outbox.keep(db, note, now)
        case Refused(code=code):
            return await outbox.give_up(db, note, now, code)
    if note.attempts < QUICK_TRIES:
        return await outbox.postpone(db, note, now + back_off(note.attempts), answer.reason)
    return await outbox.give_up(db, note, now, answer.reason)


async def _keep_all(db: AsyncSession, concentrator_id: UUID, report: Report, now: datetime) -> int:
    meters = await _meters(db, concentrator_id)
    new = 0
    for event in report.events:
        fact = fact_of(event, now)
        meter_id = meters.get(fact.told.point) or meters.get(fact.told.address)
        new += await _keep(db, _Here(concentrator_id, meter_id), fact, now)
    return new


@dataclass(frozen=True, slots=True)
class _Here:
    concentrator_id: UUID
    meter_id: UUID | None

    @property
    def device_id(self) -> UUID:
        return self.meter_id or self.concentrator_id


async def _meters(db: AsyncSession, concentrator_id: UUID) -> dict[int | str | None, UUID]:
    """Meters by their points, and by their addresses."""
    rows = await db.exec(select(Meter.id, Meter.point, Meter.address).where(Meter.concentrator_id == concentrator_id))
    found: dict[int | str | None, UUID] = {}
    for meter_id, point, address in rows:
        found[address] = meter_id
        if point is not None:
            found[point] = meter_id
    return found


async def _keep(db: AsyncSession, here: _Here, fact: Fact, now: datetime) -> bool:
    row = TerminalEvent(
        concentrator_id=here.concentrator_id,
        meter_id=here.meter_id,
        erc=fact.told.erc,
        point=fact.told.point,
        fingerprint=fact.fingerprint,
        content=fact.content,
        at=fact.told.at,
        heard_at=now,
    )
    if not await add_once(db, row):
        return False
    for meaning in meanings(fact.told):
        await _tell(db, here, meaning, fact.told, now)
    return True


async def _tell(db: AsyncSession, here: _Here, meaning: Meaning, told: Told, now: datetime) -> None:
    """Report a trouble, or end the one that is over. A clock over there that runs ahead does not make it later.

    A trouble that is told together with its end, as a loss of power often is, is put on record and is over.
    """
    detail = meaning.detail if here.meter_id or told.point is None else f"{meaning.detail},point_{told.point}"
    happened = min(told.at or now, now)
    if meaning.began:
        event = Event(meaning.kind, here.concentrator_id, here.meter_id, f"{detail}:{happened.isoformat()}", detail)
        await device_events.report(db, event, happened, now)
    if meaning.over:
        await _end(db, meaning.kind, here.device_id, detail, now)


async def _end(db: AsyncSession, kind: DeviceEventKind, device_id: UUID, detail: str, now: datetime) -> None:
    at_device = (col(DeviceEvent.meter_id) == device_id) | (
        (col(DeviceEvent.concentrator_id) == device_id) & col(DeviceEvent.meter_id).is_(None)
    )
    open_ones = select(DeviceEvent).where(at_device, DeviceEvent.kind == kind, col(DeviceEvent.ended_at).is_(None))
    for event in (await db.exec(open_ones.where(DeviceEvent.detail == detail).with_for_update())).all():
        await device_events.end_event(db, event, now)
