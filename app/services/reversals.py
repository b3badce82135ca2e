"""Sales undone by one person's wish and another's word (SPEC B-4, H-7, M-12).

What is not in a meter is reversed whole: never sent, the money goes back, arrears that it settled are owed again. What
is in a meter stays there: the payment record is reversed, the money goes back, and the account owes what its meter has.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.db import LOCK
from app.domain.ledger import ARREARS, OWED_TO_METERS, REFUNDS, BookingKind, Entry
from app.domain.operation import OperationKind
from app.domain.payment import PaymentState
from app.domain.purchase import PurchaseKind, PurchaseState
from app.domain.reversing import CannotReverse, ReversalBar, ReversalState, ReversalWay, Sold, way_of
from app.domain.review import ReviewAct
from app.models import Account, Audit, CreditNote, Meter, Payment, Purchase, Reversal, Staff, Token
from app.services import credit_notes
from app.services.handhelds import holding
from app.services.ledger import book
from app.services.operations.plan import Wish as Order
from app.services.operations.plan import plan
from app.services.operations.whom import Whom
from app.services.refunds import Decided, open_refund
from app.services.reviews import Evidence, Settled, settle_open

LONGEST_REASON = 500
PAGE = 50


@dataclass(frozen=True, slots=True)
class Wish:
    """A sale that somebody wants undone, and why."""

    purchase_ref: str
    reason: str
    staff_id: UUID


@dataclass(frozen=True, slots=True)
class Decision:
    """What the second person says. `approve` False: the sale stays as it is."""

    reversal_id: UUID
    approve: bool
    remark: str
    staff_id: UUID


@dataclass(frozen=True, slots=True)
class ReversalLine:
    """A reversal for lists: whose it is, who asked, who decided, and what the meter says by now.

    `credit_note`: the number of what voids its receipt, empty where nothing does.
    """

    reversal: Reversal
    purchase: Purchase
    meter: Meter
    asker: str
    decider: str
    credit_note: str = ""


async def ask(db: AsyncSession, wish: Wish, now: datetime) -> Reversal:
    """Write the wish down with what is known of the meter, and have the meter read for whoever decides.

    Raises CannotReverse; NoResultFound for a reference that nobody was given.
    """
    purchase = (await db.exec(select(Purchase).where(Purchase.ref == wish.purchase_ref).with_for_update())).one()
    way = way_of(await _sold(db, purchase))
    if await standing_of(db, purchase.id) is not None:
        raise CannotReverse(ReversalBar.ASKED_ALREADY)
    meter = await db.get_one(Meter, purchase.meter_id)
    row = Reversal(
        id=uuid4(),
        purchase_id=purchase.id,
        way=way,
        amount_minor=purchase.amount_minor,
        reason=_words(wish.reason),
        evidence=dict(_evidence(purchase, meter)),
        asked_by=wish.staff_id,
        asked_at=now,
    )
    db.add(row)
    _note(db, row, "reversal_asked", wish.staff_id, now)
    await plan(db, Order(OperationKind.READ_WALLET, wish.staff_id), Whom(meter_ids=(meter.id,)), now)
    await db.flush()
    return row


def _words(typed: str) -> str:
    words = " ".join(typed.split())
    if not words or len(words) > LONGEST_REASON:
        raise CannotReverse(ReversalBar.NO_REASON)
    return words


def _evidence(purchase: Purchase, meter: Meter) -> Evidence:
    return {
        "number": purchase.number,
        "count": meter.purchase_count,
        "balance_before_minor": purchase.balance_before_minor,
        "balance_after_minor": purchase.balance_after_minor,
        "balance_minor": meter.balance_minor,
        "read_at": meter.balance_read_at.isoformat() if meter.balance_read_at else None,
    }


async def decide(db: AsyncSession, decision: Decision, now: datetime) -> Reversal:
    """Do what the second person says, once. One whose sale has moved on meanwhile is overtaken: nothing is done.

    Raises CannotReverse; NoResultFound for none of that id.
    """
    remark = _words(decision.remark)
    row, purchase = await _lock(db, decision, now)
    row.decided_by, row.decided_at, row.remark = decision.staff_id, now, remark
    row.state = ReversalState.REFUSED
    if decision.approve:
        row.state = await _reverse(db, row, purchase, now)
    _note(db, row, f"reversal_{row.state}", decision.staff_id, now)
    await db.flush()
    return row


async def _lock(db: AsyncSession, decision: Decision, now: datetime) -> tuple[Reversal, Purchase]:
    """Notes, payment, account, purchase, meter; the reversal last."""
    seen = await db.get_one(Reversal, decision.reversal_id)
    if seen.asked_by == decision.staff_id:
        raise CannotReverse(ReversalBar.SAME_PERSON)
    await outbox.hold(db, seen.purchase_id)
    about = await db.get_one(Purchase, seen.purchase_id)
    if about.payment_id is not None:
        await db.get_one(Payment, about.payment_id, with_for_update=True)
    meter = await db.get_one(Meter, about.meter_id)
    await db.get_one(Account, meter.account_id, with_for_update=True, populate_existing=True)
    purchase = await db.get_one(Purchase, about.id, with_for_update=True, populate_existing=True)
    await db.get_one(Meter, purchase.meter_id, with_for_update=LOCK)
    row = await db.get_one(Reversal, decision.reversal_id, with_for_update=True, populate_existing=True)
    if row.state != ReversalState.ASKED:
        raise CannotReverse(ReversalBar.NOT_NOW)
    if decision.approve and await outbox.in_hands(db, [purchase.id], now):
        raise CannotReverse(ReversalBar.MAYBE_IN_METER)
    return row, purchase


async def _reverse(db: AsyncSession, row: Reversal, purchase: Purchase, now: datetime) -> ReversalState:
    try:
        way = way_of(await _sold(db, purchase))
    except CannotReverse:
        return ReversalState.OVERTAKEN
    if way != row.way:
        return ReversalState.OVERTAKEN
    payment = await db.get_one(Payment, purchase.payment_id)
    meter = await db.get_one(Meter, purchase.meter_id)
    account = await db.get_one(Account, meter.account_id)
    account.arrears_minor += purchase.arrears_minor if way is ReversalWay.WHOLE else purchase.amount_minor
    await book(db, BookingKind.REVERSAL, row.id, _entries(purchase, way), now)
    back = Decided(payment.provider, payment.ref, purchase.amount_minor, payment.currency, payment_id=payment.id)
    row.refund_id = (await open_refund(db, back, now)).id
    payment.state = PaymentState.REFUNDED
    await credit_notes.issue(db, row, purchase, now)
    if way is ReversalWay.WHOLE:
        await _never_send(db, purchase, now)
    return ReversalState.DONE


def _entries(purchase: Purchase, way: ReversalWay) -> tuple[Entry, ...]:
    owed = purchase.amount_minor if way is ReversalWay.RECORD_ONLY else purchase.arrears_minor
    parts = (
        Entry(OWED_TO_METERS, purchase.amount_minor - owed),
        Entry(ARREARS, owed),
        Entry(REFUNDS, -purchase.amount_minor),
    )
    return tuple(entry for entry in parts if entry.amount_minor)


async def _never_send(db: AsyncSession, purchase: Purchase, now: datetime) -> None:
    await outbox.withdraw(db, purchase.id, now, "reversed")
    purchase.state, purchase.trouble = PurchaseState.REFUNDED, "reversed"
    await settle_open(db, purchase.id, Settled(ReviewAct.REFUND, now))


async def _sold(db: AsyncSession, purchase: Purchase) -> Sold:
    tokens = list(await db.exec(select(Token.id).where(Token.purchase_id == purchase.id)))
    held = await holding.is_held(db, purchase.id)
    return Sold(
        kind=PurchaseKind(purchase.kind),
        state=PurchaseState(purchase.state),
        sends=purchase.sends + int(held),
        numbered=purchase.number is not None,
        tokens=len(tokens),
        paid=purchase.payment_id is not None,
    )


def _note(db: AsyncSession, row: Reversal, act: str, staff_id: UUID, now: datetime) -> None:
    detail: dict[str, str | int | None] = {"way": row.way, "amount_minor": row.amount_minor, "reason": row.reason}
    if row.remark:
        detail["remark"] = row.remark
    db.add(Audit(staff_id=staff_id, act=act, subject_id=row.purchase_id, detail=detail, at=now))


async def list_reversals(db: AsyncSession, *, waiting: bool, skip: int = 0, most: int = PAGE + 1) -> list[ReversalLine]:
    """Those that wait, the oldest first, or the decided ones, the newest first; one more than a page tells of more."""
    open_ = Reversal.state == ReversalState.ASKED
    wanted = select(Reversal, Purchase, Meter, CreditNote.number)
    wanted = wanted.where(open_ if waiting else Reversal.state != ReversalState.ASKED)
    wanted = wanted.join(Purchase, col(Purchase.id) == col(Reversal.purchase_id))
    wanted = wanted.join(Meter, col(Meter.id) == col(Purchase.meter_id))
    wanted = wanted.join(CreditNote, col(CreditNote.reversal_id) == col(Reversal.id), isouter=True)
    order = col(Reversal.asked_at) if waiting else col(Reversal.decided_at).desc()
    found = (await db.exec(wanted.order_by(order, col(Reversal.id)).offset(skip).limit(most))).all()
    names: dict[UUID | None, str] = dict((await db.exec(select(Staff.id, Staff.name))).all())
    return [
        ReversalLine(row, purchase, meter, names.get(row.asked_by, ""), names.get(row.decided_by, ""), note or "")
        for row, purchase, meter, note in found
    ]


async def standing_of(db: AsyncSession, purchase_id: UUID) -> ReversalState | None:
    """That a sale was reversed, or that somebody asked for it and nobody decided yet; None: neither."""
    states = col(Reversal.state).in_((ReversalState.ASKED, ReversalState.DONE))
    wanted = select(Reversal.state).where(Reversal.purchase_id == purchase_id, states)
    found = (await db.exec(wanted.order_by(col(Reversal.asked_at).desc()).limit(1))).first()
    return ReversalState(found) if found else None


async def may_ask(db: AsyncSession, purchase: Purchase) -> ReversalWay | ReversalBar:
    """How a sale could be reversed now, or why not: for eyes only."""
    if await standing_of(db, purchase.id) is not None:
        return ReversalBar.ASKED_ALREADY
    try:
        return way_of(await _sold(db, purchase))
    except CannotReverse as barred:
        return barred.bar
