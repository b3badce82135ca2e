"""A meter was set back: its count begins anew, and its numbers may be used once more (SPEC H-7)."""

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.purchase import PurchaseState
from app.domain.settling import Bar, CannotSettle, bar_to_set_back
from app.services.purchases import forget_number
from app.services.settle.case import Case
from app.services.settle.credit import promise_way, standing_of


async def set_back(db: AsyncSession, case: Case, now: datetime) -> None:
    """Take over what the meter counts as a new run of its count, and send the purchase in it. Raises CannotSettle.

    What else waits under a number of the run before gets a new one when it is its turn (`purchases.forget_number`).
    """
    purchase, meter = case.in_question
    known = await standing_of(db, case)
    bar = bar_to_set_back(known)
    if bar is not None or known.count is None:
        raise CannotSettle(bar or Bar.NOT_SET_BACK)
    meter.count_run, meter.purchase_count = meter.count_run + 1, known.count
    forget_number(purchase, meter)
    purchase.state, purchase.trouble = PurchaseState.PAID, None
    await db.flush()
    await promise_way(db, purchase, meter, now, tokens=known.tokens)
