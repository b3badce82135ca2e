"""A purchase whose number somebody else's recharge has taken goes on under a new one (SPEC H-7)."""

from datetime import datetime

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.purchase import PurchaseState
from app.models import Meter, Purchase
from app.services.handhelds import holding
from app.services.purchases import promise_download


async def may_go_anew(db: AsyncSession, purchase: Purchase, meter: Meter, count: int | None) -> bool:
    """Of a purchase that surely is not in its meter: may it take the number behind `count`, the meter's own?

    Not while somebody carries it, and not where another purchase of that meter bears a number beyond: then the meter
    was set back, and a person looks.
    """
    if count is None or await holding.is_held(db, purchase.id):
        return False
    others = select(func.max(Purchase.number)).where(Purchase.meter_id == meter.id)
    others = others.where(Purchase.count_run == meter.count_run)
    highest = (await db.exec(others.where(col(Purchase.id) != purchase.id))).one() or 0
    return count >= highest


async def go_anew(db: AsyncSession, purchase: Purchase, meter: Meter, count: int, now: datetime) -> None:
    """Take over the count of a locked meter, and put its locked purchase on its way as if it had never been sent."""
    meter.purchase_count = count
    purchase.number, purchase.sends, purchase.sending_since = None, 0, None
    purchase.state, purchase.trouble = PurchaseState.PAID, "number_taken"
    await db.flush()
    await promise_download(db, purchase, meter, now)
