"""A purchase that nobody has sent yet goes into another meter of its account (SPEC H-7)."""

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.purchase import PurchaseState
from app.domain.settling import Bar, CannotSettle, Standing
from app.models import Meter, MeterModel
from app.services.card_meters import card_meters_of
from app.services.energy_sold import fix_anew
from app.services.purchases import promise_next
from app.services.settle.case import Case
from app.services.settle.credit import standing_of


def bar_to_move(known: Standing) -> Bar | None:
    """Why a purchase cannot go into another meter: only what surely never left us can."""
    if known.state is not PurchaseState.REVIEW:
        return Bar.MOVED_ON
    if known.tokens:
        return Bar.TOKEN_OUT
    return Bar.MAYBE_IN_METER if known.sends or known.number is not None else None


async def others_of(db: AsyncSession, meter: Meter) -> list[Meter]:
    """The other card meters of the account."""
    return [each for each in await card_meters_of(db, meter.account_id) if each.id != meter.id]


async def move(db: AsyncSession, case: Case, number: str, now: datetime) -> int:
    """Put the purchase on its way to the meter of that number; return its credit. Raises CannotSettle."""
    purchase, meter = case.in_question
    bar = bar_to_move(await standing_of(db, case))
    if bar is not None:
        raise CannotSettle(bar)
    wanted = "".join(number.split())
    chosen = next((each for each in await others_of(db, meter) if each.number == wanted), None)
    if chosen is None:
        raise CannotSettle(Bar.NOT_THAT_METER)
    purchase.meter_id, purchase.state, purchase.trouble = chosen.id, PurchaseState.PAID, None
    await db.flush()
    await fix_anew(db, purchase, chosen, now)
    await promise_next(db, purchase, chosen, await db.get_one(MeterModel, chosen.model_id), now)
    return purchase.credit_minor
