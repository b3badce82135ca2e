"""Finishes an exchange in one transaction: what landed is booked, the rest moves, and the balance goes on or back.

Money in stays money in meters, on its way and going back: the balance leaves what was delivered, and is owed again
until it is in the new meter; below zero it is arrears; given back it is a refund that a hand pays out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.db import LOCK
from app.domain.ledger import DELIVERED, BookingKind, overdrawn_booking, refund_due_booking, taken_out_booking
from app.domain.payment import CASH_DESK, PaymentState
from app.domain.purchase import PurchaseKind, PurchaseState
from app.domain.swapping import CannotSwap, Found, LastRead, SwapBar, SwapState, SwapWay, bar_to_end, judged
from app.models import Account, Audit, Meter, MeterModel, MeterSwap, OperationItem, Payment, Purchase
from app.services import fulfilment
from app.services.carrying import Answer, Ending
from app.services.ledger import book
from app.services.purchases import new_ref, promise_next
from app.services.refunds import Decided, open_refund
from app.services.swaps import funds, moving
from app.services.swaps.funds import FundStanding
from app.services.swaps.reading import Standing, Waiting, on_its_way, standing
from app.settings import settings

Said = Mapping[UUID, Found]
"""What somebody says of purchases that no count places, by their ids."""


@dataclass(frozen=True, slots=True)
class _Case:
    """Everything that an exchange changes, locked."""

    swap: MeterSwap
    old: Meter
    account: Account
    read: LastRead
    energy_wh: int | None
    waiting: tuple[Waiting, ...]
    staff_id: UUID
    now: datetime
    item: OperationItem | None = None
    by_ledger: bool = False


async def finish(db: AsyncSession, swap_id: UUID, said: Said, staff_id: UUID, now: datetime) -> MeterSwap:
    """Put the new meter in the place of the old one, once. Raises CannotSwap; NoResultFound for none of that id."""
    case = await _lock(db, swap_id, said, staff_id, now)
    ended = await funds.end(db, case.swap, case.old, case.item, now) if case.by_ledger else None
    new = await moving.hang(db, case.swap, case.old)
    await moving.redirect(db, case.old, new)
    await _put_down(case, new)
    if ended is not None:
        await _move_fund(db, case, ended, new)
    for each in case.waiting:
        await _place(db, case, each, new)
    if ended is None:
        await _carry(db, case, new)
    await moving.take_off(db, case.old, new, now)
    _note(db, case, new)
    await db.flush()
    return case.swap


async def _lock(db: AsyncSession, swap_id: UUID, said: Said, staff_id: UUID, now: datetime) -> _Case:
    """Lock in the order of the jobs: notes, account, purchases, meter; the exchange last. Raises CannotSwap."""
    seen = await db.get_one(MeterSwap, swap_id)
    known = [purchase.id for purchase in await on_its_way(db, seen.old_meter_id)]
    for purchase_id in sorted(known):
        await outbox.hold(db, purchase_id)
    whose = select(Account).join(Meter, col(Meter.account_id) == col(Account.id)).where(Meter.id == seen.old_meter_id)
    account = (await db.exec(whose.with_for_update(of=Account))).one()
    locked = select(Purchase).where(col(Purchase.id).in_(known)).order_by(col(Purchase.id)).with_for_update()
    await db.exec(locked.execution_options(populate_existing=True))
    old = await db.get_one(Meter, seen.old_meter_id, with_for_update=LOCK, populate_existing=True)
    swap = await db.get_one(MeterSwap, swap_id, with_for_update=True, populate_existing=True)
    if swap.state != SwapState.OPEN:
        raise CannotSwap(SwapBar.NOT_NOW)
    stands = await standing(db, swap)
    waiting = tuple(_with_word(each, said) for each in stands.waiting)
    read = await _check(db, stands, waiting, known, now)
    by_ledger = stands.fund is not None
    return _Case(swap, old, account, read, stands.energy_wh, waiting, staff_id, now, stands.item, by_ledger)


def _with_word(each: Waiting, said: Said) -> Waiting:
    word = said.get(each.purchase.id)
    return replace(each, found=judged(each.found, word))


async def _check(
    db: AsyncSession, stands: Standing, waiting: tuple[Waiting, ...], held: list[UUID], now: datetime
) -> LastRead:
    if await outbox.in_hands(db, held, now) or {each.purchase.id for each in waiting} - set(held):
        raise CannotSwap(SwapBar.IN_HANDS)
    bar = bar_to_end(stands.read, stands.newest_credit, tuple(each.found for each in waiting))
    if bar is not None or stands.read is None:
        raise CannotSwap(bar or SwapBar.NOT_READ)
    return stands.read


async def _put_down(case: _Case, new: Meter) -> None:
    """The evidence stays on the exchange."""
    swap, read = case.swap, case.read
    swap.last_balance_minor, swap.last_count, swap.last_read_at = read.balance_minor, read.count, read.at
    swap.last_energy_wh = case.energy_wh
    swap.new_meter_id = new.id
    swap.state, swap.ended_at, swap.ended_by = SwapState.DONE, case.now, case.staff_id


async def _place(db: AsyncSession, case: _Case, each: Waiting, new: Meter) -> None:
    """A purchase is booked where it is, or goes on to the new meter as if it had never been tried."""
    purchase, now = each.purchase, case.now
    await outbox.withdraw(db, purchase.id, now, "meter_exchanged")
    await moving.close_reviews(db, purchase, each.found, case.staff_id, now)
    if each.found is Found.IN_METER:
        await fulfilment.book_credit(db, purchase, case.old, Answer(Ending.LANDED, reason="seen_by_staff"), now)
        await outbox.promise(db, outbox.Job.ANNOUNCE_CREDIT, purchase.id, now)
        await outbox.promise(db, outbox.Job.RENDER_RECEIPT, purchase.id, now)
        return
    await moving.void_tokens(db, case.swap, purchase, now)
    purchase.meter_id, purchase.state, purchase.trouble = new.id, PurchaseState.PAID, None
    purchase.number, purchase.sends, purchase.sending_since = None, 0, None
    await db.flush()
    await promise_next(db, purchase, new, await db.get_one(MeterModel, new.model_id), now)


async def _carry(db: AsyncSession, case: _Case, new: Meter) -> None:
    balance = case.read.balance_minor
    if balance < 0:
        case.account.arrears_minor -= balance
        await book(db, BookingKind.EXCHANGE, case.swap.id, overdrawn_booking(-balance), case.now)
    elif balance and case.swap.way == SwapWay.REFUND:
        await book(db, BookingKind.EXCHANGE, case.swap.id, refund_due_booking(DELIVERED, balance), case.now)
        await _give_back(db, case, balance)
    elif balance:
        await book(db, BookingKind.EXCHANGE, case.swap.id, taken_out_booking(balance), case.now)
        case.swap.purchase_id = (await _transfer(db, case, new)).id


async def _move_fund(db: AsyncSession, case: _Case, ended: FundStanding, new: Meter) -> None:
    """What the old meter's fund held is in the new one's, or goes back, or is owed; the evidence says how much."""
    swap, read, end = case.swap, ended.read, ended.end
    if read is None or end is None:
        raise CannotSwap(SwapBar.NOT_READ)
    swap.last_balance_minor, swap.last_read_at = end.held_minor, read.at
    swap.last_energy_wh, swap.last_by_tariff_wh = read.registers.total_wh, list(read.registers.by_tariff_wh)
    await funds.begin(db, swap, ended, new, case.now)
    await funds.give_back(db, swap, case.account, end, case.now)
    if end.back_minor:
        await _give_back(db, case, end.back_minor)


async def _give_back(db: AsyncSession, case: _Case, amount_minor: int) -> None:
    """A refund that a cashier hands out; its booking is the caller's."""
    currency = await _currency(db, case.account)
    decided = Decided(CASH_DESK, f"swap-{case.swap.id.hex[:20]}", amount_minor, currency)
    case.swap.refund_id = (await open_refund(db, decided, case.now)).id


