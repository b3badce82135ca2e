"""What must be true after every step of whatever story: where the money is, and how often it came."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from app.domain.ledger import ARREARS, DELIVERED, OWED_TO_METERS, REFUNDS, ROUNDING, SUSPENSE, BookingKind
from app.domain.purchase import ON_ITS_WAY, PurchaseState
from app.models import Booking, LedgerEntry, Meter, PaymentCallback, Purchase, Refund
from app.models.refund import RefundState
from tests.journeys.fated_meters import Books


async def doubts(db: AsyncSession, books: Mapping[str, Books]) -> list[str]:
    """Everything that is not so. `books`: what every meter that ever hung here says itself, by its address.

    A credit in a meter is known by its sum: only what is paid twice for one order has the sum of another.
    """
    purchases = list(await db.exec(select(Purchase)))
    meters: dict[str, UUID] = dict((await db.exec(select(Meter.address, Meter.id))).all())
    sure = await _ledger(db, purchases)
    for address, book in books.items():
        sure |= _meter(address, book, [each for each in purchases if each.meter_id == meters[address]])
    nowhere = list((await db.execute(NOWHERE)).scalars())
    return [words for words, so in sure.items() if not so] + nowhere


def _meter(address: str, book: Books, purchases: Sequence[Purchase]) -> dict[str, bool]:
    """What is in one meter was bought for it, and came once."""
    sure = {f"{address} holds nothing that nobody paid for": _sums(purchases).issuperset(book.paid)}
    for amount in _sums(purchases):
        states = [each.state for each in purchases if each.credit_minor == amount]
        times, name = book.paid.count(amount), f"{amount} {states} in {address}"
        ever = times + book.forgotten.count(amount)
        sure |= {
            f"{name} came at most once each: {times}": times <= len(states) - states.count(PurchaseState.REFUNDED),
            f"{name} came where we say so: {ever}": ever >= states.count(PurchaseState.CREDITED),
        }
    return sure


def _sums(purchases: Sequence[Purchase]) -> set[int]:
    return {purchase.credit_minor for purchase in purchases}


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


NOWHERE = text(
    """
    select 'purchase ' || ref || ' ' || state from purchase
    where state in ('paid', 'sending', 'review')
      and not exists (select 1 from outbox where subject_id = purchase.id and done_at is null)
      and not exists (select 1 from review where purchase_id = purchase.id and settled_at is null)
    union all
    select 'payment ' || ref || ' is a question that nobody asks' from payment where state = 'review'
      and not exists (select 1 from review where payment_id = payment.id and settled_at is null)
    union all
    select 'payment ' || ref || ' bought nothing' from payment where state = 'paid'
      and not exists (select 1 from purchase where payment_id = payment.id)
    union all
    select 'refund ' || ref || ' is ' || state from refund
    where state in ('due', 'asked') and provider <> 'counter'  -- cash waits for a hand
      and not exists (select 1 from outbox where subject_id = refund.id and done_at is null)
    union all
    select 'refund ' || ref || ' is refused, and nobody is asked' from refund where state = 'refused'
      and not exists (select 1 from review where subject_id = refund.id)
    union all
    select 'a reversal is done, and nothing goes back' from reversal where state = 'done' and refund_id is null
    union all
    select 'an item of ' || kind || ' is ' || operation_item.state from operation_item
    join operation on operation.id = operation_id
    where operation_item.state in ('waiting', 'under_way') and operation.state <> 'paused'
      and not exists (select 1 from outbox where subject_id in (operation_item.id, operation.id) and done_at is null)
    union all
    select 'a purchase may have been sent to a meter that is gone: ' || ref from purchase
    join meter on meter.id = meter_id  -- what was paid in the moment of the exchange waits for its own job there
    where life = 'removed' and (state in ('sending', 'review') or state = 'paid' and sends > 0)
    union all
    select 'meter ' || number || ' leaves, and nobody exchanges it' from meter where life = 'leaving'
      and not exists (select 1 from meter_swap where old_meter_id = meter.id and state = 'open')
    union all
    select 'an exchange is ' || meter_swap.state || ' and its meter ' || life from meter_swap
    join meter on meter.id = old_meter_id
    where meter_swap.state in ('open', 'done')
      and (life, meter_swap.state) not in (('leaving', 'open'), ('removed', 'done'))
    union all
    select 'a closed fund that holds money: ' || fund.id from fund where closed_at is not null and held_minor <> 0
    union all
    select 'rows of ' || name || ' wait for nobody' from handheld_return where done_at is null
      and not exists (select 1 from outbox where subject_id = handheld_return.id and done_at is null)
    union all
    select 'file ' || ref || ' is ' || state from handheld_file where (state = 'out') <>
      exists (select 1 from handheld_line where file_id = handheld_file.id and handheld_line.state = 'out')
    """
)
"""What is in no state: nothing will happen to it by itself, and nobody is asked. One statement, of one moment."""

_OUT_OF_METERS = (
    select(func.coalesce(func.sum(LedgerEntry.amount_minor), 0))
    .join(Booking, col(Booking.id) == col(LedgerEntry.booking_id))
    .where(Booking.kind == BookingKind.EXCHANGE, LedgerEntry.ledger_account == DELIVERED)
)


def _sum(column: int) -> SelectOfScalar[int]:
    return select(func.coalesce(func.sum(column), 0))
