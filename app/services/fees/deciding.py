"""What a person decides about energy that no rule may charge (SPEC M-12: with evidence, and never by silence)."""

from datetime import date

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.fees import Doubt, Registers, restart
from app.domain.review import ReviewAct
from app.domain.settling import Bar, CannotSettle
from app.domain.wallet import BY_TARIFF, ReadingKind
from app.models import Fund, Reading, Review
from app.services.fees.holding import count_up_to, counted_of


async def decide(db: AsyncSession, review: Review, act: ReviewAct) -> None:
    """Let a fund be charged on; the next sweep does so. Raises CannotSettle where nothing is in doubt any more."""
    fund = await db.get(Fund, review.subject_id, with_for_update=True, populate_existing=True)
    if fund is None or fund.closed_at is not None or fund.doubt is None:
        raise CannotSettle(Bar.MOVED_ON)
    day = date.fromisoformat(str(review.evidence["day"]))
    match act:
        case ReviewAct.CHARGE_IT:
            if fund.doubt != Doubt.JUMPED:
                raise CannotSettle(Bar.ACT_NOT_ALLOWED)
            fund.believed_day = day
        case ReviewAct.COUNT_ANEW:
            await _count_anew(db, fund, day)
    fund.doubt = None


async def _count_anew(db: AsyncSession, fund: Fund, day: date) -> None:
    """From the reading that is there by now: it may have been put right since the question was asked."""
    wanted = select(Reading).where(Reading.meter_id == fund.meter_id, Reading.day == day)
    read = {ReadingKind(row.kind): row for row in await db.exec(wanted.where(col(Reading.kind) != ReadingKind.BALANCE))}
    total = read.get(ReadingKind.ENERGY)
    if total is None:
        raise CannotSettle(Bar.MOVED_ON)
    by_tariff = tuple(read[kind].value for kind in BY_TARIFF if kind in read and read[kind].read_at == total.read_at)
    count_up_to(fund, restart(counted_of(fund), day, Registers(total.value, by_tariff)), total.read_at)
