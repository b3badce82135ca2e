"""What is stored of the days of a concentrator's meters, and so what is missing.

A round begins with meters that are alike, for of most of them the same is stored (`held_alike`); those that are left
at its end are looked at one by one (`holdings`).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row, text
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.clock import day_start
from app.domain.collection import Known, frozen_at
from app.domain.fees import FeeControl
from app.domain.meter_life import MeterLife
from app.domain.wallet import ReadingKind


@dataclass(frozen=True, slots=True)
class Held:
    """A meter of a concentrator, and what is stored of it. `remote`: the ledger holds its money."""

    meter_id: UUID
    number: str
    point: int | None
    missed_at: datetime | None
    known: Known
    remote: bool = False


@dataclass(frozen=True, slots=True)
class Alike:
    """Meters of a concentrator of which the same is stored. `points`: of each of `meters`, in their order."""

    meters: tuple[UUID, ...]
    points: tuple[int | None, ...]
    known: Known
    remote: bool


# Of each meter one row, its days as bits: a town has a dozen figures a meter for a week, and no rest of it is needed.
_OF_EACH = f"""
    select meter.id, meter.number, meter.point, meter.missed_at,
        coalesce(meter.balance_read_at > :today, false) as read_today,
        meter.fee_control = '{FeeControl.REMOTE.value}' as remote,
        (select day from reading where reading.meter_id = meter.id order by day limit 1) as first,
        coalesce(held.balance, 0) as balance, coalesce(held.energy, 0) as energy,
        coalesce(held.any_balance, 0) as any_balance
    from meter left join lateral (
        select bit_or(bit) filter (where kind = '{ReadingKind.BALANCE.value}' and read_at >= ends_at) as balance,
            bit_or(bit) filter (where kind = '{ReadingKind.ENERGY.value}' and read_at >= ends_at) as energy,
            bit_or(bit) filter (where kind = '{ReadingKind.BALANCE.value}') as any_balance
        from reading join unnest(cast(:days as date[]), cast(:ends as timestamptz[]), cast(:bits as bigint[]))
            as wanted (day, ends_at, bit) on wanted.day = reading.day
        where reading.meter_id = meter.id and reading.day >= :since
    ) as held on true
    where meter.concentrator_id = :place and meter.life <> '{MeterLife.REMOVED.value}'
"""  # noqa: S608  (words of ours)
_HELD = text(
    f"""
    {_OF_EACH} and meter.id <> all(cast(:settled as uuid[]))
    order by meter.missed_at asc nulls first, meter.number
    """
)
_STORED = "read_today, remote, first, balance, energy, any_balance"
_ALIKE = text(
    f"""
    select array_agg(id) as meters, array_agg(point) as points, {_STORED} from ({_OF_EACH}) as each group by {_STORED}
    """  # noqa: S608  (words of ours)
)


@dataclass(frozen=True, slots=True)
class Span:
    """Days that are looked at, the newest first. `now`: what was read since midnight was read today."""

    days: tuple[date, ...]
    zone: ZoneInfo
    now: datetime

    @property
    def asked(self) -> dict[str, Any]:
        """What the database is asked by."""
        return {
            "days": list(self.days),
            "ends": [frozen_at(day, self.zone) for day in self.days],
            "bits": [1 << place for place in range(len(self.days))],
            "since": min(self.days),
            "today": day_start(self.now, self.zone),  # at midnight itself: that was the freeze
        }


async def holdings(db: AsyncSession, concentrator_id: UUID, span: Span, settled: Collection[UUID] = ()) -> list[Held]:
    """Every meter of a concentrator with what is stored of these days, those that were not missed lately first.

    `settled`: meters that nobody has to look at.
    """
    found = await db.execute(_HELD, span.asked | {"place": concentrator_id, "settled": list(settled)})
    return [_held(row, span.days) for row in found]


async def held_alike(db: AsyncSession, concentrator_id: UUID, span: Span) -> list[Alike]:
    """Every meter of a concentrator, together with those of which the same is stored of these days."""
    found = await db.execute(_ALIKE, span.asked | {"place": concentrator_id})
    return [Alike(tuple(row.meters), tuple(row.points), _known(row, span.days), row.remote) for row in found]


def _held(row: Row[Any], days: tuple[date, ...]) -> Held:
    return Held(row.id, row.number, row.point, row.missed_at, _known(row, days), row.remote)


def _known(row: Row[Any], days: tuple[date, ...]) -> Known:
    frozen = {ReadingKind.BALANCE: _chosen(row.balance, days), ReadingKind.ENERGY: _chosen(row.energy, days)}
    return Known(frozen, _chosen(row.any_balance, days), row.first, row.read_today)


@lru_cache(4096)
def _chosen(bits: int, days: Sequence[date]) -> frozenset[date]:
    return frozenset(day for place, day in enumerate(days) if bits >> place & 1)
