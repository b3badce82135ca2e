"""Begins a commissioning of meters that were never tried, or tried in vain; and stops one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import exists
from sqlalchemy import select as sql_select
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.domain.commissioning import CannotCommission, CommissioningState
from app.domain.fees import FeeControl
from app.domain.meter_life import UNTRIED, MeterLife
from app.domain.operation import OperationKind, Subject
from app.domain.operation_arguments import Argument, read
from app.models import Audit, Commissioning, CommissioningRun, Meter
from app.outbox import Job
from app.services.operations.whom import Whom, devices

MOST = 5000


@dataclass(frozen=True, slots=True)
class Wish:
    """Who is to be tried, and the limits that each is to run under; none: as they are."""

    whom: Whom
    staff_id: UUID
    limits: Mapping[str, Argument] = field(default_factory=dict)


async def begin(db: AsyncSession, wish: Wish, now: datetime) -> CommissioningRun:
    """Take up the untried meters among those meant. Raises CannotCommission, BadArgument, TooManyTerms."""
    limits = read(OperationKind.SET_LIMITS, wish.limits) if wish.limits else {}
    meters = await _meters(db, wish.whom, now)
    if not meters:
        raise CannotCommission("commissioning_nobody")
    if len(meters) > MOST:
        raise CannotCommission("commissioning_too_many")
    run = CommissioningRun(
        id=uuid4(),
        made_by=wish.staff_id,
        made_at=now,
        limits={name: value for name, value in limits.items() if isinstance(value, int)},
    )
    db.add(run)
    await db.flush()
    for meter in meters:
        meter.life = MeterLife.COMMISSIONING
        has_wallet = meter.fee_control == FeeControl.LOCAL
        db.add(Commissioning(run_id=run.id, meter_id=meter.id, has_wallet=has_wallet))
    db.add(_note(run, "commissioning_begun", wish.staff_id, now, len(meters)))
    await outbox.promise(db, Job.STEP_COMMISSIONING, run.id, now)
    await db.flush()
    return run


async def _meters(db: AsyncSession, whom: Whom, now: datetime) -> list[Meter]:
    """Untried ones that no other run has in hand, locked."""
    meant = devices(Subject.METER, whom, now).subquery()
    busy = exists().where(
        col(Commissioning.meter_id) == Meter.id, col(Commissioning.state) == CommissioningState.RUNNING
    )
    wanted = select(Meter).where(col(Meter.id).in_(sql_select(meant.c.device_id)), col(Meter.life).in_(UNTRIED), ~busy)
    return list(await db.exec(wanted.order_by(col(Meter.id)).limit(MOST + 1).with_for_update(key_share=True)))


async def stop(db: AsyncSession, run_id: UUID, staff_id: UUID, now: datetime) -> None:
    """Try no further: what was tried stays on record, and the meters wait for another run. Raises CannotCommission."""
    await outbox.hold(db, run_id)
    run = await db.get_one(CommissioningRun, run_id, with_for_update=True, populate_existing=True)
    if run.ended_at is not None:
        raise CannotCommission("commissioning_not_now")
    mine = col(Commissioning.run_id) == run.id, col(Commissioning.state) == CommissioningState.RUNNING
    ended = update(Commissioning).where(*mine).values(state=CommissioningState.STOPPED, ended_at=now)
    stopped = (await db.execute(ended.returning(col(Commissioning.id)))).all()
    run.ended_at = now
    db.add(_note(run, "commissioning_stopped", staff_id, now, len(stopped)))


def _note(run: CommissioningRun, act: str, staff_id: UUID, now: datetime, count: int) -> Audit:
    return Audit(staff_id=staff_id, act=act, subject_id=run.id, detail={"items": count}, at=now)
