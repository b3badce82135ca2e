"""What is stored of the days of a concentrator's meters, and so what is missing."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select, text
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.clock import day_start
from app.domain.collection import Known, frozen_at
from app.domain.fees import FeeControl
from app.domain.meter_life import MeterLife
from app.domain.wallet import ReadingKind
from app.models import Meter, Reading


@dataclass(frozen=True, slots=True)
class Held:
    """A meter of a concentrator, and what is stored of it. `remote`: the ledger holds its money."""

    meter_id: UUID
    number: str
    point: int | None
    missed_at: datetime | None
    known: Known
    remote: bool = False


_IDS = bindparam("ids", type_=ARRAY(Uuid()))
_STORED = select(col(Reading.meter_id), col(Reading.day), col(Reading.kind), col(Reading.read_at)).where(
    col(Reading.meter_id) == any_(_IDS), col(Reading.day) >= bindparam("since")
)
_FIRST = text(
    """
    select wanted.id, earliest.day from unnest(cast(:ids as uuid[])) as wanted (id),
    lateral (select day from reading where meter_id = wanted.id order by day limit 1) as earliest
    """
)


_METERS = (
    select(
        col(Meter.id),
        col(Meter.number),
        col(Meter.point),
        col(Meter.missed_at),
        col(Meter.balance_read_at),
        col(Meter.fee_control),
    )
    .where(col(Meter.concentrator_id) == bindparam("place"), col(Meter.life) != MeterLife.REMOVED.value)
    .order_by(col(Meter.missed_at).asc().nulls_first(), col(Meter.number))
)


@dataclass(slots=True)
class _Days:
    frozen: dict[ReadingKind, set[date]]
    any_figure: set[date]


async def holdings(
    db: AsyncSession, concentrator_id: UUID, days: Sequence[date], zone: ZoneInfo, now: datetime
) -> list[Held]:
    """Every meter of a concentrator with what is stored of these days, those that were not missed lately first."""
    rows = (await db.execute(_METERS, {"place": concentrator_id})).all()
    ids = [row[0] for row in rows]
    stored = await _stored(db, ids, min(days), zone)
    first = {row.id: row.day for row in await db.execute(_FIRST, {"ids": ids})}
    today = day_start(now, zone)
    found = []
    for meter_id, number, point, missed_at, read_at, control in rows:
        of_meter = stored[meter_id]
        frozen = {kind: frozenset(held) for kind, held in of_meter.frozen.items()}
        read_today = read_at is not None and read_at > today  # at midnight itself: that was the freeze
        known = Known(frozen, frozenset(of_meter.any_figure), first.get(meter_id), read_today)
        found.append(Held(meter_id, number, point, missed_at, known, control == FeeControl.REMOTE))
    return found


async def _stored(db: AsyncSession, ids: Sequence[UUID], since: date, zone: ZoneInfo) -> dict[UUID, _Days]:
    found: dict[UUID, _Days] = defaultdict(lambda: _Days(defaultdict(set), set()))
    for meter_id, day, kind, read_at in await db.execute(_STORED, {"ids": list(ids), "since": since}):
        of_meter = found[meter_id]
        if read_at >= frozen_at(day, zone):
            of_meter.frozen[ReadingKind(kind)].add(day)
        if kind == ReadingKind.BALANCE:
            of_meter.any_figure.add(day)
    return found
