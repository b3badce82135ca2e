"""What must be true after every step of whatever story: where the money is, and how often it came."""

from collections.abc import Sequence

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from app.domain.ledger import ARREARS, DELIVERED, OWED_TO_METERS, REFUNDS, ROUNDING, SUSPENSE, BookingKind
from app.domain.purchase import ON_ITS_WAY, PurchaseState
from app.models import Booking, LedgerEntry, Note, PaymentCallback, Purchase, Refund, Review
from app.models.refund import RefundState
from tests.journeys.fated_meters import Books


async def doubts(db: AsyncSession, books: Sequence[Books]) -> list[str]:
    """Everything that is not so. A credit in a meter is known by its sum: only what is
    paid twice for one order has the sum of another."""
    purchases = list(await db.exec(select(Purchase)))
    promised = set(await db.exec(select(Note.subject_id).where(col(Note.done_at).is_(None))))
    asked = set(await db.exec(select(Review.purchase_id).where(col(Review.settled_at).is_(None))))
    held = [each for book in books for each in book.credits if isinstance(each, int)]
    sure = await _ledger(db, purchases)
    for amount in {purchase.credit_minor for purchase in purchases}:
        states = [each.state for each in purchases if each.credit_minor == amount]
        times, name = held.count(amount), f"{amount} {states}"
        ever = times + sum(book.forgotten.count(amount) for book in books)
        sure |= {
            f"{name} came at most once each: {times}": times <= len(states) - states.count(PurchaseState.REFUNDED),
            f"{name} came where we say so: {ever}": ever >= states.count(PurchaseState.CREDITED),
        }
    for purchase in purchases:
        is_told = purchase.state not in ON_ITS_WAY or purchase.id in promised | asked
        sure[f"{purchase.credit_minor} ({purchase.state}) is promised or asked about"] = is_told
    known = {purchase.credit_minor for purchase in purchases}
    sure["the meters hold nothing that nobody paid for"] = known.issuperset(held)
    return [words for words, so in sure.items() if not so]


async def _ledger(db: AsyncSession, purchases: Sequence[Purchase]) -> dict[str, bool]:
    """Money in is money in meters, and on its way, and going back; each part as the rows say."""
    total = func.sum(LedgerEntry.amount_minor)
    rows = await db.exec(select(LedgerEntry.ledger_account, total).group_by(LedgerEntry.ledger_account))
    kept = {account: int(amount) for account, amount in rows}
    came = (await db.exec(_sum(PaymentCallback.amount_minor).where(PaymentCallback.succeeded))).one()
    back = (await db.exec(_sum(Refund.amount_minor).where(Refund.state == RefundState.DONE))).one()
    due = (await db.exec(_sum(Refund.amount_minor).where(Refund.state != RefundState.DONE))).one()
    taken = (await db.exec(_OUT_OF_METERS)).one()  # with meters that were exchanged
    by_state = {state: sum(each.credit_minor for each in purchases if each.state == state) for state in PurchaseState}
    on_its_way = sum(by_state[state] for state in ON_ITS_WAY)
    delivered = -kept.get(DELIVERED, 0) - kept.get(ROUNDING, 0)
    return {
        f"all that came is held: {kept}": sum(v for k, v in kept.items() if k.startswith("provider:")) == came - back,
        f"on its way: {on_its_way}, {kept}": -kept.get(OWED_TO_METERS, 0) == on_its_way,
        f"in meters: {by_state}, {kept}": delivered == by_state[PurchaseState.CREDITED] - taken,
        f"going back: {due}, {kept}": -kept.get(REFUNDS, 0) == due,
        f"came = meters + on its way + back + set aside: {came}, {kept}": came - back
        == delivered + on_its_way + due - kept.get(SUSPENSE, 0) - kept.get(ARREARS, 0),
    }


_OUT_OF_METERS = (
    select(func.coalesce(func.sum(LedgerEntry.amount_minor), 0))
    .join(Booking, col(Booking.id) == col(LedgerEntry.booking_id))
    .where(Booking.kind == BookingKind.EXCHANGE, LedgerEntry.ledger_account == DELIVERED)
)


def _sum(column: int) -> SelectOfScalar[int]:
    return select(func.coalesce(func.sum(column), 0))
