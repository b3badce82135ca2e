"""Which head ends there are, how they are, and which front-end works for which of their places.

A place (a concentrator row of the driver `ami`) is worked for while its head end answers: it is in `front_end` then,
and `outbox.lease` hands out its jobs. Places are shared out evenly among the front-ends that live.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_
from sqlalchemy import select as sql_select
from sqlmodel import col, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.domain.dialling import Way, fair_share
from app.models import AmiHeadEnd, Concentrator, FrontEnd
from app.ports import ConcentratorAddress
from app.services.frontends import DEAD_AFTER

_FREE: dict[str, None] = {"front_end": None, "online_since": None}
_BLIND = {"synchronize_session": False}
_AMI = col(Concentrator.driver) == Way.AMI.value


@dataclass(frozen=True, slots=True)
class Standing:
    """What a head end says of itself."""

    name: str
    version: str
    queued: int
    running: int


async def enabled(db: AsyncSession, front_end: str) -> list[AmiHeadEnd]:
    """Return the head ends that are to be looked after; of others this front-end lets the places go."""
    rows = (await db.exec(select(AmiHeadEnd).order_by(col(AmiHeadEnd.name)))).all()
    for off in [row for row in rows if not row.enabled]:
        await let_go(db, off.id, front_end)
    return [row for row in rows if row.enabled]


async def answered(
    db: AsyncSession, head_end_id: UUID, said: Standing, front_end: str, now: datetime
) -> list[ConcentratorAddress]:
    """A head end answers: return the places behind it that this front-end works for; what waits for them is due."""
    known = update(AmiHeadEnd).where(col(AmiHeadEnd.id) == head_end_id, col(AmiHeadEnd.enabled))
    fresh = known.values(
        said_name=said.name, said_version=said.version, queued=said.queued, running=said.running,
        looked_at=now, heard_at=now, trouble="", trouble_at=None,
    )  # fmt: skip
    if (await db.execute(fresh.returning(col(AmiHeadEnd.id)), execution_options=_BLIND)).first() is None:
        await let_go(db, head_end_id, front_end)
        return []
    await _share(db, head_end_id, front_end, now)
    ours = update(Concentrator).where(_behind(head_end_id), col(Concentrator.front_end) == front_end)
    told = ours.values(heard_at=now).returning(col(Concentrator.region), col(Concentrator.terminal))
    return [ConcentratorAddress(*row) for row in await db.execute(told, execution_options=_BLIND)]


async def in_trouble(db: AsyncSession, head_end_id: UUID, code: str, now: datetime) -> None:
    """A head end gave no answer that proves itself."""
    row = await db.get(AmiHeadEnd, head_end_id, with_for_update=True)
    if row is None:
        return
    row.looked_at = now
    row.trouble_at = row.trouble_at or now
    row.trouble = row.last_trouble = code
    row.last_trouble_at = now
    row.queued = row.running = None


async def _share(db: AsyncSession, head_end_id: UUID, front_end: str, now: datetime) -> None:
    """Take up places that nobody works for, up to a fair share; give back what is more, so that others get theirs.

    Work that is under way goes on: its promises are in our hands, and its tasks in the book.
    """
    fair = fair_share(*await _counts(db, head_end_id, now))
    mine = sql_select(col(Concentrator.id)).where(
        _behind(head_end_id), col(Concentrator.front_end) == front_end, col(Concentrator.enabled)
    )
    held = list((await db.execute(mine.order_by(col(Concentrator.id)))).scalars())
    disabled = update(Concentrator).where(
        _behind(head_end_id), col(Concentrator.front_end) == front_end, ~col(Concentrator.enabled)
    )
    await db.execute(disabled.values(**_FREE), execution_options=_BLIND)
    if len(held) > fair:
        back = update(Concentrator).where(col(Concentrator.id).in_(held[fair:]))
        await db.execute(back.values(**_FREE), execution_options=_BLIND)
    if len(held) < fair:
        await _take(db, head_end_id, front_end, fair - len(held), now)


async def _take(db: AsyncSession, head_end_id: UUID, front_end: str, most: int, now: datetime) -> None:
    free = sql_select(col(Concentrator.id)).where(
        _behind(head_end_id), col(Concentrator.enabled), col(Concentrator.front_end).is_(None)
    )
    rows = await db.execute(free.order_by(col(Concentrator.id)).limit(most).with_for_update(skip_locked=True))
    for place in list(rows.scalars()):
        taken = update(Concentrator).where(col(Concentrator.id) == place)
        await db.execute(taken.values(front_end=front_end, online_since=now), execution_options=_BLIND)
        await outbox.wake(db, place, now)


async def _counts(db: AsyncSession, head_end_id: UUID, now: datetime) -> tuple[int, int]:
    """How many places there are to work for, and how many front-ends live."""
    living = sql_select(func.count()).select_from(FrontEnd).where(col(FrontEnd.beat_at) >= now - DEAD_AFTER)
    places = sql_select(func.count()).select_from(Concentrator).where(_behind(head_end_id), col(Concentrator.enabled))
    row = (await db.execute(sql_select(places.scalar_subquery(), living.scalar_subquery()))).one()
    return int(row[0]), int(row[1])


async def let_go(db: AsyncSession, head_end_id: UUID, front_end: str) -> None:
    """What is for its places waits from now on, unspent."""
    ours = update(Concentrator).where(_behind(head_end_id), col(Concentrator.front_end) == front_end)
    await db.execute(ours.values(**_FREE), execution_options=_BLIND)


def _behind(head_end_id: UUID) -> ColumnElement[bool]:
    return and_(_AMI, col(Concentrator.ami_head_end_id) == head_end_id)
