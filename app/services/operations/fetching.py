"""Events that staff want fetched now: the collection's own job does it, and the item waits for its end."""

from datetime import datetime, timedelta

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.domain.operation import DeviceItemState
from app.models import Concentrator, Note, OperationItem
from app.outbox import Job, Taken
from app.ports import ConcentratorAddress
from app.services.collection.events import events_wait

WAITS = timedelta(minutes=10)
_LOOKS_AGAIN = timedelta(seconds=3)


async def follow(db: AsyncSession, note: Taken, item: OperationItem, now: datetime) -> DeviceItemState | None:
    """Promise it the first time; afterwards see whether it was done. None: it is not, and the note is put back."""
    row = await db.get_one(Concentrator, item.route_id)
    if item.tries == 0:
        await events_wait(db, ConcentratorAddress(row.region, row.terminal), now)
        if not await _promised(db, row):
            item.code = "not_in_scheme"
            return DeviceItemState.LEFT_OUT
        await outbox.hurry(db, row.id, Job.COLLECT_EVENTS, now)
        item.tries = 1
    elif row.events_asked_at is not None and row.events_asked_at >= (item.began_at or now):
        item.code = ""
        return DeviceItemState.DONE
    elif now - (item.began_at or now) >= WAITS:
        item.code = "still_on_its_way"
        return DeviceItemState.UNREACHED
    await outbox.put_back(db, note, now + _LOOKS_AGAIN, "on its way")
    return None


async def _promised(db: AsyncSession, row: Concentrator) -> bool:
    wanted = select(Note.id).where(Note.subject_id == row.id, Note.job == Job.COLLECT_EVENTS)
    return (await db.exec(wanted.where(col(Note.done_at).is_(None)).limit(1))).first() is not None
