"""A download that staff ask for: what is paid and not in the meter is tried now, and the item waits for its end."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.domain.operation import DeviceItemState
from app.domain.purchase import PurchaseState
from app.models import OperationItem, Purchase
from app.outbox import Job, Taken

WAITS = timedelta(minutes=10)  # beyond, the purchase goes on by itself and the item says so
_LOOKS_AGAIN = timedelta(seconds=4)
_ON_LINE = (PurchaseState.PAID, PurchaseState.SENDING)


async def follow(db: AsyncSession, note: Taken, item: OperationItem, now: datetime) -> DeviceItemState | None:
    """Hurry the meter's purchases the first time; afterwards see what became of them. None: they are on their way.

    The caller has locked the item, keeps the note where it has ended, and here it is put back where it has not.
    """
    meter_id = item.meter_id
    if meter_id is None:
        return _end(item, DeviceItemState.LEFT_OUT, "nothing_to_download")
    if item.tries == 0:
        return await _begin(db, note, item, meter_id, now)
    states = await _states(db, meter_id, item.began_at or now)
    waiting = sum(state in _ON_LINE for state in states)
    item.values = {"purchases": item.values.get("purchases"), "waiting": waiting}
    if PurchaseState.REVIEW in states:
        return _end(item, DeviceItemState.REFUSED, "in_review")
    if not waiting:
        return _end(item, DeviceItemState.DONE, "")
    if now - (item.began_at or now) >= WAITS:
        return _end(item, DeviceItemState.UNREACHED, "still_on_its_way")
    await outbox.put_back(db, note, now + _LOOKS_AGAIN, "on its way")
    return None


async def _begin(
    db: AsyncSession, note: Taken, item: OperationItem, meter_id: UUID, now: datetime
) -> DeviceItemState | None:
    wanted = select(Purchase.id).where(Purchase.meter_id == meter_id, col(Purchase.state).in_(_ON_LINE))
    found = (await db.exec(wanted.order_by(col(Purchase.created_at)))).all()
    if not found:
        return _end(item, DeviceItemState.LEFT_OUT, "nothing_to_download")
    for purchase_id in found:
        await outbox.hurry(db, purchase_id, Job.ISSUE_TOKEN, now)
        await outbox.hurry(db, purchase_id, Job.DOWNLOAD_PURCHASE, now)
    item.tries, item.values = 1, {"purchases": len(found), "waiting": len(found)}
    await outbox.put_back(db, note, now + _LOOKS_AGAIN, "on its way")
    return None


async def _states(db: AsyncSession, meter_id: UUID, since: datetime) -> list[str]:
    """Of the purchases that were there when the item began: those that are in no end yet, or wait for a person."""
    open_ = (*_ON_LINE, PurchaseState.REVIEW)
    wanted = select(Purchase.state).where(Purchase.meter_id == meter_id, col(Purchase.created_at) <= since)
    return list(await db.exec(wanted.where(col(Purchase.state).in_(open_))))


def _end(item: OperationItem, state: DeviceItemState, code: str) -> DeviceItemState:
    item.code = code
    return state
