"""The book of tasks that change meters: one a meter without an end, whoever dies meanwhile."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import literal
from sqlalchemy import select as sql_select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import table_of
from app.domain.head_end import TaskEnd
from app.domain.purchase import ON_ITS_WAY
from app.models import AmiTask, Meter, Note, OperationItem, Purchase


@dataclass(frozen=True, slots=True)
class Begun:
    """A task that is about to leave."""

    id: UUID
    head_end_id: UUID
    address: str
    kind: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of a task, in the head end's words."""

    id: UUID
    state: TaskEnd
    code: str = ""
    result: dict[str, object] | None = None


async def unsettled(db: AsyncSession, head_end_id: UUID, address: str) -> tuple[UUID, datetime] | None:
    """Return the task about a meter that has no end, and by when it had to begin.

    Only of this head end: a meter is not moved while one is open.
    """
    meter = sql_select(col(Meter.id)).where(col(Meter.address) == address).scalar_subquery()
    rows = sql_select(col(AmiTask.id), col(AmiTask.expires_at)).where(
        col(AmiTask.meter_id) == meter, col(AmiTask.ended_at).is_(None), col(AmiTask.head_end_id) == head_end_id
    )
    found = (await db.execute(rows)).first()
    return (found[0], found[1]) if found else None


async def begin(db: AsyncSession, task: Begun, now: datetime) -> bool:
    """Write a task down; False where another about this meter has no end. The same task again is no other."""
    table = table_of(AmiTask)
    columns = ("id", "head_end_id", "meter_id", "kind", "begun_at", "expires_at", "code", "called_back", "repeats")
    values = sql_select(
        literal(task.id), literal(task.head_end_id), col(Meter.id), literal(task.kind), literal(now),
        literal(task.expires_at), literal(""), literal(False), literal(0),
    ).where(col(Meter.address) == task.address)  # fmt: skip
    await db.execute(insert(table).from_select(columns, values).on_conflict_do_nothing())
    return (await db.exec(select(AmiTask.id).where(AmiTask.id == task.id))).first() is not None


async def settle(db: AsyncSession, end: Ended, now: datetime) -> None:
    """Write down how a task ended; an end that is known stays."""
    open_ = update(AmiTask).where(col(AmiTask.id) == end.id, col(AmiTask.ended_at).is_(None))
    await db.execute(open_.values(state=end.state.value, code=end.code[:60], ended_at=now))


async def called_back(db: AsyncSession, task_id: UUID) -> Ended | None:
    """Return the end that came by a call back, if one did."""
    row = (await db.exec(select(AmiTask).where(AmiTask.id == task_id))).first()
    if row is None or not row.called_back or row.state is None:
        return None
    return Ended(row.id, TaskEnd(row.state), row.code, row.result)


async def record_call(db: AsyncSession, head_end_id: UUID, end: Ended, now: datetime) -> bool:
    """A head end tells an end: write it down once, and let what waits for it be tried at once.

    False for a task that is none of this head end's. An end that is known already is counted and changes nothing.
    """
    row = await db.get(AmiTask, end.id, with_for_update=True)
    if row is None or row.head_end_id != head_end_id:
        return False
    if row.ended_at is not None:
        row.repeats += 1
        return True
    row.state, row.code, row.ended_at = end.state.value, end.code[:60], now
    row.called_back, row.result = True, end.result
    await _hurry(db, row.meter_id, now)
    return True


async def _hurry(db: AsyncSession, meter_id: UUID, now: datetime) -> None:
    """What waits for this meter in nobody's hands is due now."""
    purchases = sql_select(col(Purchase.id)).where(
        col(Purchase.meter_id) == meter_id, col(Purchase.state).in_([state.value for state in ON_ITS_WAY])
    )
    items = sql_select(col(OperationItem.id)).where(
        col(OperationItem.meter_id) == meter_id, col(OperationItem.ended_at).is_(None)
    )
    waiting = update(Note).where(
        or_(col(Note.subject_id).in_(purchases), col(Note.subject_id).in_(items)),
        col(Note.concentrator_id).is_not(None),
        col(Note.done_at).is_(None),
        col(Note.due_at) > now,
        or_(col(Note.taken_until).is_(None), col(Note.taken_until) <= now),
    )
    await db.execute(waiting.values(due_at=now, lease_until=None).execution_options(synchronize_session=False))
