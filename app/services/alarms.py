"""Opens and closes alarm episodes on the edges of a balance (SPEC N-1, N-2)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.db import add_once
from app.domain import alarm
from app.domain.alarm import MoneyLevel, Watch
from app.domain.wallet import ReadingKind
from app.models import Account, Alarm, Meter, Reading
from app.outbox import Job
from app.services.alarm_edges import Stood, edge_of, move
from app.services.alarm_levels import Place, policies, watch_of, watches


async def judge_anew(db: AsyncSession, meter: Meter) -> None:
    """The levels of a locked meter have moved: hold its newest balance against them."""
    newest = select(Reading).where(Reading.meter_id == meter.id, Reading.kind == ReadingKind.BALANCE)
    reading = (await db.exec(newest.order_by(col(Reading.read_at).desc()).limit(1))).first()
    if reading is not None:
        await follow(db, meter, reading)


async def follow(db: AsyncSession, meter: Meter, reading: Reading) -> None:
    """Move the alarm depth of a locked meter after `reading`; an edge opens or closes episodes, all else is silence."""
    watch = await watch_of(db, meter)
    arrears = (await db.get_one(Account, meter.account_id)).arrears_minor
    before = meter.alarm_depth
    after = alarm.step(before, reading.value, watch, arrears)
    meter.alarm_depth = after
    await _close(db, meter.id, alarm.cleared(before, after), reading.read_at)
    depth = alarm.raised(before, after)
    level = watch.at(depth) if depth else None
    if level is not None:
        await _open(db, meter, level, reading)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a meter stands: what its levels come from, its newest balance and depth, and what its account owes.

    `in_ledger`: its money is not in the meter.
    """

    meter_id: UUID
    account_id: UUID
    policy_id: UUID | None
    daily_use_minor: int | None
    balance_minor: int | None
    balance_read_at: datetime | None
    depth: int
    arrears_minor: int
    in_ledger: bool


_STANDING = text(
    """
    select meter.id, account_id, alarm_policy_id, daily_use_minor, balance_minor, balance_read_at, alarm_depth,
        arrears_minor, fee_control = 'remote'
    from meter join account on account.id = meter.account_id
    where meter.id = any(cast(:ids as uuid[])) order by meter.id for no key update of meter
    """
)


async def standings(db: AsyncSession, meters: Collection[UUID]) -> list[Standing]:
    """Lock meters, in the order of their ids, and say where each stands."""
    return [Standing(*row) for row in await db.execute(_STANDING, {"ids": list(meters)})]


async def follow_many(db: AsyncSession, stand: Sequence[Standing]) -> int:
    """Hold the balances that locked meters have now against their levels; return how many moved.

    The rule is asked for all of them at once, and what crosses a level is written at once: objects in memory are stale.
    """
    places = [Place(each.meter_id, each.account_id, each.policy_id, each.daily_use_minor) for each in stand]
    watched = await watches(db, await policies(db), places)
    moved = [each for each in stand if _depth(each, watched[each.meter_id]) != each.depth]
    if not moved:
        return 0
    stood = await _newest(db, moved)
    edges = [edge for each in stood if (edge := edge_of(each, watched[each.meter_id])) is not None]
    opened = await move(db, edges)
    dues = [(edge.episode_id, edge.stood.at) for edge in edges if edge.episode_id in opened]
    await outbox.promise_many(db, Job.ANNOUNCE_ALARM, dues)
    return len(moved)


_NEWEST = text(
    """
    select wanted.id as meter_id, reading.id, reading.value, reading.read_at
    from unnest(cast(:ids as uuid[])) as wanted (id),
    lateral (select id, value, read_at from reading where meter_id = wanted.id and kind = 'balance'
             order by day desc limit 1) as reading
    """
)


async def _newest(db: AsyncSession, stand: Sequence[Standing]) -> list[Stood]:
    """The newest balance reading of each, with the depth at which it finds its meter."""
    held = {each.meter_id: each for each in stand}
    rows = await db.execute(_NEWEST, {"ids": list(held)})
    return [
        Stood(row.meter_id, held[row.meter_id].depth, row.value, row.read_at, held[row.meter_id].arrears_minor, row.id)
        for row in rows
    ]


def _depth(stand: Standing, watch: Watch) -> int:
    if stand.balance_minor is None:
        return stand.depth
    return alarm.step(stand.depth, stand.balance_minor, watch, stand.arrears_minor)


async def _close(db: AsyncSession, meter_id: UUID, depths: range, at: datetime) -> None:
    if not depths:
        return
    await db.execute(
        update(Alarm)
        .where(col(Alarm.meter_id) == meter_id, col(Alarm.depth).in_(depths), col(Alarm.closed_at).is_(None))
        .values(closed_at=at)
    )


async def _open(db: AsyncSession, meter: Meter, level: MoneyLevel, reading: Reading) -> None:
    episode = Alarm(
        id=uuid4(),
        meter_id=meter.id,
        depth=level.depth,
        tone=level.tone,
        opened_at=reading.read_at,
        reading_id=reading.id,
        balance_minor=reading.value,
    )
    if await add_once(db, episode):
        await outbox.promise(db, Job.ANNOUNCE_ALARM, episode.id, reading.read_at)
