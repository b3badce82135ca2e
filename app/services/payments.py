"""Payments: begun, learned of, closed. What a provider says is evidence first and money once (SPEC L-3)."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from app import outbox
from app.db import add_once
from app.domain.ledger import BookingKind, payment_booking, suspense_booking
from app.domain.meter_life import MeterLife, NotForSale, bar_to_sale
from app.domain.payment import CHARGED, UNOPENED, CallbackFact, Mismatch, PaymentState, Way, first_question, judge
from app.domain.review import ReviewKind
from app.domain.rules import SaleRules
from app.models import Meter, Payment, PaymentCallback
from app.outbox import Job
from app.ports import Order, Payer
from app.services.ledger import book
from app.services.purchases import new_ref, open_purchase
from app.services.reviews import Evidence, Question, open_review
from app.services.rulebook import rules


class FormReused(ValueError):
    """A form token came back with another wish: somebody went back and changed the amount. Give them a new form."""

    code = "form_reused"


@dataclass(frozen=True, slots=True)
class Origin:
    """Through whom a payment comes, as far as there is anybody: a signed-in payer, a pay link, a rule that pays by
    itself, a terminal, a cashier."""

    resident_id: UUID | None = None
    link_id: UUID | None = None
    rule_id: UUID | None = None
    kiosk_id: UUID | None = None
    staff_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class PaymentWish:
    """What somebody wants to pay. `idempotency_key` is the token of the form: the same form is the same payment.

    `ref`: our order number, where the caller must know whether it was this wish that made the payment.
    """

    meter_id: UUID
    amount_minor: int
    provider: str
    currency: str
    idempotency_key: str | None = None
    lasts: timedelta = timedelta(minutes=30)
    way: Way = Way.PAGE
    origin: Origin = Origin()
    ref: str | None = None


async def begin_payment(db: AsyncSession, wish: PaymentWish, now: datetime) -> Payment:
    """Add a waiting payment, or find the one that the same form has made, and promise to ask what became of it.

    To be committed before any provider hears of the order: its number then survives whatever happens to us.
    Raises FormReused; NotForSale; ValueError for an amount that is not positive.
    """
    if wish.amount_minor <= 0:
        raise ValueError(f"amount_minor is {wish.amount_minor}")
    await _check_sale(db, wish.meter_id)
    payment = _new_payment(wish, now)
    if not await add_once(db, payment):
        return await _made_by_the_same_form(db, wish)
    await outbox.promise(db, Job.ASK_PROVIDER, payment.id, now + first_question(wish.way))
    return await db.get_one(Payment, payment.id)


async def _check_sale(db: AsyncSession, meter_id: UUID) -> None:
    life = (await db.exec(select(Meter.life).where(Meter.id == meter_id))).one()
    if life != MeterLife.LIVE:
        bar = bar_to_sale(MeterLife(life), sell_untried=(await rules(db, SaleRules)).sell_untried)
        if bar:
            raise NotForSale(bar)


def _new_payment(wish: PaymentWish, now: datetime) -> Payment:
    return Payment(
        id=uuid4(),
        ref=wish.ref or new_ref(),
        provider=wish.provider,
        meter_id=wish.meter_id,
        amount_minor=wish.amount_minor,
        currency=wish.currency,
        created_at=now,
        expires_at=now + wish.lasts,
        form_token=wish.idempotency_key,
        way=wish.way,
        pay_url=None if wish.way in UNOPENED else "",
        **asdict(wish.origin),
    )


async def _made_by_the_same_form(db: AsyncSession, wish: PaymentWish) -> Payment:
    found = (await db.exec(select(Payment).where(Payment.form_token == wish.idempotency_key))).one()
    wished = (wish.meter_id, wish.amount_minor, wish.provider, wish.currency, wish.way)
    if (found.meter_id, found.amount_minor, found.provider, found.currency, found.way) != wished:
        raise FormReused(found.ref)
    return found


def order_of(payment: Payment, subject: str, return_url: str, payer: Payer | None = None) -> Order:
    """What the provider is asked to collect, the payment's way; `subject` is what the payer reads there."""
    return Order(
        payment.ref,
        payment.amount_minor,
        payment.currency,
        subject,
        payment.expires_at,
        return_url,
        way=Way(payment.way),
        payer=payer or Payer(),
    )


