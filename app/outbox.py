"""Promises of what must happen next, kept in the same transaction as the fact (ARCHITECTURE section 5 in docs)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, case, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.models.outbox import Note


class Job(StrEnum):
    """Every job there is. Its subject is named behind it."""

    ISSUE_TOKEN = "issue_token"  # purchase
    DOWNLOAD_PURCHASE = "download_purchase"  # purchase
    CHECK_RELAY = "check_relay"  # purchase
    READ_BALANCE = "read_balance"  # meter
    READ_DAILY = "read_daily"  # concentrator
    ANNOUNCE_CREDIT = "announce_credit"  # purchase
    ANNOUNCE_TOKEN = "announce_token"  # purchase
    ANNOUNCE_ALARM = "announce_alarm"  # alarm
    RENDER_RECEIPT = "render_receipt"  # purchase
    ASK_PROVIDER = "ask_provider"  # payment
    SEND_MESSAGE = "send_message"  # message


OFFICE = "office"
MESSAGES = "messages"
FRONT_END = "frontend"
QUEUES: dict[Job, str] = {
    Job.ISSUE_TOKEN: OFFICE,
    Job.DOWNLOAD_PURCHASE: FRONT_END,
    Job.CHECK_RELAY: FRONT_END,
    Job.READ_BALANCE: FRONT_END,
    Job.READ_DAILY: FRONT_END,
    Job.ANNOUNCE_CREDIT: OFFICE,
    Job.ANNOUNCE_TOKEN: OFFICE,
    Job.ANNOUNCE_ALARM: OFFICE,
    Job.RENDER_RECEIPT: OFFICE,
    Job.ASK_PROVIDER: OFFICE,
    Job.SEND_MESSAGE: MESSAGES,
}

WIRE_DEADLINE = timedelta(seconds=240)  # the longest a verb of the head end may take
TIMEOUTS: dict[str, timedelta] = {
    FRONT_END: timedelta(seconds=300),
    OFFICE: timedelta(seconds=30),
    MESSAGES: timedelta(seconds=60),
}
_SPARE = timedelta(seconds=15)  # a note stays in hands for longer than its job may run
LEASE = timedelta(seconds=10)  # a queue message lost with Redis is sent again after this


@dataclass(frozen=True, slots=True)
class Handout:
    """A note to be put on `queue`; `attempts` makes the queue's id new for each try."""

    note_id: int
    job: Job
    queue: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Taken:
    """A note in our hands. `attempts` counts this taking too and fences its conclusion."""

    note_id: int
    subject_id: UUID
    attempts: int


async def promise(
    db: AsyncSession, job: Job, subject_id: UUID, due: datetime, *, concentrator_id: UUID | None = None
) -> None:
    """Promise `job` for a subject, in the caller's transaction. One open promise of a kind per subject is enough.

    Jobs of the front-end queue need the concentrator that leads to the meter.
    """
    if (QUEUES[job] == FRONT_END) != (concentrator_id is not None):
        raise ValueError(f"{job}: a front-end job, and only such a job, names its concentrator")
    row = {"job": job.value, "subject_id": subject_id, "concentrator_id": concentrator_id}
    statement = insert(Note).values(**row, due_at=due, created_at=due, attempts=0)
    await db.execute(statement.on_conflict_do_nothing())


_LEASE_SQL = text(
    """
    update outbox set lease_until = :until
    where id in (
        select o.id from outbox o left join concentrator c on c.id = o.concentrator_id
        where o.done_at is null and o.due_at <= :now
          and (o.lease_until is null or o.lease_until <= :now)
          and (o.taken_until is null or o.taken_until <= :now)
          and (o.concentrator_id is null or c.front_end is not null)
        order by o.due_at limit :most for update of o skip locked)
    returning id, job, attempts,
        (select front_end from concentrator c where c.id = outbox.concentrator_id) as front_end
    """
)


async def lease(db: AsyncSession, now: datetime, most: int = 200) -> list[Handout]:
    """Take due notes to hand to the queue. A note whose concentrator has no link is left alone, unspent."""
    rows = await db.execute(_LEASE_SQL, {"now": now, "until": now + LEASE, "most": most})
    return [_handout(r.id, Job(r.job), r.attempts, r.front_end) for r in rows]


def _handout(note_id: int, job: Job, attempts: int, front_end: str | None) -> Handout:
    queue = QUEUES[job]
    return Handout(note_id, job, f"{queue}:{front_end}" if queue == FRONT_END else queue, attempts)


