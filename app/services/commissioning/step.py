"""One step of a commissioning: how the trial under way ended, and the next one, for those that passed so far.

A step may be killed anywhere and run twice: what it did is there as a whole or not at all. A trial is an operation, so
it may be watched, paused and stopped like any other; what is not proved is not passed.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.db import LOCK
from app.domain.commissioning import (
    CommissioningState,
    Trial,
    came_out,
    kind_of,
    next_trial,
    passed,
    trials_for,
)
from app.domain.meter_life import MeterLife
from app.domain.operation import ENDED, DeviceItemState, OperationState
from app.domain.purchase import ON_ITS_WAY
from app.models import Audit, Commissioning, CommissioningRun, Meter, Operation, OperationItem, Purchase
from app.outbox import Taken
from app.services.operations.plan import Wish, plan
from app.services.operations.whom import Whom

_LOOKS_AGAIN = timedelta(seconds=2)
_OVER = (OperationState.DONE, OperationState.STOPPED)


async def step(db: AsyncSession, note: Taken, now: datetime) -> None:
    """Go on as far as it goes now; keep the note when nothing is left, put it back until then."""
    run = await db.get_one(CommissioningRun, note.subject_id, with_for_update=True)
    if run.ended_at is not None:
        await outbox.keep(db, note, now)
        return
    if run.operation_id is not None and not await _is_over(db, run.operation_id):
        await outbox.put_back(db, note, now + _LOOKS_AGAIN, "a trial is under way")
        return
    rows = await _running(db, run.id)
    if run.operation_id is not None:
        await _collect(db, run, rows, now)
    left = [row for row in rows if row.state == CommissioningState.RUNNING]
    if not left:
        run.ended_at = now
        await outbox.keep(db, note, now)
        return
    await _try_next(db, run, left, now)
    await outbox.put_back(db, note, now + _LOOKS_AGAIN, "a trial is under way")


async def _is_over(db: AsyncSession, operation_id: UUID) -> bool:
    """Also one that was stopped while items were in hand is waited for."""
    operation = await db.get_one(Operation, operation_id)
    if operation.state not in _OVER:
        return False
    open_ = select(OperationItem.id).where(OperationItem.operation_id == operation_id)
    return (await db.exec(open_.where(col(OperationItem.state).not_in(ENDED)).limit(1))).first() is None


async def _running(db: AsyncSession, run_id: UUID) -> list[Commissioning]:
    wanted = select(Commissioning).where(Commissioning.run_id == run_id)
    wanted = wanted.where(Commissioning.state == CommissioningState.RUNNING)
    return list(await db.exec(wanted.order_by(col(Commissioning.meter_id)).with_for_update()))


async def _collect(db: AsyncSession, run: CommissioningRun, rows: Sequence[Commissioning], now: datetime) -> None:
    found = await db.exec(select(OperationItem).where(OperationItem.operation_id == run.operation_id))
    items = {item.meter_id: item for item in found}
    for row in rows:
        item = items.get(row.meter_id)
        if item is not None:
            await _take_in(db, run, row, item, now)


async def _take_in(
    db: AsyncSession, run: CommissioningRun, row: Commissioning, item: OperationItem, now: datetime
) -> None:
    trial, state = Trial(run.trial), DeviceItemState(item.state)
    row.outcomes = row.outcomes | {trial.value: state.value}
    row.codes = row.codes | ({trial.value: item.code} if item.code else {})
    row.items = row.items | {trial.value: str(item.id)}
    if passed(state) and trial is Trial.WALLET:
        await _believe_count(db, row.meter_id, item)
    if passed(state) and trial is Trial.RELAY:
        row.power_kept = bool(item.values.get("keep_power"))
    row.state = came_out(_wanted(row), row.outcomes)
    if row.state == CommissioningState.RUNNING:
        return
    row.ended_at = now
    if row.state == CommissioningState.PASSED:
        await _go_live(db, run, row, now)


async def _go_live(db: AsyncSession, run: CommissioningRun, row: Commissioning, now: datetime) -> None:
    meter = await db.get_one(Meter, row.meter_id, with_for_update=LOCK)
    if meter.life != MeterLife.COMMISSIONING:
        return  # an exchange has begun meanwhile
    meter.life = MeterLife.LIVE
    detail: dict[str, str | int | None] = {"number": meter.number}
    db.add(Audit(staff_id=run.made_by, act="meter_gone_live", subject_id=meter.id, detail=detail, at=now))


async def _believe_count(db: AsyncSession, meter_id: UUID, item: OperationItem) -> None:
    """Our books begin with the count that the meter has, as long as nothing of ours is under a number on its way."""
    count = item.values.get("purchase_count")
    under_number = select(Purchase.id).where(Purchase.meter_id == meter_id, col(Purchase.number).is_not(None))
    if not isinstance(count, int):
        return
    if (await db.exec(under_number.where(col(Purchase.state).in_(ON_ITS_WAY)).limit(1))).first() is None:
        (await db.get_one(Meter, meter_id, with_for_update=LOCK)).purchase_count = count


def _wanted(row: Commissioning) -> tuple[Trial, ...]:
    return trials_for(has_wallet=row.has_wallet, power_kept=row.power_kept)


async def _try_next(db: AsyncSession, run: CommissioningRun, rows: Sequence[Commissioning], now: datetime) -> None:
    """The earliest trial that any of them lacks, for all that lack it."""
    lacking = {row.meter_id: next_trial(_wanted(row), row.outcomes) for row in rows}
    trial = min((each for each in lacking.values() if each is not None), key=list(Trial).index)
    meters = tuple(meter_id for meter_id, wants in lacking.items() if wants is trial)
    sets = trial is Trial.PARAMETERS and bool(run.limits)
    wish = Wish(kind_of(trial, sets=sets), run.made_by, dict(run.limits) if sets else {}, reason="commissioning")
    run.trial, run.operation_id = trial, (await plan(db, wish, Whom(meter_ids=meters), now)).id
