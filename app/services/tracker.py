"""Gathers the rows that tell where one payment's money is. Nothing is remembered here: the rows are the story."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, String, bindparam, func
from sqlalchemy import select as sql_select
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain import tracker as rule
from app.domain.notice import MessageKind, MessageState
from app.domain.payment import CHARGED, PaymentState
from app.domain.purchase import PurchaseState
from app.domain.relay import RelayBits, Supply, supply
from app.domain.remedy import Remedy, Standing, remedies
from app.domain.review import ReviewKind
from app.domain.tracker import AfterFacts, Facts, Headline, Line, PaymentFacts, PurchaseFacts, Step
from app.models import (
    Concentrator,
    Message,
    Meter,
    MeterModel,
    Payment,
    PaymentCallback,
    Purchase,
    Receipt,
    RelayState,
    Review,
)
from app.models.account import ChannelName
from app.models.outbox import Note
from app.outbox import Job
from app.services import credit_notes
from app.services.energy_sold import sold
from app.services.purchases import STS_PROFILE
from app.services.tokens import Code, codes_of, tokens_of


@dataclass(frozen=True, slots=True)
class Tracker:
    """From money to light, as the resident reads it. Money in minor units; `look_again_s` None: nothing more to come.

    `codes` are what to type into the meter, there when that is what helps now. `supply`: as it was read back. `did`:
    what was done about each step that is late or stuck; `next_try_at`: when the meter is tried again by itself.
    `in_ledger`: our books hold the meter's money, and it was credited there. `energy_kwh`: what the credit is in
    energy, where a terminal counts that. `receipt_void`: the sale was reversed, a credit note says so.
    """

    payment_ref: str | None
    purchase_ref: str | None
    purchase_id: UUID | None
    meter_number: str
    amount_minor: int
    arrears_minor: int
    credit_minor: int
    balance_before_minor: int | None
    balance_after_minor: int | None
    headline: Headline
    supply: Supply | None
    lines: tuple[Line, ...]
    did: Mapping[Step, tuple[Remedy, ...]]
    next_try_at: datetime | None
    codes: tuple[Code, ...]
    pay_url: str | None
    receipt_number: str | None
    staff_know: bool
    look_again_s: int | None
    in_ledger: bool = False
    energy_kwh: int | None = None
    receipt_void: bool = False

    @property
    def tokens(self) -> tuple[str, ...]:
        """The digits of `codes`."""
        return tuple(code.digits for code in self.codes)


@dataclass(frozen=True, slots=True)
class _Rows:
    payment: Payment | None
    purchase: Purchase | None
    meter: Meter
    profile: str
    linked: bool


async def tracker(db: AsyncSession, ref: str, now: datetime) -> Tracker | None:
    """The story of the payment or purchase with that reference; None if there is neither."""
    rows = await _find(db, ref)
    if rows is None:
        return None
    payment, purchase = rows.payment, rows.purchase
    notes = await _notes(db, purchase.id) if purchase else {}
    receipt = await _receipt(db, purchase)
    facts = await _facts(db, rows, notes, receipt)
    told = rule.lines(facts, now)
    energy = await sold(db, purchase.id) if purchase and rows.profile != STS_PROFILE else None
    standing = Standing(rule.headline(facts, now), purchase is not None and await _staff_know(db, purchase.id))
    return Tracker(
        payment_ref=payment.ref if payment else None,
        purchase_ref=purchase.ref if purchase else None,
        purchase_id=purchase.id if purchase else None,
        meter_number=rows.meter.number,
        amount_minor=purchase.amount_minor if purchase else payment.amount_minor if payment else 0,
        arrears_minor=purchase.arrears_minor if purchase else 0,
        credit_minor=purchase.credit_minor if purchase else 0,
        balance_before_minor=purchase.balance_before_minor if purchase else None,
        balance_after_minor=purchase.balance_after_minor if purchase else None,
        headline=standing.headline,
        supply=supply(facts.after.relay) if facts.after.relay else None,
        lines=told,
        did={line.step: remedies(facts, line, standing) for line in told},
        next_try_at=_next_try(notes.get(Job.DOWNLOAD_PURCHASE), now),
        codes=await codes_shown(db, facts, purchase),
        pay_url=payment.pay_url if payment else None,
        receipt_number=receipt.number if receipt else None,
        receipt_void=receipt is not None and await credit_notes.of_receipt(db, receipt) is not None,
        staff_know=standing.staff_know,
        look_again_s=rule.look_again_s(facts, told, now),
        in_ledger=purchase is not None and _in_ledger(purchase, rows.profile),
        energy_kwh=energy.energy_kwh if energy else None,
    )


def _in_ledger(purchase: Purchase, profile: str) -> bool:
    """Was it credited without anything being sent to a meter?"""
    sent = purchase.sends > 0 or purchase.number is not None or profile == STS_PROFILE
    return purchase.state == PurchaseState.CREDITED and not sent


_ROWS = sql_select(Payment, Purchase, Meter, col(MeterModel.profile), col(Concentrator.front_end))
_OF_ONE = col(Purchase.payment_id) == col(Payment.id)


def _placed(
    story: Select[Payment, Purchase, Meter, str, str | None],
) -> Select[Payment, Purchase, Meter, str, str | None]:
    """Where the meter of a payment or a purchase hangs."""
    return (
        story.join(Meter, col(Meter.id) == func.coalesce(col(Purchase.meter_id), col(Payment.meter_id)))
        .join(MeterModel, col(MeterModel.id) == col(Meter.model_id))
        .join(Concentrator, col(Concentrator.id) == col(Meter.concentrator_id))
    )


_REF = bindparam("ref", type_=String)
_BOUGHT = _placed(_ROWS.select_from(Purchase).join(Payment, _OF_ONE, isouter=True)).where(col(Purchase.ref) == _REF)
_PAID = _placed(_ROWS.select_from(Payment).join(Purchase, _OF_ONE, isouter=True)).where(col(Payment.ref) == _REF)


async def _find(db: AsyncSession, ref: str) -> _Rows | None:
    """One round trip for a purchase's reference, two for a payment's."""
    found = (await db.execute(_BOUGHT, {"ref": ref})).first() or (await db.execute(_PAID, {"ref": ref})).first()
    if found is None:
        return None
    payment, purchase, meter, profile, front_end = found
    return _Rows(payment, purchase, meter, profile, front_end is not None)


async def codes_shown(db: AsyncSession, facts: Facts, purchase: Purchase | None) -> tuple[Code, ...]:
    """What the resident may type now; nothing while the network is doing it, or has done it."""
    if purchase is None or facts.purchase is None or not rule.shows_token(facts.purchase):
        return ()
    return await codes_of(db, purchase.id)


def _next_try(note: Note | None, now: datetime) -> datetime | None:
    """When a promise that failed is tried again; None while it is in somebody's hands or waits for a line."""
    if note is None or note.done_at or not note.last_error or note.due_at <= now:
        return None
    return note.due_at


