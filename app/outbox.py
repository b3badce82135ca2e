"""Promises of what must happen next, kept in the same transaction as the fact (ARCHITECTURE section 5 in docs)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import bindparam, case, text
from sqlalchemy import select as sql_select
from sqlalchemy import update as sql_update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.dml import ReturningUpdate
from sqlmodel import col, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import is_one_of, table_of
from app.domain.importance import Importance
from app.models.outbox import Note


class Job(StrEnum):
    """Every job there is. Its subject is named behind it."""

    ISSUE_TOKEN = "issue_token"  # purchase
    DOWNLOAD_PURCHASE = "download_purchase"  # purchase
    READ_RECORDS = "read_records"  # purchase in question
    CHECK_RELAY = "check_relay"  # purchase
    READ_BALANCE = "read_balance"  # meter
    READ_DAILY = "read_daily"  # concentrator
    COLLECT_EVENTS = "collect_events"  # concentrator
    SET_MASTER_INTERVAL = "set_master_interval"  # concentrator
    ANNOUNCE_CREDIT = "announce_credit"  # purchase
    ANNOUNCE_TOKEN = "announce_token"  # purchase
    ANNOUNCE_ALARM = "announce_alarm"  # alarm
    RENDER_RECEIPT = "render_receipt"  # purchase
    ASK_PROVIDER = "ask_provider"  # payment
    CHARGE_RULE = "charge_rule"  # top-up rule
    REFUND_PAYMENT = "refund_payment"  # refund
    SEND_MESSAGE = "send_message"  # message
    ESCALATE_ALARM = "escalate_alarm"  # device alarm
    SEND_BULK = "send_bulk"  # message
    FALL_BACK = "fall_back"  # message
    STEP_CAMPAIGN = "step_campaign"  # campaign
    STEP_LEVELS = "step_levels"  # level change
    STEP_COMMISSIONING = "step_commissioning"  # run of commissioning
    PLAY_DELIVERY = "play_delivery"  # message
    STEP_OPERATION = "step_operation"  # operation
    OPERATE = "operate"  # item of an operation
    ENFORCE_LIMIT = "enforce_limit"  # meter under remote fee control
    SET_OWN_LIMITS = "set_own_limits"  # meter whose fee control was switched
    APPLY_RETURN = "apply_return"  # return of a hand-held


OFFICE = "office"
OFFICE_BULK = "office-bulk"  # planning by the thousand: results never wait for its hands
MESSAGES = "messages"
BULK = "bulk"  # messages that nobody waits for: they never take the hands of those that somebody waits for
FRONT_END = "frontend"
ROUTINE = "frontend-routine"  # long rounds of the same front-end: restoring supply never waits for their hands
_AT_THE_LINK = frozenset({FRONT_END, ROUTINE})
QUEUES: dict[Job, str] = {
    Job.ISSUE_TOKEN: OFFICE,
    Job.DOWNLOAD_PURCHASE: FRONT_END,
    Job.READ_RECORDS: FRONT_END,
    Job.CHECK_RELAY: FRONT_END,
    Job.READ_BALANCE: FRONT_END,
    Job.READ_DAILY: ROUTINE,
    Job.COLLECT_EVENTS: ROUTINE,
    Job.SET_MASTER_INTERVAL: ROUTINE,
    Job.ANNOUNCE_CREDIT: OFFICE,
    Job.ANNOUNCE_TOKEN: OFFICE,
    Job.ANNOUNCE_ALARM: OFFICE_BULK,
    Job.RENDER_RECEIPT: OFFICE,
    Job.ASK_PROVIDER: OFFICE,
    Job.CHARGE_RULE: OFFICE,
    Job.REFUND_PAYMENT: OFFICE,
    Job.SEND_MESSAGE: MESSAGES,
    Job.ESCALATE_ALARM: OFFICE,
    Job.SEND_BULK: BULK,
    Job.FALL_BACK: OFFICE,
    Job.STEP_CAMPAIGN: OFFICE_BULK,
    Job.STEP_LEVELS: OFFICE_BULK,
    Job.STEP_COMMISSIONING: OFFICE_BULK,
    Job.PLAY_DELIVERY: OFFICE,
    Job.STEP_OPERATION: OFFICE_BULK,
    Job.OPERATE: FRONT_END,
    Job.ENFORCE_LIMIT: FRONT_END,
    Job.SET_OWN_LIMITS: FRONT_END,
    Job.APPLY_RETURN: OFFICE_BULK,
}

WIRE_DEADLINE = timedelta(seconds=240)  # the longest a verb of the head end may take
CONCLUDING = timedelta(seconds=30)  # what is left to a job, once its last verb has ended, to write down what it learned
TIMEOUTS: dict[str, timedelta] = {
    FRONT_END: timedelta(
        seconds=600
    ),  # of three verbs, two that wait for lost answers on a carrier leave the third time
    ROUTINE: timedelta(seconds=450),  # the budget of a long round, and one verb begun at its end
    OFFICE: timedelta(seconds=30),
    OFFICE_BULK: timedelta(seconds=30),
    MESSAGES: timedelta(seconds=60),
    BULK: timedelta(seconds=60),
}
SPARE = timedelta(seconds=15)  # a note stays in hands for longer than its job may run
LEASE = timedelta(seconds=10)  # a queue message lost with Redis is sent again after this


@dataclass(frozen=True, slots=True)
class Handout:
    """A note to be put on `queue`; `attempts` makes the queue's id new for each try."""

    note_id: int
    job: Job
    queue: str
    attempts: int
    importance: int = Importance.USUAL


