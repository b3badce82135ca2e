"""Tariffs and their sets of prices: which holds on a day, and how a new one is set (SPEC B-8)."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.db import add_once
from app.domain.fees import Prices, Step, StepPeriod
from app.models import Account, Audit, Tariff, TariffSet

_EVER = date(1, 1, 1)
Dated = tuple[date, Prices]


class TariffError(ValueError):
    """Why a set cannot be. `code`: past, taken, begun, or the field of `Prices` that cannot hold."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class TariffView:
    """A tariff, how many accounts are on it, and its sets, the newest first."""

    tariff: Tariff
    accounts: int
    sets: Sequence[TariffSet]


def prices_of(row: TariffSet) -> Prices:
    """The prices of a stored set."""
    steps = tuple(Step(above, more) for above, more in row.steps)
    return Prices(tuple(row.prices_e4), steps, StepPeriod(row.period))


async def sets_of(db: AsyncSession, tariffs: Collection[UUID]) -> dict[UUID, list[Dated]]:
    """Every set of some tariffs with the day that it begins on; the tariff's one price holds before them all."""
    found: dict[UUID, list[Dated]] = {}
    for tariff in await db.exec(select(Tariff).where(col(Tariff.id).in_(tariffs))):
        found[tariff.id] = [(_EVER, Prices((tariff.price_e4,)))]
    for row in await db.exec(select(TariffSet).where(col(TariffSet.tariff_id).in_(tariffs))):
        found[row.tariff_id].append((row.from_day, prices_of(row)))
    return found


async def look(db: AsyncSession) -> list[TariffView]:
    """Every tariff, by name."""
    of = select(Account.tariff_id, func.count()).group_by(col(Account.tariff_id))
    counts = {tariff_id: int(count) for tariff_id, count in await db.exec(of)}
    rows: dict[UUID, list[TariffSet]] = defaultdict(list)
    for row in await db.exec(select(TariffSet).order_by(col(TariffSet.from_day).desc())):
        rows[row.tariff_id].append(row)
    tariffs = await db.exec(select(Tariff).order_by(col(Tariff.name)))
    return [TariffView(each, counts.get(each.id, 0), rows[each.id]) for each in tariffs]


@dataclass(frozen=True, slots=True)
class NewSet:
    """Prices that are to hold from the beginning of `from_day` on."""

    tariff_id: UUID
    from_day: date
    prices: Prices
    staff_id: UUID


async def add(db: AsyncSession, new: NewSet, today: date, now: datetime) -> TariffSet:
    """Set prices for a day that has not begun. Raises TariffError, and NoResultFound for an unknown tariff."""
    tariff = await db.get_one(Tariff, new.tariff_id)
    if new.from_day <= today:
        raise TariffError("past")
    row = TariffSet(
        id=uuid4(),
        tariff_id=tariff.id,
        from_day=new.from_day,
        prices_e4=list(new.prices.prices_e4),
        steps=[[step.above_wh, step.more_e4] for step in new.prices.steps],
        period=new.prices.period,
        made_by=new.staff_id,
        made_at=now,
    )
    detail: dict[str, str | int | None] = {"tariff": tariff.name, "from_day": str(new.from_day)}
    detail |= {"prices_e4": _row(new.prices.prices_e4), "steps": _steps(new.prices)}
    if not await add_once(db, row):
        raise TariffError("taken")
    db.add(Audit(staff_id=new.staff_id, act="tariff_set_added", subject_id=row.id, detail=detail, at=now))
    return row


async def withdraw(db: AsyncSession, set_id: UUID, staff_id: UUID, today: date, now: datetime) -> None:
    """Take back a set that has not begun. Raises TariffError, NoResultFound."""
    row = await db.get_one(TariffSet, set_id, with_for_update=True)
    if row.from_day <= today:
        raise TariffError("begun")
    tariff = await db.get_one(Tariff, row.tariff_id)
    detail: dict[str, str | int | None] = {"tariff": tariff.name, "from_day": str(row.from_day)}
    db.add(Audit(staff_id=staff_id, act="tariff_set_withdrawn", subject_id=row.id, detail=detail, at=now))
    await db.delete(row)


def _row(values: Sequence[int]) -> str:
    return ",".join(map(str, values))


def _steps(prices: Prices) -> str:
    return ",".join(f"{step.above_wh}:{step.more_e4}" for step in prices.steps)
