"""Proves a played purchase: by our rows, and by what the simulated meter says of itself."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from app.domain.fees import FeeControl
from app.domain.ledger import fund_of
from app.domain.notice import MessageKind, MessageState
from app.domain.purchase import PurchaseState
from app.models import (
    Booking,
    Exchange,
    LedgerEntry,
    Message,
    Meter,
    Payment,
    PaymentCallback,
    Purchase,
    Receipt,
    RelayState,
    Token,
)
from app.services.fees.whereabouts import in_ledger
from headend_client.simulator.control import ask

_TOLD = (MessageState.SENT, MessageState.DELIVERED)


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the story."""

    at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class Story:
    """A payment's rows. `finished`: nothing more is expected to come."""

    payment: Payment
    meter: Meter
    purchase: Purchase | None
    relay: RelayState | None
    messages: list[Message]
    receipt: Receipt | None
    facts: list[Fact]

    @property
    def finished(self) -> bool:
        return bool(
            self.purchase
            and self.purchase.state == PurchaseState.CREDITED
            and self.relay
            and not self.relay.relay_open
            and self.receipt
            and self.messages
            and all(m.state in _TOLD for m in self.messages)
        )


async def story_of(db: AsyncSession, ref: str) -> Story:
    """Gather the rows of a payment (by its own or its purchase's reference)."""
    wanted = select(Payment).outerjoin(Purchase).where((Payment.ref == ref) | (Purchase.ref == ref))
    payment = (await db.exec(wanted)).one()
    meter = await db.get_one(Meter, payment.meter_id)
    facts = [Fact(payment.created_at, f"payment of {_money(payment.amount_minor)} asked for")]
    heard = await db.exec(select(PaymentCallback).where(PaymentCallback.order_ref == payment.ref))
    facts += [Fact(c.received_at, f"{c.source} verified: paid={c.succeeded}") for c in heard]
    purchase = (await db.exec(select(Purchase).where(Purchase.payment_id == payment.id))).first()
    if purchase is None:
        return Story(payment, meter, None, None, [], None, facts)
    return await _with_purchase(db, payment, meter, purchase, facts)


async def _with_purchase(
    db: AsyncSession, payment: Payment, meter: Meter, purchase: Purchase, facts: list[Fact]
) -> Story:
    about = purchase.id
    for token in await db.exec(select(Token).where(Token.purchase_id == about)):
        facts.append(Fact(token.issued_at, f"token issued, TID {token.tid}"))
    for frame in await db.exec(select(Exchange).where(Exchange.purchase_id == about)):
        arrow = "->" if frame.direction == "down" else "<-"
        facts.append(Fact(frame.at, f"{arrow} {frame.verb:<12} {frame.inner_hex or frame.outer_hex}"))
    if purchase.credited_at:
        held = purchase.id in await in_ledger(db, [purchase.id])
        facts.append(Fact(purchase.credited_at, _credited(purchase, held=held)))
    relays = list(
        await db.exec(select(RelayState).where(RelayState.purchase_id == about).order_by(col(RelayState.read_at)))
    )
    facts += [Fact(r.read_at, f"relay read back: {'open' if r.relay_open else 'closed'}") for r in relays]
    results = select(Message).where(Message.cause_id == about, Message.kind == MessageKind.PURCHASE_CREDITED)
    messages = list(await db.exec(results))
    facts += [Fact(m.sent_at, f"{m.channel} sent: {m.body.strip()}") for m in messages if m.sent_at]
    receipt = (await db.exec(select(Receipt).where(Receipt.purchase_id == about))).first()
    if receipt:
        facts.append(Fact(receipt.issued_at, f"receipt {receipt.number}"))
    facts.sort(key=lambda fact: fact.at)
    return Story(payment, meter, purchase, relays[-1] if relays else None, messages, receipt, facts)


def _credited(purchase: Purchase, *, held: bool) -> str:
    """`held`: in the ledger, which nobody has to read back."""
    before = "not known" if purchase.balance_before_minor is None else _money(purchase.balance_before_minor)
    moved = f"{before} -> {_money(purchase.balance_after_minor or 0)}"
    if held:
        return f"credited in the ledger: {moved}"
    under = f"under number {purchase.number}" if purchase.number is not None else "by its token"
    return f"credited {under}: {moved}, read back"


def _money(minor: int) -> str:
    return f"{minor / 100:.2f}"


async def faults_of(db: AsyncSession, story: Story, control_port: int) -> list[str]:
    """Everything that is not proved about a finished story; empty if all is."""
    purchase = story.purchase
    if purchase is None:
        return ["no purchase was opened"]
    seen = await _meter_itself(control_port, story.meter.number)
    once = await _credited_once(db, story.meter, purchase, seen)
    total = (await db.exec(select(func.coalesce(func.sum(LedgerEntry.amount_minor), 0)))).one()
    sure = {
        "the meter itself, or the ledger in its place, says that it was credited exactly once": once,
        "the purchase is credited": purchase.state == PurchaseState.CREDITED,
        "the balance was read back after the credit": purchase.balance_after_minor is not None,
        "the meter holds the purchase count it was sent under": purchase.number in (None, seen["purchase_count"]),
        "the relay was read back closed": story.relay is not None and not story.relay.relay_open,
        "the meter itself says that its relay is closed": seen["relay_open"] is False,
        "one result message for each contact went out": bool(story.messages) and story.finished,
        "the receipt is there": story.receipt is not None,
        "the ledger balances": total == 0,
    }
    return [words for words, proved in sure.items() if not proved]


async def _credited_once(db: AsyncSession, meter: Meter, purchase: Purchase, seen: dict[str, object]) -> bool:
    """By the meter's own list of what it took; where the ledger holds its money, by the one booking into its fund."""
    credits, credit = seen["credits"], purchase.credit_minor
    if not isinstance(credits, list):
        return False
    if meter.fee_control != FeeControl.REMOTE:
        return [each["amount_e5"] >= credit * 1000 for each in credits] == [True]
    booked = select(LedgerEntry.amount_minor).join(Booking).where(Booking.subject_id == purchase.id)
    into_fund = booked.where(LedgerEntry.ledger_account == fund_of(meter.id))
    return not credits and list(await db.exec(into_fund)) == [-credit]


async def _meter_itself(port: int, number: str) -> dict[str, object]:
    answer = await ask(port, {"order": "inspect", "meter": number})
    meter = answer.get("meter")
    if not isinstance(meter, dict):
        raise LookupError(f"the simulator does not know meter {number}: {answer.get('reason')}")
    return meter