@dataclass(frozen=True, slots=True)
class Taken:
    """A note in our hands. `attempts` counts this taking too and fences its conclusion. `due`: since when it was."""

    note_id: int
    subject_id: UUID
    attempts: int
    due: datetime


# Statements of every job are built once, for building one takes longer than running it.
_NOTE = table_of(Note)
_PROMISE = insert(_NOTE).on_conflict_do_nothing()
_USUAL = Importance.USUAL.value
_IMPORTANCE = {job: Importance.PLANNING.value for job, queue in QUEUES.items() if queue in (OFFICE_BULK, ROUTINE)}


def importance_of(job: Job) -> int:
    """How important a promise of this job is, where whoever makes it says nothing else."""
    return _IMPORTANCE.get(job, _USUAL)


async def promise(
    db: AsyncSession, job: Job, subject_id: UUID, due: datetime, *, concentrator_id: UUID | None = None
) -> None:
    """Promise `job` for a subject, in the caller's transaction. One open promise of a kind per subject is enough.

    Jobs of the front-end queue need the concentrator that leads to the meter.
    """
    if (QUEUES[job] in _AT_THE_LINK) != (concentrator_id is not None):
        raise ValueError(f"{job}: a front-end job, and only such a job, names its concentrator")
    row = {"job": job.value, "subject_id": subject_id, "concentrator_id": concentrator_id}
    await db.execute(
        _PROMISE, row | {"due_at": due, "created_at": due, "attempts": 0, "importance": _IMPORTANCE.get(job, _USUAL)}
    )


async def promise_many(db: AsyncSession, job: Job, wanted: Sequence[tuple[UUID, datetime]]) -> None:
    """Promise one job of the office for many subjects, each with its due time, in one round trip."""
    common = {"job": job.value, "concentrator_id": None, "attempts": 0, "importance": _IMPORTANCE.get(job, _USUAL)}
    if wanted:
        await db.execute(_PROMISE, [common | {"subject_id": id_, "due_at": at, "created_at": at} for id_, at in wanted])


@dataclass(frozen=True, slots=True)
class Errand:
    """An item that is to be done behind a concentrator."""

    subject_id: UUID
    concentrator_id: UUID


async def promise_errands(db: AsyncSession, job: Job, wanted: Sequence[Errand], due: datetime, importance: int) -> None:
    """Promise one job of the front-ends for many subjects, in one round trip; the more important go first."""
    common = {"job": job.value, "due_at": due, "created_at": due, "attempts": 0, "importance": importance}
    rows = [common | {"subject_id": each.subject_id, "concentrator_id": each.concentrator_id} for each in wanted]
    if rows:
        await db.execute(_PROMISE, rows)


@dataclass(frozen=True, slots=True)
class Sending:
    """A message that is to go out from `due` on."""

    message_id: UUID
    due: datetime
    importance: int


async def promise_sending(db: AsyncSession, message_id: UUID, due: datetime, importance: int) -> None:
    """Promise to send a message: of those that are due, the more important go first (`app.domain.importance`)."""
    await promise_sendings(db, [Sending(message_id, due, importance)])


async def promise_sendings(db: AsyncSession, wanted: Sequence[Sending]) -> None:
    """Promise to send many, in one round trip."""
    if wanted:
        await db.execute(_PROMISE, [_sending_row(each) for each in wanted])


def _sending_row(each: Sending) -> dict[str, object]:
    row = {"job": sending(each.importance).value, "subject_id": each.message_id, "concentrator_id": None}
    return row | {"due_at": each.due, "created_at": each.due, "attempts": 0, "importance": each.importance}


def sending(importance: int) -> Job:
    """The job that sends messages of an importance: what nobody waits for has workers of its own."""
    return Job.SEND_MESSAGE if importance <= _USUAL else Job.SEND_BULK