async def _transfer(db: AsyncSession, case: _Case, new: Meter) -> Purchase:
    """The balance as a purchase on its way to the new meter: carried, counted and read back like any other."""
    balance = case.read.balance_minor
    purchase = Purchase(
        ref=new_ref(),
        kind=PurchaseKind.TRANSFER,
        meter_id=new.id,
        amount_minor=balance,
        arrears_minor=0,
        credit_minor=balance,
        state=PurchaseState.PAID,
        created_at=case.now,
    )
    db.add(purchase)
    await db.flush()
    await promise_next(db, purchase, new, await db.get_one(MeterModel, new.model_id), case.now)
    return purchase


async def _currency(db: AsyncSession, account: Account) -> str:
    """That of the newest payment of the account, else the utility's own."""
    paid = select(Payment.currency).join(Meter, col(Meter.id) == col(Payment.meter_id))
    paid = paid.where(Meter.account_id == account.id, Payment.state == PaymentState.PAID)
    return (await db.exec(paid.order_by(col(Payment.paid_at).desc()).limit(1))).first() or settings().currency


def _note(db: AsyncSession, case: _Case, new: Meter) -> None:
    swap = case.swap
    detail: dict[str, str | int | None] = {
        "number": case.old.number,
        "new_number": new.number,
        "way": swap.way,
        "balance_minor": swap.last_balance_minor,
        "purchase_count": swap.last_count,
        "energy_wh": swap.last_energy_wh,
    }
    if case.by_ledger:
        detail |= {"start_wh": swap.new_total_wh, "jump_believed": int(swap.jump_believed)}
    db.add(Audit(staff_id=case.staff_id, act="swap_finished", subject_id=case.old.id, detail=detail, at=case.now))
    for each in case.waiting:
        act = "purchase_settled_at_swap" if each.found is Found.IN_METER else "purchase_moved"
        told: dict[str, str | int | None] = {"number": case.old.number, "new_number": new.number}
        told["tokens_void"] = each.tokens
        db.add(Audit(staff_id=case.staff_id, act=act, subject_id=each.purchase.id, detail=told, at=case.now))
