"""Commissionings as staff see them: the runs, one run with its meters, and what waits to be tried."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select as sql_select
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.commissioning import CommissioningState
from app.domain.meter_life import UNTRIED, MeterLife
from app.models import Commissioning, CommissioningRun, Concentrator, Meter, Staff

PAGE = 30
LISTED = 200


@dataclass(frozen=True, slots=True)
class RunLine:
    """A run in the list. `counts`: how many of its meters stand how."""

    run: CommissioningRun
    maker: str
    counts: dict[CommissioningState, int]


@dataclass(frozen=True, slots=True)
class TriedMeter:
    """One meter of a run."""

    row: Commissioning
    number: str
    concentrator: str


@dataclass(frozen=True, slots=True)
class Untried:
    """A meter that waits for its commissioning. `failed`: it was tried in vain."""

    number: str
    concentrator: str
    linked: bool
    life: MeterLife


async def runs(db: AsyncSession, skip: int = 0) -> list[RunLine]:
    """The runs, the newest first; one more than a page tells that there are more."""
    wanted = select(CommissioningRun, Staff.name).join(Staff, col(Staff.id) == col(CommissioningRun.made_by))
    order = col(CommissioningRun.made_at).desc(), col(CommissioningRun.id)
    found = (await db.exec(wanted.order_by(*order).offset(skip).limit(PAGE + 1))).all()
    counts = await _counts(db, [run.id for run, _ in found])
    return [RunLine(run, maker, counts.get(run.id, {})) for run, maker in found]


async def one(db: AsyncSession, run_id: UUID) -> RunLine | None:
    """One run; None for none of that id."""
    wanted = select(CommissioningRun, Staff.name).join(Staff, col(Staff.id) == col(CommissioningRun.made_by))
    row = (await db.exec(wanted.where(CommissioningRun.id == run_id))).first()
    return RunLine(row[0], row[1], (await _counts(db, [run_id])).get(run_id, {})) if row else None


async def _counts(db: AsyncSession, run_ids: list[UUID]) -> dict[UUID, dict[CommissioningState, int]]:
    counted = select(Commissioning.run_id, Commissioning.state, func.count())
    counted = counted.where(col(Commissioning.run_id).in_(run_ids)).group_by(
        col(Commissioning.run_id), col(Commissioning.state)
    )
    found: dict[UUID, dict[CommissioningState, int]] = {}
    for run_id, state, count in await db.exec(counted):
        found.setdefault(run_id, {})[CommissioningState(state)] = count
    return found


async def meters(db: AsyncSession, run_id: UUID, after: str = "", most: int = LISTED) -> list[TriedMeter]:
    """The meters of a run, by number, behind one."""
    wanted = (
        sql_select(Commissioning, col(Meter.number), col(Concentrator.name))
        .join(Meter, col(Meter.id) == col(Commissioning.meter_id))
        .join(Concentrator, col(Concentrator.id) == col(Meter.concentrator_id))
        .where(col(Commissioning.run_id) == run_id, col(Meter.number) > after)
    )
    return [TriedMeter(*row) for row in await db.execute(wanted.order_by(col(Meter.number)).limit(most))]


async def untried(db: AsyncSession, most: int = LISTED) -> list[Untried]:
    """Meters that are not in service yet, by number."""
    linked = col(Concentrator.front_end).is_not(None)
    wanted = sql_select(col(Meter.number), col(Concentrator.name), linked, col(Meter.life))
    wanted = wanted.join(Concentrator, col(Concentrator.id) == col(Meter.concentrator_id))
    wanted = wanted.where(col(Meter.life).in_([life.value for life in UNTRIED]))
    rows = await db.execute(wanted.order_by(col(Meter.number)).limit(most))
    return [Untried(number, name, on, MeterLife(life)) for number, name, on, life in rows]


async def newest_of(db: AsyncSession, meter_id: UUID) -> tuple[Commissioning, datetime] | None:
    """How a meter came out of its newest commissioning, and when that began; None: it never had one."""
    wanted = select(Commissioning, CommissioningRun.made_at).join(
        CommissioningRun, col(CommissioningRun.id) == col(Commissioning.run_id)
    )
    wanted = wanted.where(Commissioning.meter_id == meter_id).order_by(col(CommissioningRun.made_at).desc())
    return (await db.exec(wanted.limit(1))).first()