async def remember_page(db: AsyncSession, payment_id: UUID, url: str) -> None:
    """Keep where the provider takes this payment (`Checkout.place`): from then on money may come."""
    payment = await db.get_one(Payment, payment_id, with_for_update=True)
    payment.pay_url = url


async def record_callback(db: AsyncSession, fact: CallbackFact, now: datetime) -> Payment | None:
    """Book what a provider told us, once; a repeat changes nothing. None: no order of ours, which a person looks at.

    Pushed to us, asked for or read off a bill: the event id makes one fact of all three. Late money wins over a close,
    except over one that took the money back: then a person sees whether it is there.
    """
    payment = await _lock(db, fact)
    row = PaymentCallback(id=uuid4(), received_at=now, **asdict(fact))
    if not await add_once(db, row):
        return payment
    if payment is None:
        if fact.succeeded:
            await _set_aside(db, row, None, ReviewKind.UNKNOWN_ORDER, now)
        return None
    old = PaymentState(payment.state)
    taken_back = old is PaymentState.CLOSED and payment.way in CHARGED
    payment.state, trouble = judge(old, payment.amount_minor, payment.currency, fact, taken_back=taken_back)
    if trouble:
        await _set_aside(db, row, payment, _QUESTIONS[trouble], now)
    elif payment.state is PaymentState.PAID and old is not PaymentState.PAID:
        await _book(db, row, payment, now)
    return payment


_QUESTIONS = {
    Mismatch.UNKNOWN_ORDER: ReviewKind.UNKNOWN_ORDER,
    Mismatch.WRONG_AMOUNT: ReviewKind.WRONG_AMOUNT,
    Mismatch.WRONG_CURRENCY: ReviewKind.WRONG_CURRENCY,
    Mismatch.PAID_TWICE: ReviewKind.PAID_TWICE,
    Mismatch.PAID_AFTER_REVIEW: ReviewKind.PAID_AFTER_REVIEW,
}


async def _lock(db: AsyncSession, fact: CallbackFact) -> Payment | None:
    """An order belongs to the provider it was opened with; from the mouth of another it is unknown."""
    ours = select(Payment).where(Payment.ref == fact.order_ref, Payment.provider == fact.provider)
    return (await db.exec(ours.with_for_update())).first()


async def _book(db: AsyncSession, row: PaymentCallback, payment: Payment, now: datetime) -> None:
    payment.paid_at = row.occurred_at
    await book(db, BookingKind.PAYMENT, row.id, payment_booking(row.provider, row.amount_minor), now)
    await open_purchase(db, payment, payment.amount_minor, now)


async def _set_aside(
    db: AsyncSession, row: PaymentCallback, payment: Payment | None, kind: ReviewKind, now: datetime
) -> None:
    """Keep money that no rule can place on its own account, and ask a person. The callback is the subject of both."""
    foreign = row.currency if payment and payment.currency != row.currency else ""
    if row.amount_minor > 0:  # a success of nothing is a question, but not money
        await book(db, BookingKind.PAYMENT, row.id, suspense_booking(row.provider, row.amount_minor, foreign), now)
    evidence: Evidence = {
        "provider": row.provider,
        "order_ref": row.order_ref,
        "event_id": row.event_id,
        "paid_minor": row.amount_minor,
        "currency": row.currency,
        "foreign": foreign or None,
        "due_minor": payment.amount_minor if payment else None,
    }
    about = (payment.id, payment.meter_id) if payment else (None, None)
    await open_review(db, Question(kind, row.id, evidence, payment_id=about[0], meter_id=about[1]), now)


async def close_payment(db: AsyncSession, payment_id: UUID) -> Payment:
    """Stop waiting for a payment whose provider has closed the order unpaid; any other state stays as it is."""
    payment = await db.get_one(Payment, payment_id, with_for_update=True)
    if payment.state == PaymentState.WAITING:
        payment.state = PaymentState.CLOSED
    return payment


async def fail_payment(db: AsyncSession, payment_id: UUID) -> Payment:
    """The provider was asked to take money and surely took none; any state but waiting stays as it is."""
    payment = await db.get_one(Payment, payment_id, with_for_update=True)
    if payment.state == PaymentState.WAITING:
        payment.state = PaymentState.FAILED
    return payment
