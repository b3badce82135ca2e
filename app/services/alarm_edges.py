"""Writes the edges of many balances at once: depths moved, episodes closed and opened (SPEC N-1, N-2)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain import alarm
from app.domain.alarm import MoneyLevel, Watch


@dataclass(frozen=True, slots=True)
class Stood:
    """A locked meter: the depth at which it stood, and the balance (minor units) that it has had since `at`.

    `reading_id`: of that balance; None: the newest that is known.
    """

    meter_id: UUID
    before: int
    balance_minor: int
    at: datetime
    arrears_minor: int
    reading_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """A meter that moves, and the level whose episode opens, if one does."""

    stood: Stood
    after: int
    level: MoneyLevel | None
    episode_id: UUID = field(default_factory=uuid4)


def edge_of(stood: Stood, watch: Watch) -> Edge | None:
    """Put a balance to the rule; None: the meter stays where it stood."""
    after = alarm.step(stood.before, stood.balance_minor, watch, stood.arrears_minor)
    if after == stood.before:
        return None
    depth = alarm.raised(stood.before, after)
    return Edge(stood, after, watch.at(depth) if depth else None)


_MOVE = text(
    """
    with edge as (
        select * from unnest(cast(:meters as uuid[]), cast(:depths as int[]), cast(:ats as timestamptz[]))
        as edge (meter_id, depth, at)
    ), closed as (
        update alarm set closed_at = edge.at from edge
        where alarm.meter_id = edge.meter_id and alarm.depth > edge.depth and alarm.closed_at is null
    )
    update meter set alarm_depth = edge.depth from edge where meter.id = edge.meter_id
    """
)
_OPEN = text(
    """
    insert into alarm (id, meter_id, depth, tone, opened_at, balance_minor, reading_id)
    select edge.id, edge.meter_id, edge.depth, edge.tone, edge.at, edge.balance_minor, coalesce(edge.reading_id,
        (select reading.id from reading where reading.meter_id = edge.meter_id and reading.kind = 'balance'
         order by reading.day desc limit 1))
    from unnest(cast(:ids as uuid[]), cast(:meters as uuid[]), cast(:depths as int[]), cast(:tones as text[]),
                cast(:ats as timestamptz[]), cast(:balances as bigint[]), cast(:readings as uuid[]))
        as edge (id, meter_id, depth, tone, at, balance_minor, reading_id)
    on conflict do nothing returning id, reading_id
    """
)


async def move(db: AsyncSession, edges: Sequence[Edge]) -> dict[UUID, UUID | None]:
    """Move locked meters, close what they have left; return the episodes that opened, with the reading of each."""
    if not edges:
        return {}
    about = {
        "meters": [edge.stood.meter_id for edge in edges],
        "depths": [edge.after for edge in edges],
        "ats": [edge.stood.at for edge in edges],
    }
    await db.execute(_MOVE, about)
    return await _open(db, [edge for edge in edges if edge.level is not None])


async def _open(db: AsyncSession, raised: Sequence[Edge]) -> dict[UUID, UUID | None]:
    if not raised:
        return {}
    about = {
        "ids": [edge.episode_id for edge in raised],
        "meters": [edge.stood.meter_id for edge in raised],
        "depths": [edge.after for edge in raised],
        "tones": [edge.level.tone.value for edge in raised if edge.level],
        "ats": [edge.stood.at for edge in raised],
        "balances": [edge.stood.balance_minor for edge in raised],
        "readings": [edge.stood.reading_id for edge in raised],
    }
    return {row.id: row.reading_id for row in await db.execute(_OPEN, about)}