# One reach into the index for each importance: what waits for the morning by the hundred thousand is not walked over.
_LEASE_SQL = text(
    f"""
    update outbox set lease_until = :until
    where id in (
        select due.id from (values {", ".join(f"({each.value})" for each in Importance)}) as level (importance),
        lateral (
            select o.id from outbox o left join concentrator c on c.id = o.concentrator_id
            where o.importance = level.importance and o.done_at is null and o.due_at <= :now
              and (o.lease_until is null or o.lease_until <= :now)
              and (o.taken_until is null or o.taken_until <= :now)
              and (o.concentrator_id is null or c.front_end is not null)
            order by o.due_at limit :most for update of o skip locked
        ) as due
        order by level.importance limit :most)
    returning id, job, attempts, importance, due_at,
        (select front_end from concentrator c where c.id = outbox.concentrator_id) as front_end
    """  # noqa: S608  (numbers of ours)
)


async def lease(db: AsyncSession, now: datetime, most: int = 200) -> list[Handout]:
    """Take due notes to hand to the queue. A note whose concentrator has no link is left alone, unspent."""
    rows = await db.execute(_LEASE_SQL, {"now": now, "until": now + LEASE, "most": most})
    found = sorted(rows, key=lambda r: (r.importance, r.due_at, r.id))
    return [Handout(r.id, Job(r.job), _queue(Job(r.job), r.front_end), r.attempts, r.importance) for r in found]


def _queue(job: Job, front_end: str | None) -> str:
    queue = QUEUES[job]
    return f"{queue}:{front_end}" if queue in _AT_THE_LINK else queue


_NOW = bindparam("now", type_=_NOTE.c.due_at.type)
_UNTIL_BY_JOB = case(
    {job.value: _NOW + TIMEOUTS[queue] + SPARE for job, queue in QUEUES.items()}, value=_NOTE.c.job
)  # a job that dies without a word is free again soon after its longest time
_TAKE = (
    sql_update(_NOTE)
    .where(_NOTE.c.id == bindparam("note_id"), _NOTE.c.done_at.is_(None), _NOTE.c.due_at <= _NOW)
    .where(_NOTE.c.taken_until.is_(None) | (_NOTE.c.taken_until <= _NOW))
    .values(attempts=_NOTE.c.attempts + 1, taken_until=_UNTIL_BY_JOB, taken_by=bindparam("by"))
    .returning(_NOTE.c.id, _NOTE.c.subject_id, _NOTE.c.attempts, _NOTE.c.due_at)
)
_FREE: dict[str, None] = {"taken_until": None, "taken_by": None, "lease_until": None}
_CONCLUDE = (
    sql_update(_NOTE)
    .where(_NOTE.c.id == bindparam("note_id"), _NOTE.c.attempts == bindparam("taking"))
    .where(_NOTE.c.done_at.is_(None), _NOTE.c.taken_until.is_not(None))
    .values(**_FREE, last_error=bindparam("reason"))
    .returning(_NOTE.c.id)
)
_HOLDS = (
    sql_select(_NOTE.c.id)
    .where(_NOTE.c.id == bindparam("note_id"), _NOTE.c.attempts == bindparam("taking"))
    .where(_NOTE.c.done_at.is_(None), _NOTE.c.taken_until.is_not(None))
    .with_for_update()
)
_END = _CONCLUDE.values(done_at=bindparam("at"))
# A login in the middle of a try has woken the note: the try may have failed because the link before it was gone.
_WOKEN = _NOTE.c.due_at > bindparam("due", type_=_NOTE.c.due_at.type)
_AT = bindparam("at", type_=_NOTE.c.due_at.type)
_PUT_OFF = _CONCLUDE.values(due_at=case((_WOKEN, func.least(_NOTE.c.due_at, _AT)), else_=_AT))
_PUT_BACK = _PUT_OFF.values(attempts=_NOTE.c.attempts - 1)


async def take(db: AsyncSession, note_id: int, now: datetime, by: str = "") -> Taken | None:
    """Take a note into our hands; None means that it is kept, not due, or in other hands: the job returns."""
    row = (await db.execute(_TAKE, {"note_id": note_id, "now": now, "by": by})).first()
    return Taken(*row) if row else None


async def keep(db: AsyncSession, note: Taken, now: datetime) -> bool:
    """Mark a promise kept; False if somebody else has taken it since, and then the caller must not conclude."""
    return await _conclude(db, _END, note, now)


async def give_up(db: AsyncSession, note: Taken, now: datetime, reason: str) -> bool:
    """End a promise that could not be kept and need not be: the reason stays on the row; False as for `keep`."""
    return await _conclude(db, _END, note, now, reason)


