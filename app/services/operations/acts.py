"""What staff do to an operation that is there: pause, go on, stop, and let through as the second person."""

from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.domain import operation as life
from app.domain.operation import CannotOperate, DeviceItemState, OperationAct, OperationState
from app.domain.operation_arguments import FORCE
from app.models import Audit, Operation
from app.outbox import Job
from app.services.operations import pacing, planning


async def pause(db: AsyncSession, operation_id: UUID, staff_id: UUID, now: datetime) -> None:
    """Begin nothing more for now; what is in hands finishes. Raises CannotOperate."""
    row = await _locked(db, operation_id, OperationAct.PAUSE)
    await pacing.take_back(db, row.id, DeviceItemState.WAITING, now)
    row.state = OperationState.PAUSED
    _note(db, row, "operation_paused", staff_id, now)


async def resume(db: AsyncSession, operation_id: UUID, staff_id: UUID, now: datetime) -> None:
    """Go on where it was paused. Raises CannotOperate: also while it waits for a second person."""
    row = await _locked(db, operation_id, OperationAct.RESUME)
    if waits_for_second(row):
        raise CannotOperate("operation_second_person")
    await _go(db, row, now)
    _note(db, row, "operation_resumed", staff_id, now)


async def force(db: AsyncSession, operation_id: UUID, staff_id: UUID, now: datetime) -> None:
    """As a second person, let through what a rule forbids, and begin. Raises CannotOperate.

    The caller has seen that this person may order what is to be done.
    """
    row = await _locked(db, operation_id, OperationAct.RESUME)
    if not waits_for_second(row):
        raise CannotOperate("operation_not_now")
    if staff_id == row.made_by:
        raise CannotOperate("operation_same_person")
    row.forced_by = staff_id
    await _go(db, row, now)
    _note(db, row, "operation_forced", staff_id, now)


async def stop(db: AsyncSession, operation_id: UUID, staff_id: UUID, now: datetime) -> None:
    """End it for good: what nobody has begun is stopped, what is in hands finishes and says how. Raises CannotOperate.

    No item is left in doubt: where an earlier try may have changed a device, it is still asked.
    """
    row = await _locked(db, operation_id, OperationAct.STOP)
    await pacing.take_back(db, row.id, DeviceItemState.STOPPED, now)
    await pacing.end_waiting(db, row.id, now)
    await planning.cut_short(db, row)
    row.state, row.ended_at, row.ended_by = OperationState.STOPPED, now, staff_id
    _note(db, row, "operation_stopped", staff_id, now)


def waits_for_second(row: Operation) -> bool:
    """Does it wait for a second person?"""
    return FORCE in row.arguments and row.forced_by is None


async def _go(db: AsyncSession, row: Operation, now: datetime) -> None:
    row.state, row.resumed_at = life.starts_as(row.starts_at, now), now
    await outbox.promise(db, Job.STEP_OPERATION, row.id, max(row.starts_at or now, now))


async def _locked(db: AsyncSession, operation_id: UUID, act: OperationAct) -> Operation:
    """Lock the promise of its next step, then its row, as the step does. Raises NoResultFound."""
    await outbox.hold(db, operation_id)
    row = await db.get_one(Operation, operation_id, with_for_update=True, populate_existing=True)
    life.demand(OperationState(row.state), act)
    return row


def _note(db: AsyncSession, row: Operation, act: str, staff_id: UUID, now: datetime) -> None:
    detail: dict[str, str | int | None] = {"kind": row.kind, "items": row.item_count, "subject": row.subject_name}
    db.add(Audit(staff_id=staff_id, act=act, subject_id=row.id, detail=detail, at=now))
