"""Gathers a meter's figures of two years and tells what was used."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain import usage as rule
from app.domain.clock import local_day
from app.domain.usage import Credit, Day, Month, Taken
from app.domain.wallet import ReadingKind
from app.models import Meter, Purchase, Reading
from app.services.alarm_levels import watch_of

DAYS, MONTHS = 30, 12
_BACK = timedelta(days=2 * 366 + 31)


@dataclass(frozen=True, slots=True)
class Usage:
    """`days`: the last thirty, oldest first. `months`: the last twelve, each with the same one last year."""

    days: tuple[Day, ...]
    months: tuple[tuple[Month, Month], ...]

    @property
    def any(self) -> bool:
        """Is anything known at all?"""
        return any(day.balance_minor is not None for day in self.days) or any(m.known for m, _ in self.months)

    @property
    def energy(self) -> bool:
        """Does the meter tell energy?"""
        return any(day.energy_wh is not None for day in self.days)

    @property
    def last_year(self) -> bool:
        """Is there a last year to compare with?"""
        return any(then.known for _, then in self.months)


async def usage_of(db: AsyncSession, meter_id: UUID, zone: ZoneInfo, now: datetime) -> Usage:
    """What a meter's home has used until today. Money in minor units, energy in Wh."""
    meter = await db.get_one(Meter, meter_id)
    today = local_day(now, zone)
    figures = await _figures(db, meter_id, today - _BACK)
    credits = await _credits(db, meter_id, now - _BACK, zone)
    levels = (await watch_of(db, meter)).levels
    told = rule.days(figures[ReadingKind.BALANCE], figures[ReadingKind.ENERGY], credits, levels)
    return Usage(rule.span(told, today, DAYS), rule.months(told, today, MONTHS))


async def _figures(db: AsyncSession, meter_id: UUID, since: date) -> Mapping[ReadingKind, dict[date, Taken]]:
    wanted = select(col(Reading.kind), col(Reading.day), col(Reading.read_at), col(Reading.value))
    found: dict[ReadingKind, dict[date, Taken]] = {kind: {} for kind in ReadingKind}
    for kind, day, at, value in await db.exec(wanted.where(Reading.meter_id == meter_id, col(Reading.day) >= since)):
        found[ReadingKind(kind)][day] = Taken(at, value)
    return found


async def _credits(
    db: AsyncSession, meter_id: UUID, since: datetime, zone: ZoneInfo
) -> Mapping[date, Sequence[Credit]]:
    wanted = select(col(Purchase.credited_at), col(Purchase.credit_minor)).where(Purchase.meter_id == meter_id)
    found: dict[date, list[Credit]] = defaultdict(list)
    for at, amount in await db.exec(wanted.where(col(Purchase.credited_at) >= since)):
        if at is not None:
            found[local_day(at, zone)].append(Credit(at, amount))
    return found