async def postpone(db: AsyncSession, note: Taken, due: datetime, reason: str) -> bool:
    """Put a promise back until `due`, with the reason on the row; False as for `keep`.

    One that a login woke while it was in our hands is due since then.
    """
    return await _conclude(db, _PUT_OFF, note, due, reason)


async def put_back(db: AsyncSession, note: Taken, due: datetime, reason: str) -> bool:
    """Put a promise back without having spent a try on it (nothing was sent)."""
    return await _conclude(db, _PUT_BACK, note, due, reason)


async def _conclude(
    db: AsyncSession, statement: ReturningUpdate[tuple[int]], note: Taken, at: datetime, reason: str | None = None
) -> bool:
    about = {"note_id": note.note_id, "taking": note.attempts, "due": note.due, "at": at, "reason": reason}
    return (await db.execute(statement, about)).first() is not None


async def holds(db: AsyncSession, note: Taken) -> bool:
    """Is the note still in the hands that took it? It stays there until the caller's transaction ends."""
    return (await db.execute(_HOLDS, {"note_id": note.note_id, "taking": note.attempts})).first() is not None


async def hold(db: AsyncSession, subject_id: UUID) -> None:
    """Lock the open promises about a subject, before its rows: whoever changes both locks in the order of the jobs."""
    held = select(Note.id).where(Note.subject_id == subject_id, col(Note.done_at).is_(None))
    await db.exec(held.order_by(col(Note.id)).with_for_update())


async def in_hands(db: AsyncSession, subjects: Collection[UUID], now: datetime) -> bool:
    """Is anybody keeping a promise about one of these at this moment?"""
    taken = select(Note.id).where(col(Note.subject_id).in_(subjects), col(Note.done_at).is_(None))
    return (await db.exec(taken.where(col(Note.taken_until) > now).limit(1))).first() is not None


async def withdraw(db: AsyncSession, subject_id: UUID, now: datetime, reason: str) -> None:
    """What was promised about a subject is promised no longer; the caller holds its notes and knows them untaken."""
    open_ = update(Note).where(col(Note.subject_id) == subject_id, col(Note.done_at).is_(None))
    await db.execute(open_.values(done_at=now, last_error=reason, lease_until=None))


async def overtake(db: AsyncSession, subject_id: UUID, jobs: Sequence[Job], now: datetime, reason: str) -> None:
    """What was promised about a subject has come about some other way: whoever has it in hand concludes nothing."""
    await db.execute(
        update(Note)
        .where(col(Note.subject_id) == subject_id, col(Note.job).in_(jobs), col(Note.done_at).is_(None))
        .values(done_at=now, last_error=reason, lease_until=None, taken_until=None, taken_by=None)
    )


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
    await wake_all(db, [concentrator_id], now)


async def wake_all(db: AsyncSession, concentrator_ids: Collection[UUID], now: datetime) -> None:
    """Links have come up: everything that waits for them is due now. Notes are locked in the order of their ids."""
    if not concentrator_ids:
        return
    waiting = select(Note.id).where(is_one_of(col(Note.concentrator_id), concentrator_ids), col(Note.done_at).is_(None))
    locked = waiting.order_by(col(Note.id)).with_for_update()
    woken = update(Note).where(col(Note.id).in_(locked), col(Note.done_at).is_(None))
    await db.execute(woken.values(due_at=now, lease_until=None), execution_options={"synchronize_session": False})


async def release(db: AsyncSession, by: str, not_before: datetime | None = None) -> None:
    """A named process starts again: what it held when it died is free, since it alone bears that name.

    `not_before`: when it is due at the earliest, where a call that the process began may not be over yet.
    """
    statement = update(Note).where(col(Note.taken_by) == by, col(Note.done_at).is_(None))
    due = col(Note.due_at) if not_before is None else func.greatest(col(Note.due_at), not_before)
    await db.execute(statement.values(due_at=due, taken_until=None, taken_by=None, lease_until=None))


async def let_go(db: AsyncSession, note_id: int, by: str, due: datetime, reason: str) -> None:
    """A job broke off in our hands: put its note back instead of letting it wait for the end of the taking."""
    statement = update(Note).where(col(Note.id) == note_id, col(Note.taken_by) == by, col(Note.done_at).is_(None))
    await db.execute(statement.values(due_at=due, last_error=reason, taken_until=None, taken_by=None, lease_until=None))


async def spent(db: AsyncSession, most: int) -> list[Note]:
    """Open notes that have been tried more often than any rule foresees."""
    rows = await db.exec(select(Note).where(col(Note.done_at).is_(None), Note.attempts > most))
    return list(rows)
