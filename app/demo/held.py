"""A meter whose money the ledger holds: its weeks of use, charged by the day with the prices that are in force.

Yesterday is not charged yet: the first round of the programs reads its register, and that takes the balance below zero.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from app.demo.history import Day
from app.demo.past import Bought, Pages, balance_of, evening_before
from app.demo.told.home import Lived
from app.domain.collection import frozen_at
from app.domain.fees import Charge, Counted, Prices, Registers, charge
from app.domain.wallet import BalanceSource, ReadingKind
from app.models import Fund, Meter, Reading
from app.services.fees.recording import Bill, Item, record

FIRST_WH = 3_481_500
_BOUGHT = (10_000, 5_000, 5_000)
_LOW_DAYS = 2
_A_DAY = timedelta(days=1)
_CHARGED_AFTER = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Use:
    """A day: what was used, and what was bought on it (fen)."""

    energy_wh: int
    purchase_minor: int = 0


def uses(daily_use_minor: int, price_e4: int, dice: Random) -> list[Use]:
    """The days from the first payment to the one that nobody has charged yet, which is more than what is left."""
    left, days, bought = 0, [], list(_BOUGHT)
    while left >= 0:
        purchase = bought.pop(0) if bought and left < _LOW_DAYS * daily_use_minor else 0
        cost = daily_use_minor * dice.randrange(80, 121) // 100
        energy_wh = cost * 100_000 // price_e4
        days.append(Use(energy_wh, purchase))
        left += purchase - energy_wh * price_e4 // 100_000
    return days


def register_wh(days: list[Use]) -> int:
    """What the meter shows at the end of the last of them."""
    return FIRST_WH + sum(each.energy_wh for each in days)


@dataclass(frozen=True, slots=True)
class Priced:
    """The days of a meter and the price that holds for all of them; the last day is yesterday. `now`: local time."""

    days: list[Use]
    price_e4: int
    now: datetime

    @property
    def first(self) -> date:
        """The day on which the ledger began to hold its money."""
        return self.now.date() - len(self.days) * _A_DAY


async def live_held(db: AsyncSession, meter: Meter, priced: Priced) -> list[Lived]:
    """Open the fund of a meter and write its weeks: purchases, registers, charges, balances."""
    zone = ZoneInfo(str(priced.now.tzinfo))
    opened = datetime.combine(priced.first, time(9), zone)
    fund = Fund(id=uuid4(), meter_id=meter.id, opened_at=opened, day=priced.first - _A_DAY, total_wh=FIRST_WH)
    fund.counted_at = opened
    db.add(fund)
    await db.flush()
    pages, made, lived = Pages(), list(_charges(fund, priced)), []
    balance = count = 0
    for use, each in zip(priced.days, made, strict=False):
        at, bought = frozen_at(each.last, zone), None
        if use.purchase_minor:
            count += 1
            evening = max(evening_before(meter, at, count), opened + timedelta(minutes=7))
            bought = pages.sell(meter, Bought(each.last, evening, count, use.purchase_minor, balance))
        balance += use.purchase_minor - each.amount_minor
        day = Day(each.last, balance, use.purchase_minor)
        reading = balance_of(meter, day, at)
        pages.add(reading)
        pages.add(_register(meter, each, at))
        lived.append(Lived(day, reading.id, at, bought))
    await pages.write(db)
    for each in made:
        at = frozen_at(each.last, zone)
        before_wh = each.after.registers.total_wh - each.energy_wh
        bill = Bill(fund.id, meter.id, each.after, None, [Item(each, before_wh, at)])
        await record(db, [bill], at + _CHARGED_AFTER)
    meter.balance_minor, meter.balance_read_at = balance, lived[-1].read_at
    await db.refresh(fund)
    return lived


def _charges(fund: Fund, priced: Priced) -> Iterator[Charge]:
    """Every day but the last, each by the rule that charges it in a living utility."""
    counted = Counted(fund.day, Registers(fund.total_wh))
    for each in priced.days[:-1]:
        now = Registers(counted.registers.total_wh + each.energy_wh)
        made = charge(counted, counted.day + _A_DAY, now, Prices((priced.price_e4,)), most_wh_a_day=None)
        if not isinstance(made, Charge):
            raise TypeError(made)
        yield made
        counted = made.after


def _register(meter: Meter, made: Charge, at: datetime) -> Reading:
    row = Reading(id=uuid4(), meter_id=meter.id, day=made.last, kind=ReadingKind.ENERGY, value=0, source="")
    row.value, row.source, row.read_at = made.after.registers.total_wh, BalanceSource.DAILY, at
    return row
