"""Counts homes without supply for want of money (SPEC M-13)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.disconnection import Outcome
from app.models import Disconnection, Meter
from app.services.reports.alert_effect import Span

_MOST_OPEN = 200

_DAYS = text(
    """
    select (began_at at time zone :zone)::date as day, count(*) as began,
           count(*) filter (where ended_at is null) as open,
           count(*) filter (where flagged_at is not null) as flagged
    from disconnection where began_at >= :since and began_at < :until group by 1 order by 1
    """
)
_OUTCOMES = text(
    """
    select outcome, count(*) as ended,
           percentile_cont(0.5) within group (order by ended_at - began_at) as half_within,
           percentile_cont(0.9) within group (order by ended_at - began_at) as most_within
    from disconnection where began_at >= :since and began_at < :until and ended_at is not null
    group by outcome order by count(*) desc
    """
)


@dataclass(frozen=True, slots=True)
class Day:
    """What began on one local day, and how much of that is still open or had to be looked at."""

    day: date
    began: int
    open: int
    flagged: int


@dataclass(frozen=True, slots=True)
class Ended:
    """How many ended so; half of them within `half_within`, nine of ten within `most_within`."""

    outcome: Outcome
    count: int
    half_within: timedelta
    most_within: timedelta


@dataclass(frozen=True, slots=True)
class Open:
    """A home that is without supply now."""

    id: UUID
    meter_number: str
    began_at: datetime
    balance_minor: int | None
    flagged_at: datetime | None
    outreach_at: datetime | None


@dataclass(frozen=True, slots=True)
class Disconnected:
    """The report: days in order, outcomes the most frequent first, open homes the longest first."""

    days: tuple[Day, ...]
    ended: tuple[Ended, ...]
    open: tuple[Open, ...]


async def disconnected(db: AsyncSession, span: Span) -> Disconnected:
    """What began in a span, and whatever is open now."""
    asked = {"since": span.since, "until": span.until}
    days = await db.execute(_DAYS, asked | {"zone": span.zone.key})
    ended = await db.execute(_OUTCOMES, asked)
    return Disconnected(
        tuple(Day(row.day, row.began, row.open, row.flagged) for row in days),
        tuple(Ended(Outcome(row.outcome), row.ended, row.half_within, row.most_within) for row in ended),
        await _open(db),
    )


async def _open(db: AsyncSession) -> tuple[Open, ...]:
    rows = select(Disconnection, Meter.number).join(Meter, col(Meter.id) == col(Disconnection.meter_id))
    rows = rows.where(col(Disconnection.ended_at).is_(None)).order_by(col(Disconnection.began_at)).limit(_MOST_OPEN)
    return tuple(
        Open(row.id, number, row.began_at, row.balance_minor, row.flagged_at, row.outreach_at)
        for row, number in await db.exec(rows)
    )
