"""Everything that happened to a purchase, from every table, in the order of time (SPEC L-8)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.payment import PaymentState
from app.domain.purchase import ON_ITS_WAY, PurchaseState
from app.domain.reversing import ReversalState
from app.models import Account, Audit, Customer, Meter, Payment, Purchase, Token
from app.ports import Explain
from app.services.energy_sold import sold
from app.services.fees.whereabouts import in_ledger
from app.services.reversals import standing_of
from app.services.timeline import carriage, money
from app.services.timeline.rows import Row, place


@dataclass(frozen=True, slots=True)
class Household:
    """The meter, and who pays for it. For staff only."""

    meter_number: str
    meter_address: str
    purchase_count: int
    account_number: str
    customer: str
    address: str


@dataclass(frozen=True, slots=True)
class PurchaseFacts:
    """A purchase as its row says it. `token_may_be_shown`: it has one, and the meter does not hold the credit yet.

    `energy_kwh`: what the credit is in energy, where a terminal counts that. `in_ledger`: the ledger holds the credit.
    `reversal`: that it was reversed, or is asked for.
    """

    ref: str
    state: PurchaseState
    amount_minor: int
    arrears_minor: int
    credit_minor: int
    number: int | None
    sends: int
    balance_before_minor: int | None
    balance_after_minor: int | None
    trouble: str | None
    token_may_be_shown: bool
    energy_kwh: int | None = None
    in_ledger: bool = False
    reversal: ReversalState | None = None


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """A payment as its row says it."""

    ref: str
    provider: str
    state: PaymentState
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """A purchase or a payment, whose it is, and all that happened, oldest first."""

    household: Household
    purchase: PurchaseFacts | None
    payment: PaymentFacts | None
    rows: tuple[Row, ...]
    began_at: datetime


async def of_purchase(db: AsyncSession, ref: str, explain: Explain, *, whole_token: bool = False) -> Timeline | None:
    """The timeline of the purchase with that reference; None if there is none.

    `whole_token` shows the digits where they may be shown; `note_token_seen` puts it on record first.
    """
    purchase = (await db.exec(select(Purchase).where(Purchase.ref == ref))).first()
    if purchase is None:
        return None
    facts = await _purchase_facts(db, purchase)
    payment = await money.payment_of(db, purchase)
    messages = await carriage.messages_of(db, purchase.id)
    rows = [
        *carriage.purchase_rows(purchase, in_ledger=facts.in_ledger),
        *await carriage.token_rows(db, purchase.id, whole=whole_token and facts.token_may_be_shown),
        *await carriage.frame_rows(db, purchase.id, explain),
        *await carriage.carried_rows(db, purchase.id),
        *await carriage.relay_rows(db, purchase.id),
        *await carriage.message_rows(db, messages),
        *await carriage.receipt_rows(db, purchase.id),
        *await carriage.audit_rows(db, purchase.id),
        *await carriage.promise_rows(db, [purchase.id, *(message.id for message, _ in messages)]),
        *await _money_rows(db, purchase, payment),
    ]
    household = await _household(db, purchase.meter_id)
    return Timeline(household, facts, _payment_facts(payment), _sorted(rows), purchase.created_at)


async def of_payment(db: AsyncSession, ref: str) -> Timeline | None:
    """The timeline of a payment that has no purchase (yet); None if there is no payment of that reference."""
    payment = (await db.exec(select(Payment).where(Payment.ref == ref))).first()
    if payment is None:
        return None
    rows = await _money_rows(db, None, payment)
    return Timeline(
        await _household(db, payment.meter_id), None, _payment_facts(payment), _sorted(rows), payment.created_at
    )


async def purchase_ref_of(db: AsyncSession, payment_ref: str) -> str | None:
    """The reference of the purchase that a payment has become, if it has."""
    wanted = select(Purchase.ref).join(Payment, col(Payment.id) == col(Purchase.payment_id))
    return (await db.exec(wanted.where(Payment.ref == payment_ref))).first()


async def note_token_seen(db: AsyncSession, ref: str, staff_id: UUID, now: datetime) -> bool:
    """Put on record that a member of staff sees the whole token of a purchase; False: it may not be shown."""
    purchase = (await db.exec(select(Purchase).where(Purchase.ref == ref))).first()
    if purchase is None or not (await _purchase_facts(db, purchase)).token_may_be_shown:
        return False
    db.add(Audit(staff_id=staff_id, act="token_seen", subject_id=purchase.id, at=now))
    return True


async def _money_rows(db: AsyncSession, purchase: Purchase | None, payment: Payment | None) -> list[Row]:
    reviews = await money.reviews_of(db, purchase, payment)
    callbacks = await money.callbacks_of(db, purchase, payment, reviews)
    known = {purchase.id} if purchase else set()
    refunds = await money.refunds_of(db, reviews, payment)
    given = {refund.id for refund in refunds}
    subjects = known | given | {callback.id for callback in callbacks} | {review.id for review in reviews}
    asked = [*([payment.id] if payment else []), *given]
    return [
        *money.payment_rows(payment, callbacks),
        *await money.booking_rows(db, subjects),
        *await money.review_rows(db, reviews),
        *money.refund_rows(refunds),
        *await carriage.promise_rows(db, asked),
    ]


def _sorted(rows: list[Row]) -> tuple[Row, ...]:
    return tuple(sorted(rows, key=place))


async def _household(db: AsyncSession, meter_id: UUID) -> Household:
    wanted = (
        select(Meter, Account.number, Customer)
        .join(Account, col(Account.id) == col(Meter.account_id))
        .join(Customer, col(Customer.id) == col(Account.customer_id))
    )
    meter, account_number, customer = (await db.exec(wanted.where(Meter.id == meter_id))).one()
    return Household(meter.number, meter.address, meter.purchase_count, account_number, customer.name, customer.address)


async def _purchase_facts(db: AsyncSession, p: Purchase) -> PurchaseFacts:
    token = (await db.exec(select(Token.id).where(Token.purchase_id == p.id).limit(1))).first()
    energy = await sold(db, p.id)
    return PurchaseFacts(
        ref=p.ref,
        state=PurchaseState(p.state),
        amount_minor=p.amount_minor,
        arrears_minor=p.arrears_minor,
        credit_minor=p.credit_minor,
        number=p.number,
        sends=p.sends,
        balance_before_minor=p.balance_before_minor,
        balance_after_minor=p.balance_after_minor,
        trouble=p.trouble,
        token_may_be_shown=token is not None and p.state in ON_ITS_WAY,
        energy_kwh=energy.energy_kwh if energy else None,
        in_ledger=p.id in await in_ledger(db, [p.id]),
        reversal=await standing_of(db, p.id),
    )


def _payment_facts(p: Payment | None) -> PaymentFacts | None:
    return PaymentFacts(p.ref, p.provider, PaymentState(p.state), p.amount_minor, p.currency) if p else None