async def _facts(db: AsyncSession, rows: _Rows, notes: dict[Job, Note], receipt: Receipt | None) -> Facts:
    payment = await _payment_facts(db, rows.payment) if rows.payment else None
    if rows.purchase is None:
        return Facts(payment)
    purchase = await _purchase_facts(db, rows, rows.purchase, notes.get(Job.DOWNLOAD_PURCHASE))
    after = await _after_facts(db, rows.purchase.id, notes)
    return Facts(payment, purchase, replace(after, receipt_at=receipt.issued_at if receipt else None))


async def _payment_facts(db: AsyncSession, payment: Payment) -> PaymentFacts:
    heard = (
        select(PaymentCallback.received_at)
        .where(PaymentCallback.order_ref == payment.ref, PaymentCallback.provider == payment.provider)
        .where(col(PaymentCallback.succeeded))
        .order_by(col(PaymentCallback.received_at))
        .limit(1)
    )
    return PaymentFacts(
        state=PaymentState(payment.state),
        begun_at=payment.created_at,
        expires_at=payment.expires_at,
        paid_at=payment.paid_at,
        confirmed_at=(await db.exec(heard)).first(),
        charged=payment.way in CHARGED,
    )


async def _notes(db: AsyncSession, subject_id: UUID) -> dict[Job, Note]:
    """The newest promise of each kind about a purchase."""
    found = await db.exec(select(Note).where(Note.subject_id == subject_id).order_by(col(Note.id)))
    return {Job(note.job): note for note in found}


