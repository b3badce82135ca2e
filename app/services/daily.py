"""Reads every meter once a day, concentrator by concentrator (SPEC H-5)."""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.db import LOCK
from app.domain.clock import day_start
from app.domain.wallet import USE_SPAN, BalanceSource, Figure, ReadingKind, daily_use
from app.models import Concentrator, Meter, Note, Purchase, Reading
from app.outbox import Job, Taken
from app.ports import Priority, Target
from app.services import alarms, exchanges
from app.services.polls import Answer
from app.services.readings import record_balance
from app.services.targets import load_target

VERB = "read_daily"
ROUNDS_BEGIN = time(0, 20)  # local time; meters have frozen their day by then
MOST_TRIES = 4
_AGAIN = timedelta(minutes=20)


@dataclass(frozen=True, slots=True)
class Due:
    """A meter that today's round has still to read."""

    meter_id: UUID
    number: str
    target: Target


@dataclass(frozen=True, slots=True)
class Round:
    """The rest of one concentrator's round."""

    note: Taken
    due: tuple[Due, ...]


@dataclass(slots=True)
class Walked:
    """How a round went: the numbers of meters that did not answer, and whether time ran out before its end."""

    missed: list[str] = field(default_factory=list)
    broke_off: bool = False


async def plan(db: AsyncSession, zone: ZoneInfo, now: datetime) -> int:
    """Promise today's round of each concentrator that has had none yet; return how many were promised."""
    begin = day_start(now, zone)
    if now < begin + timedelta(hours=ROUNDS_BEGIN.hour, minutes=ROUNDS_BEGIN.minute):
        return 0
    planned = select(Note.subject_id).where(Note.job == Job.READ_DAILY, col(Note.created_at) >= begin)
    found = list(await db.exec(select(Concentrator.id).where(col(Concentrator.id).not_in(planned))))
    for concentrator_id in found:
        await outbox.promise(db, Job.READ_DAILY, concentrator_id, now, concentrator_id=concentrator_id)
    return len(found)


async def prepare(db: AsyncSession, note_id: int, zone: ZoneInfo, now: datetime, by: str) -> Round | None:
    """Take the note and list the meters that have not been read today, whoever read them."""
    note = await outbox.take(db, note_id, now, by)
    if note is None:
        return None
    unread = col(Meter.balance_read_at).is_(None) | (col(Meter.balance_read_at) < day_start(now, zone))
    wanted = select(Meter.id, Meter.number).where(Meter.concentrator_id == note.subject_id, unread)
    rows = (await db.exec(wanted.order_by(col(Meter.number)))).all()
    due = [Due(id_, number, await load_target(db, id_, priority=Priority.ROUTINE)) for id_, number in rows]
    return Round(note, tuple(due))


async def record(db: AsyncSession, due: Due, answer: Answer, answered_at: datetime) -> None:
    """Store what one meter said, and what it uses a day as far as that can be told."""
    meter = await db.get_one(Meter, due.meter_id, with_for_update=LOCK)
    await exchanges.store(db, answer.frames, exchanges.About(VERB, meter.id))
    if answer.wallet is None:
        return
    await record_balance(db, meter, answer.wallet.balance_minor, BalanceSource.DAILY, answered_at)
    use = await _use(db, meter.id, answered_at)
    if use is not None and use != meter.daily_use_minor:
        meter.daily_use_minor = use
        await alarms.judge_anew(db, meter)  # levels in days have moved with the use


async def conclude(db: AsyncSession, round_: Round, walked: Walked, now: datetime) -> None:
    """Keep the promise, or come back for the meters that were missed; after some tries tomorrow's round is enough."""
    if walked.broke_off:
        await outbox.put_back(db, round_.note, now, "a long round: the rest follows")
        return
    if not walked.missed:
        await outbox.keep(db, round_.note, now)
        return
    reason = f"not read: {', '.join(walked.missed)}"
    if round_.note.attempts < MOST_TRIES:
        await outbox.postpone(db, round_.note, now + _AGAIN, reason)
        return
    await outbox.give_up(db, round_.note, now, reason)


async def _use(db: AsyncSession, meter_id: UUID, now: datetime) -> int | None:
    wanted = (
        select(Reading)
        .where(Reading.meter_id == meter_id, Reading.kind == ReadingKind.BALANCE)
        .where(col(Reading.read_at) > now - USE_SPAN, col(Reading.read_at) <= now)
        .order_by(col(Reading.read_at))
    )
    readings = list(await db.exec(wanted))
    if not readings:
        return None
    first, last = (Figure(reading.read_at, reading.value) for reading in (readings[0], readings[-1]))
    return daily_use(first, last, await _credited(db, meter_id, first.at, last.at))


async def _credited(db: AsyncSession, meter_id: UUID, after: datetime, until: datetime) -> int:
    total = (
        select(func.coalesce(func.sum(Purchase.credit_minor), 0))
        .where(Purchase.meter_id == meter_id)
        .where(col(Purchase.credited_at) > after, col(Purchase.credited_at) <= until)
    )
    return int((await db.exec(total)).one())
