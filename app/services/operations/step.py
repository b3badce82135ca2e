"""One step of an operation: the next slice of its items is promised, in one short transaction.

A step may be killed anywhere and run twice: what it did is there as a whole or not at all, and an item that has been
promised waits no longer.
"""

from datetime import datetime, timedelta

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.domain.operation import DeviceItemState, OperationState
from app.models import Operation, OperationItem
from app.outbox import Taken
from app.services.operations import pacing, planning

_S = OperationState
_SOON = timedelta(milliseconds=100)


async def step(db: AsyncSession, note: Taken, now: datetime) -> None:
    """Promise what may be promised now, and put the note back until the next step; keep it when nothing is left."""
    row = await db.get_one(Operation, note.subject_id, with_for_update=True)
    if row.state == _S.PLANNING and not await planning.go_on(db, row, now):
        await outbox.put_back(db, note, now + _SOON, "its items are being written down")
        return
    if row.state not in (_S.SCHEDULED, _S.RUNNING):
        await outbox.keep(db, note, now)
        return
    if row.starts_at is not None and row.starts_at > now:
        await outbox.put_back(db, note, row.starts_at, "waits for its time")
        return
    await _go_on(db, row, note, now)


async def _go_on(db: AsyncSession, row: Operation, note: Taken, now: datetime) -> None:
    row.state, row.started_at = _S.RUNNING, row.started_at or now
    await pacing.recall(db, row.id, now)
    await pacing.promise_next(db, row, now)
    if now - _since(row) >= pacing.WAITS_FOR_LINK:
        await pacing.give_up_unlinked(db, row.id, now)
    if await _is_over(db, row):
        row.state, row.ended_at = _S.DONE, now
        await outbox.keep(db, note, now)
        return
    await outbox.put_back(db, note, now + pacing.PAUSE, "goes on")


def _since(row: Operation) -> datetime:
    """Since when a link has been waited for."""
    return max(filter(None, (row.started_at, row.starts_at, row.resumed_at)))


async def _is_over(db: AsyncSession, row: Operation) -> bool:
    open_ = (DeviceItemState.WAITING, DeviceItemState.UNDER_WAY)
    wanted = select(OperationItem.id).where(OperationItem.operation_id == row.id)
    for state in open_:
        if (await db.exec(wanted.where(OperationItem.state == state).limit(1))).first() is not None:
            return False
    return True