async def _purchase_facts(db: AsyncSession, rows: _Rows, purchase: Purchase, note: Note | None) -> PurchaseFacts:
    tokens = await tokens_of(db, purchase.id) if rows.profile == STS_PROFILE else []
    return PurchaseFacts(
        state=PurchaseState(purchase.state),
        created_at=purchase.created_at,
        takes_tokens=rows.profile == STS_PROFILE,
        has_credit=purchase.credit_minor > 0,
        linked=rows.linked,
        failures=_failures(note),
        sends=purchase.sends,
        token_at=tokens[0].issued_at if tokens else None,
        sent_at=purchase.sending_since,
        credited_at=purchase.credited_at,
    )


def _failures(note: Note | None) -> int:
    """Tries that are over without proof. The one in a worker's hands may still succeed."""
    if note is None:
        return 0
    return note.attempts - (1 if note.taken_until or note.done_at else 0)


async def _after_facts(db: AsyncSession, purchase_id: UUID, notes: dict[Job, Note]) -> AfterFacts:
    newest = (
        select(RelayState)
        .where(RelayState.purchase_id == purchase_id)
        .order_by(col(RelayState.read_at).desc())
        .limit(1)
    )
    relay = (await db.exec(newest)).first()
    results = select(Message).where(Message.cause_id == purchase_id, Message.kind == MessageKind.PURCHASE_CREDITED)
    results = results.where(Message.channel != ChannelName.INBOX)  # what lies on our pages has told nobody yet
    messages = list(await db.exec(results))
    best = min(messages, key=lambda m: _BEST.index(MessageState(m.state)), default=None)
    return AfterFacts(
        relay=RelayBits(relay.relay_open, relay.command_open, relay.keep_power) if relay else None,
        relay_at=relay.read_at if relay else None,
        relay_promised=_open(notes.get(Job.CHECK_RELAY)),
        message=MessageState(best.state) if best else None,
        told_at=best.sent_at if best else None,
        telling_from=best.not_before if best else None,
        telling_promised=_open(notes.get(Job.ANNOUNCE_CREDIT)),
    )


_BEST = (
    MessageState.DELIVERED,
    MessageState.SENT,
    MessageState.SENDING,
    MessageState.QUEUED,
    MessageState.UNKNOWN,
    MessageState.FAILED,
    MessageState.GIVEN_UP,
    MessageState.EXPIRED,
    MessageState.DROPPED,
    MessageState.REPLACED,
)


def _open(note: Note | None) -> bool:
    return note is not None and note.done_at is None


async def _receipt(db: AsyncSession, purchase: Purchase | None) -> Receipt | None:
    """Nothing is issued before the credit, so nothing is looked for."""
    if purchase is None or purchase.state in (PurchaseState.PAID, PurchaseState.SENDING):
        return None
    return (await db.exec(select(Receipt).where(Receipt.purchase_id == purchase.id))).first()


async def _staff_know(db: AsyncSession, purchase_id: UUID) -> bool:
    """Is somebody asked to look after this purchase?"""
    kinds = [kind for kind in ReviewKind if kind is not ReviewKind.RELAY_NOT_PROVED]
    asked = select(Review.id).where(Review.purchase_id == purchase_id, col(Review.settled_at).is_(None))
    return (await db.exec(asked.where(col(Review.kind).in_(kinds)))).first() is not None
