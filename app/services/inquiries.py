"""Asking a provider what became of a payment: before the question, and after the answer (promise ASK_PROVIDER)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.domain.payment import CHARGED, CallbackFact, PaymentState, Way
from app.models import Payment
from app.outbox import Taken
from app.services.payments import close_payment, record_callback

_DELAYS_S = (20, 20, 30, 60, 120, 300)
_DELAYS_DOWN_S = (20, 20, 30, 60, 120, 300, 900)  # goes on until it is known: a timeout is never a failure
_CHARGED_S = 4.0  # a payer stands there with a phone: providers ask for 3 to 5 s
_LONGEST_S = 300.0


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One question to one provider about one order."""

    note: Taken
    payment_id: UUID
    ref: str
    provider: str
    expires_at: datetime
    way: Way = Way.PAGE


@dataclass(frozen=True, slots=True)
class Finding:
    """What asking brought. `closed`: no more money can come. `trouble`: why nothing was learned."""

    facts: tuple[CallbackFact, ...] = ()
    closed: bool = False
    trouble: str = ""

    @property
    def final(self) -> bool:
        """Is there nothing more to ask?"""
        return self.closed or any(fact.succeeded for fact in self.facts)


async def prepare(db: AsyncSession, note_id: int, now: datetime, by: str) -> Inquiry | None:
    """Take the note; None if it is in other hands, or if the payment needs no more asking."""
    note = await outbox.take(db, note_id, now, by)
    if note is None:
        return None
    payment = await db.get_one(Payment, note.subject_id)
    if payment.state not in (PaymentState.WAITING, PaymentState.FAILED):
        await outbox.keep(db, note, now)
        return None
    if payment.state == PaymentState.FAILED and payment.way in CHARGED and now < payment.expires_at:
        await outbox.put_back(db, note, payment.expires_at, "not yet")  # a sure no: looked at once more at the end
        return None
    return Inquiry(note, payment.id, payment.ref, payment.provider, payment.expires_at, Way(payment.way))


async def conclude(db: AsyncSession, inquiry: Inquiry, finding: Finding, now: datetime) -> None:
    """Record what was found, unless somebody else has taken the note since; ask again while anything may change."""
    if finding.final:
        ours = await outbox.keep(db, inquiry.note, now)
    else:
        due = _next_question(inquiry, finding, now)
        ours = await outbox.postpone(db, inquiry.note, due, finding.trouble or "not decided yet")
    if not ours:
        return
    for fact in finding.facts:
        await record_callback(db, fact, now)
    if finding.closed:
        await close_payment(db, inquiry.payment_id)


def _next_question(inquiry: Inquiry, finding: Finding, now: datetime) -> datetime:
    """Often at first, when the payer waits; and at the very end of the order's time, to close it."""
    if inquiry.way in CHARGED:
        return _next_of_charged(inquiry.expires_at, now)
    delays = _DELAYS_DOWN_S if finding.trouble else _DELAYS_S
    due = now + timedelta(seconds=delays[min(inquiry.note.attempts, len(delays)) - 1])
    return min(due, inquiry.expires_at) if now < inquiry.expires_at else due


def _next_of_charged(expires_at: datetime, now: datetime) -> datetime:
    """Every few seconds until its time is over; then it is taken back, and that is tried until the provider answers."""
    if now < expires_at:
        return min(now + timedelta(seconds=_CHARGED_S), expires_at)
    overdue_s = (now - expires_at).total_seconds()
    return now + timedelta(seconds=min(max(overdue_s / 2, _CHARGED_S), _LONGEST_S))
