"""Money on its way back: decided, asked of its provider, done or refused (promise REFUND_PAYMENT, SPEC M-12).

The row and its number are committed before the provider hears of it; whatever is repeated bears the same number, so
the provider gives back once. Cash is given back by a hand: nothing is promised for it, staff say when it is done.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.domain.ledger import BookingKind, refund_booking
from app.domain.payment import CASH_DESK
from app.domain.review import ReviewKind
from app.models import Audit, Payment, Refund
from app.models.refund import RefundState
from app.outbox import Job, Taken
from app.ports import RefundNews
from app.services.ledger import book
from app.services.purchases import new_ref
from app.services.refund_news import announce_refund
from app.services.reviews import Evidence, Question, open_review

_DELAYS_S = (30, 60, 300, 900, 3600)
MOST = 100


@dataclass(frozen=True, slots=True)
class Decided:
    """A sum that goes back, and to whom: the order that it came for."""

    provider: str
    order_ref: str
    amount_minor: int
    currency: str
    review_id: UUID | None = None
    payment_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Errand:
    """One request to one provider."""

    note: Taken
    refund_id: UUID
    provider: str
    order_ref: str
    ref: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the request brought; `news` None: nothing is known. `trouble`: why, or the provider's own word."""

    news: RefundNews | None = None
    trouble: str = ""


async def open_refund(db: AsyncSession, decided: Decided, now: datetime) -> Refund:
    """Keep a decided refund and promise it. To be called in the transaction of the decision, which is made once."""
    refund = Refund(
        id=uuid4(),
        ref=new_ref(),
        provider=decided.provider,
        order_ref=decided.order_ref,
        payment_id=decided.payment_id,
        review_id=decided.review_id,
        amount_minor=decided.amount_minor,
        currency=decided.currency,
        due_at=now,
    )
    db.add(refund)
    await db.flush()
    if decided.provider != CASH_DESK:
        await outbox.promise(db, Job.REFUND_PAYMENT, refund.id, now)
    return refund


async def prepare(db: AsyncSession, note_id: int, now: datetime, by: str) -> Errand | None:
    """Take the note; None if it is in other hands, or if the provider has spoken its last word."""
    note = await outbox.take(db, note_id, now, by)
    if note is None:
        return None
    refund = await db.get_one(Refund, note.subject_id)
    if refund.state not in (RefundState.DUE, RefundState.ASKED):
        await outbox.keep(db, note, now)
        return None
    return Errand(note, refund.id, refund.provider, refund.order_ref, refund.ref, refund.amount_minor)


async def conclude(db: AsyncSession, errand: Errand, outcome: Outcome, now: datetime) -> None:
    """Record what the provider said, unless somebody else has taken the note since; ask again until it is final."""
    if outcome.news in (RefundNews.DONE, RefundNews.REFUSED):
        ours = await outbox.keep(db, errand.note, now)
    else:
        delay = _DELAYS_S[min(errand.note.attempts, len(_DELAYS_S)) - 1]
        reason = outcome.trouble or "not decided yet"
        ours = await outbox.postpone(db, errand.note, now + timedelta(seconds=delay), reason)
    if ours:
        await _record(db, await _locked(db, errand.refund_id), outcome, now)


async def _locked(db: AsyncSession, refund_id: UUID) -> Refund:
    return await db.get_one(Refund, refund_id, with_for_update=True)


async def _record(db: AsyncSession, refund: Refund, outcome: Outcome, now: datetime) -> None:
    refund.trouble = outcome.trouble or None
    match outcome.news:
        case RefundNews.ASKED:
            refund.state = RefundState.ASKED
        case RefundNews.DONE:
            await _done(db, refund, now)
        case RefundNews.REFUSED:
            refund.state = RefundState.REFUSED
            await _ask_staff(db, refund, now)


async def _done(db: AsyncSession, refund: Refund, now: datetime) -> None:
    payment = await db.get(Payment, refund.payment_id) if refund.payment_id else None
    foreign = refund.currency if payment and payment.currency != refund.currency else ""
    refund.state, refund.done_at, refund.trouble = RefundState.DONE, now, None
    entries = refund_booking(refund.provider, refund.amount_minor, foreign)
    await book(db, BookingKind.REFUND, refund.id, entries, now)
    await announce_refund(db, refund, payment, now)


async def _ask_staff(db: AsyncSession, refund: Refund, now: datetime) -> None:
    payment = await db.get(Payment, refund.payment_id) if refund.payment_id else None
    evidence: Evidence = {
        "provider": refund.provider,
        "order_ref": refund.order_ref,
        "refund_ref": refund.ref,
        "paid_minor": refund.amount_minor,
        "currency": refund.currency,
        "code": refund.trouble,
    }
    meter_id = payment.meter_id if payment else None
    question = Question(ReviewKind.REFUND_REFUSED, refund.id, evidence, payment_id=refund.payment_id, meter_id=meter_id)
    await open_review(db, question, now)


async def try_again(db: AsyncSession, refund_id: UUID, now: datetime) -> None:
    """A person wants a refused refund asked for once more, under the same number."""
    refund = await _locked(db, refund_id)
    if refund.state == RefundState.REFUSED:
        refund.state, refund.trouble = RefundState.DUE, None
        await outbox.promise(db, Job.REFUND_PAYMENT, refund.id, now)


def by_hand(refund: Refund) -> bool:
    """Is it for a hand to give back: cash, or what its provider has refused for good?"""
    due = RefundState.DUE if refund.provider == CASH_DESK else RefundState.REFUSED
    return refund.state == due


async def hand_out(db: AsyncSession, refund_id: UUID, staff_id: UUID, now: datetime) -> bool:
    """Money was given back by a hand, which goes on record; False where it was before, or is not for a hand to give.

    What its provider has refused for good is paid out of the drawer instead, and booked so: the provider keeps owing
    us what it did not give back.
    """
    refund = await db.get(Refund, refund_id, with_for_update=True)
    if refund is None or not by_hand(refund):
        return False
    instead_of, refund.provider = refund.provider, CASH_DESK
    await _done(db, refund, now)
    detail: dict[str, str | int | None] = {"ref": refund.ref, "amount_minor": refund.amount_minor}
    if instead_of != CASH_DESK:
        detail["instead_of"] = instead_of
    db.add(Audit(staff_id=staff_id, act="cash_given_back", subject_id=refund.id, detail=detail, at=now))
    return True


async def list_refunds(db: AsyncSession, *, done: bool) -> list[Refund]:
    """The newest hundred refunds that are done, or those that are not, oldest first."""
    finished = col(Refund.state) == RefundState.DONE
    wanted = select(Refund).where(finished if done else ~finished)
    order = col(Refund.done_at).desc() if done else col(Refund.due_at)
    return list(await db.exec(wanted.order_by(order).limit(MOST)))
