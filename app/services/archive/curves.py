"""Curves of master meters: which days are to be asked for, what was told, and a day as a table (SPEC H-5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select as sql_select
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.curve import Quantity, is_whole, merged
from app.models import Curve, MasterMeter
from app.terminal_words import PointCurve

DAYS = 31
_STEPS = {"_w": 1, "_dv": 10, "_ma": 1000, "_wh": 1000}


@dataclass(frozen=True, slots=True)
class CurveAsk:
    """One day of one master meter, a point every `minutes`."""

    master_id: UUID
    point: int
    day: date
    minutes: int
    quantities: tuple[Quantity, ...]


async def asks(db: AsyncSession, concentrator_id: UUID, days: Sequence[date], minutes: int) -> tuple[CurveAsk, ...]:
    """What of these days is not whole, the newest day first; only of master meters that the concentrator has."""
    held = col(MasterMeter.held_at).is_not(None)
    masters = await db.exec(select(MasterMeter).where(MasterMeter.concentrator_id == concentrator_id, held))
    found = []
    for master in masters:
        whole = await _whole(db, master.id, min(days), minutes)
        for day in days:
            missing = tuple(each for each in Quantity if day not in whole[each])
            if missing:
                found.append(CurveAsk(master.id, master.point, day, minutes, missing))
    return tuple(sorted(found, key=lambda ask: ask.day, reverse=True))


async def _whole(db: AsyncSession, master_id: UUID, since: date, minutes: int) -> dict[Quantity, set[date]]:
    rows = await db.exec(select(Curve).where(Curve.master_id == master_id, col(Curve.day) >= since))
    found: dict[Quantity, set[date]] = {each: set() for each in Quantity}
    for row in rows:
        if row.minutes == minutes and is_whole(row.values, minutes):
            found[Quantity(row.quantity)].add(row.day)
    return found


async def record(db: AsyncSession, ask: CurveAsk, told: Sequence[PointCurve], now: datetime) -> int:
    """Keep what was told of a day, and what was known before; return how many curves are new or fuller by it.

    What was not asked for is not looked at; an answer without a single value leaves nothing.
    """
    kept = 0
    for curve in told:
        if curve.quantity not in tuple(ask.quantities) or all(value is None for value in curve.values):
            continue
        row = await db.get(Curve, (ask.master_id, curve.quantity, ask.day), with_for_update=True)
        held = row.values if row is not None and row.minutes == ask.minutes else []
        values = merged(held, curve.values, ask.minutes)
        if row is None:
            row = Curve(
                master_id=ask.master_id,
                quantity=curve.quantity,
                day=ask.day,
                minutes=ask.minutes,
                values=values,
                read_at=now,
            )
            db.add(row)
        elif values == row.values:
            continue
        row.values, row.minutes, row.read_at = values, ask.minutes, now
        kept += 1
    await db.flush()
    return kept


@dataclass(frozen=True, slots=True)
class CurveDay:
    """A day of which curves are stored: how many, and how many points they lack."""

    day: date
    curves: int


async def days_of(db: AsyncSession, master_id: UUID, most: int = DAYS, *, before: date | None = None) -> list[CurveDay]:
    """The newest days with curves; `before`: only earlier ones."""
    rows = sql_select(col(Curve.day), func.count()).where(col(Curve.master_id) == master_id).group_by(col(Curve.day))
    if before is not None:
        rows = rows.where(col(Curve.day) < before)
    return [CurveDay(day, count) for day, count in await db.execute(rows.order_by(col(Curve.day).desc()).limit(most))]


async def curves_of(db: AsyncSession, master_id: UUID, day: date) -> Sequence[Curve]:
    """The curves of a day."""
    return (await db.exec(select(Curve).where(Curve.master_id == master_id, Curve.day == day))).all()


@dataclass(frozen=True, slots=True)
class CurveRow:
    """One moment of a day: hh:mm, and what each quantity was, in whole units of people (W, V, A, kWh)."""

    at: str
    values: dict[str, str]


def table(curves: Sequence[Curve]) -> list[CurveRow]:
    """A day as a table, a line for each moment of the densest curve."""
    if not curves:
        return []
    minutes = min(curve.minutes for curve in curves)
    moments = [timedelta(minutes=at) for at in range(0, 1440, minutes)]
    return [CurveRow(f"{at.seconds // 3600:02d}:{at.seconds // 60 % 60:02d}", _at(curves, at)) for at in moments]


def _at(curves: Sequence[Curve], at: timedelta) -> dict[str, str]:
    found = {}
    for curve in curves:
        place, rest = divmod(at.seconds // 60, curve.minutes)
        value = curve.values[place] if not rest and place < len(curve.values) else None
        if value is not None:
            found[curve.quantity] = spelled(value, curve.quantity)
    return found


def spelled(value: int, quantity: str, *, short: bool = False) -> str:
    """A value in whole units of people (W, V, A, kWh); `short`: without zeros at its end."""
    steps = next(steps for ending, steps in _STEPS.items() if quantity.endswith(ending))
    digits = len(str(steps)) - 1
    found = f"{value / steps:.{digits}f}"
    return found.rstrip("0").rstrip(".") if short and digits else found
