"""What a meter used in the running period of steps before the ledger held its money: steps count it too (SPEC B-8).

What it had frozen at the end of the day before the period says so. A round has stored that as a rule; where none has,
the meter is asked for it with everything else that a switch reads.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.clock import local_day
from app.domain.collection import MOST_FILLED, frozen_at
from app.domain.fees import Counted, Registers, StepPeriod, begin, in_force, period_begins, used_before
from app.domain.rules import FeeRules
from app.domain.wallet import ReadingKind
from app.models import Account, Meter, Reading
from app.services.fees.tariffs import Dated, sets_of
from app.services.rulebook import rules
from app.settings import settings

_A_DAY = timedelta(days=1)
_WH = 1000


async def days_ago(db: AsyncSession, meter: Meter, now: datetime) -> int:
    """The frozen day that a meter is to be asked for, as days back from today (1: yesterday); 0: none.

    None is wanted where its figure is stored, where its prices have no steps, or where no meter keeps it any more.
    """
    today, sets = _today(now), await _sets(db, meter)
    day = period_begins(today, _period(sets, today)) - _A_DAY
    ago = (today - day).days
    current = in_force(sets, today)
    tiered = any(prices.steps for begins, prices in sets if begins > today or prices is current)
    if not tiered or ago > MOST_FILLED or await _frozen(db, meter, day) is not None:
        return 0
    return ago


async def counted(db: AsyncSession, meter: Meter, held: Registers, now: datetime) -> Counted:
    """Up to where a meter is charged whose money comes into the ledger now, with what it used before in this period.

    What nobody can tell counts as nothing: steps are passed later then, never too early.
    """
    today = _today(now)
    period = _period(await _sets(db, meter), today)
    begins = period_begins(today, period)
    then = await _frozen(db, meter, begins - _A_DAY)
    used = None
    if then is not None:
        most = (await rules(db, FeeRules)).most_kwh_a_day * _WH
        used = used_before(then, held.total_wh, (today - begins).days + 1, most)
    return begin(today, held, used or 0, period)


async def _sets(db: AsyncSession, meter: Meter) -> list[Dated]:
    tariff_id = (await db.get_one(Account, meter.account_id)).tariff_id
    return (await sets_of(db, [tariff_id]))[tariff_id]


def _period(sets: list[Dated], day: date) -> StepPeriod:
    prices = in_force(sets, day)
    return prices.period if prices is not None else StepPeriod.MONTH


async def _frozen(db: AsyncSession, meter: Meter, day: date) -> int | None:
    """What a meter held at the end of a day, Wh; a figure of earlier in that day says less, and is none."""
    at = frozen_at(day, ZoneInfo(settings().timezone))
    wanted = select(Reading.value).where(Reading.meter_id == meter.id, Reading.day == day)
    wanted = wanted.where(Reading.kind == ReadingKind.ENERGY, col(Reading.read_at) >= at)
    return (await db.exec(wanted)).first()


def _today(now: datetime) -> date:
    return local_day(now, ZoneInfo(settings().timezone))