def _until_by_job(now: datetime) -> ColumnElement[datetime]:
    """A job that dies without a word is free again soon after its longest time."""
    return case({job.value: now + TIMEOUTS[queue] + _SPARE for job, queue in QUEUES.items()}, value=col(Note.job))


async def take(db: AsyncSession, note_id: int, now: datetime, by: str = "") -> Taken | None:
    """Take a note into our hands; None means that it is kept, not due, or in other hands: the job returns."""
    statement = (
        update(Note)
        .where(col(Note.id) == note_id, col(Note.done_at).is_(None), col(Note.due_at) <= now)
        .where(col(Note.taken_until).is_(None) | (col(Note.taken_until) <= now))
        .values(attempts=Note.attempts + 1, taken_until=_until_by_job(now), taken_by=by)
        .returning(col(Note.subject_id), col(Note.attempts))
    )
    row = (await db.execute(statement)).first()
    return Taken(note_id, row[0], row[1]) if row else None


async def keep(db: AsyncSession, note: Taken, now: datetime) -> bool:
    """Mark a promise kept; False if somebody else has taken it since, and then the caller must not conclude."""
    return await _conclude(db, note, {"done_at": now, "last_error": None})


async def give_up(db: AsyncSession, note: Taken, now: datetime, reason: str) -> bool:
    """End a promise that could not be kept and need not be: the reason stays on the row; False as for `keep`."""
    return await _conclude(db, note, {"done_at": now, "last_error": reason})


async def postpone(db: AsyncSession, note: Taken, due: datetime, reason: str) -> bool:
    """Put a promise back until `due`, with the reason on the row; False as for `keep`."""
    return await _conclude(db, note, {"due_at": due, "last_error": reason})


async def put_back(db: AsyncSession, note: Taken, due: datetime, reason: str) -> bool:
    """Put a promise back without having spent a try on it (nothing was sent)."""
    return await _conclude(db, note, {"due_at": due, "last_error": reason, "attempts": note.attempts - 1})


async def _conclude(db: AsyncSession, note: Taken, values: dict[str, object]) -> bool:
    statement = (
        update(Note)
        .where(col(Note.id) == note.note_id, col(Note.attempts) == note.attempts)
        .where(col(Note.done_at).is_(None), col(Note.taken_until).is_not(None))
        .values(**values, taken_until=None, taken_by=None, lease_until=None)
        .returning(col(Note.id))
    )
    return (await db.execute(statement)).first() is not None


async def hold(db: AsyncSession, subject_id: UUID) -> None:
    """Lock the open promises about a subject, before its rows: whoever changes both locks in the order of the jobs."""
    held = select(Note.id).where(Note.subject_id == subject_id, col(Note.done_at).is_(None))
    await db.exec(held.order_by(col(Note.id)).with_for_update())


async def hurry(db: AsyncSession, subject_id: UUID, job: Job, now: datetime) -> None:
    """A person wants a promise tried now, its tries counted anew; one that is in somebody's hands is being tried."""
    await db.execute(
        update(Note)
        .where(col(Note.subject_id) == subject_id, col(Note.job) == job.value, col(Note.done_at).is_(None))
        .where(col(Note.taken_until).is_(None) | (col(Note.taken_until) <= now))
        .values(due_at=now, lease_until=None, taken_until=None, taken_by=None, attempts=0)
    )


async def wake(db: AsyncSession, concentrator_id: UUID, now: datetime) -> None:
    """A link has come up: everything that waits for it is due now."""
    await db.execute(
        update(Note)
        .where(col(Note.concentrator_id) == concentrator_id, col(Note.done_at).is_(None))
        .values(due_at=now, lease_until=None)
    )


async def release(db: AsyncSession, by: str) -> None:
    """A named process starts again: what it held when it died is free, since it alone bears that name."""
    statement = update(Note).where(col(Note.taken_by) == by, col(Note.done_at).is_(None))
    await db.execute(statement.values(taken_until=None, taken_by=None, lease_until=None))


async def let_go(db: AsyncSession, note_id: int, by: str, due: datetime, reason: str) -> None:
    """A job broke off in our hands: put its note back instead of letting it wait for the end of the taking."""
    statement = update(Note).where(col(Note.id) == note_id, col(Note.taken_by) == by, col(Note.done_at).is_(None))
    await db.execute(statement.values(due_at=due, last_error=reason, taken_until=None, taken_by=None, lease_until=None))


async def spent(db: AsyncSession, most: int) -> list[Note]:
    """Open notes that have been tried more often than any rule foresees."""
    rows = await db.exec(select(Note).where(col(Note.done_at).is_(None), Note.attempts > most))
    return list(rows)
