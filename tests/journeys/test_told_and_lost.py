"""What a bank tells us twice, ten times at once, wrongly or not at all: money is booked once, and none is lost."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import httpx2
import pytest
from sqlmodel import col, func, select, update

from app.context import utc_now
from app.domain.ledger import SUSPENSE
from app.domain.payment import CallbackFact, PaymentState
from app.domain.review import ReviewKind
from app.models import Booking, LedgerEntry, Note, PaymentCallback, Purchase, Review
from app.outbox import Job
from app.payments.sandbox.bank.desk import encode
from app.payments.sandbox.provider import SandboxProvider, open_sandbox
from app.payments.sandbox.signing import fresh_stamp
from tests.journeys.living import Living, Paid
from tests.journeys.truth import doubts

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


async def test_ten_deliveries_of_a_callback_at_once_are_one_purchase(living: Living) -> None:
    paid = await living.begin(living.home(1))
    await living.press(paid, lose="1")
    body = as_sent(await told_by_bank(living, paid))

    answers = await asyncio.gather(*(deliver(living, body) for _ in range(10)))

    assert answers == [200] * 10
    await living.finished(paid)
    assert await doubts(living, paid) == []
    async with living.deps.begin() as db:
        facts = select(func.count()).select_from(PaymentCallback).where(PaymentCallback.order_ref == paid.ref)
        assert (await db.exec(facts)).one() == 1


async def test_forged_old_and_foreign_callbacks_change_nothing(living: Living) -> None:
    paid = await living.begin(living.home(1))
    await living.press(paid, lose="1")
    fact = await told_by_bank(living, paid)
    body = as_sent(fact)
    other = replace(fact, order_ref=f"no{paid.ref}"[:24], event_id=f"{fact.event_id}x")

    assert await deliver(living, body, secret=b"somebody else's") == 401
    assert await deliver(living, body, at=utc_now() - timedelta(minutes=10)) == 401
    assert await deliver(living, as_sent(other)) == 200

    assert (await living.story(paid)).payment.state == PaymentState.WAITING
    assert await questions_about(living, other) == [ReviewKind.UNKNOWN_ORDER]
    assert await deliver(living, body) == 200
    await living.finished(paid)
    assert await doubts(living, paid) == []


async def test_money_whose_callback_was_lost_is_found_by_asking(living: Living) -> None:
    paid = await living.begin(living.home(2))
    await living.press(paid, lose="1")
    await ask_now(living, paid)
    await living.finished(paid)
    assert await doubts(living, paid) == []
    async with living.deps.begin() as db:
        facts = select(PaymentCallback.source).where(PaymentCallback.order_ref == paid.ref)
        assert list(await db.exec(facts)) in (["query"], ["bill"])


async def test_whoever_pays_twice_gets_the_credit_once_and_a_person_sees_the_rest(living: Living) -> None:
    paid = await living.begin(living.home(1))
    await living.press(paid, "twice")
    await living.finished(paid)
    await living.until(lambda: is_asked(living, paid, ReviewKind.PAID_TWICE), "somebody is asked about the rest")
    assert await living.credits(paid.home) == [5000]
    assert living.outside.results(paid.home)[0] == 1
    assert await in_suspense(living, paid) == 5000


async def test_a_wrong_amount_reaches_no_meter_and_waits_for_a_person(living: Living) -> None:
    paid = await living.begin(living.home(1))
    await living.press(paid, "wrong", wrong="49.99")
    await living.until(lambda: is_asked(living, paid, ReviewKind.WRONG_AMOUNT), "somebody is asked about the amount")
    async with living.deps.begin() as db:
        bought = select(Purchase).join(Review, col(Review.payment_id) == col(Purchase.payment_id))
        assert list(await db.exec(bought.where(Purchase.payment_id == (await living.story(paid)).payment.id))) == []
    assert await in_suspense(living, paid) == 4999
    assert await living.credits(paid.home) == []


async def told_by_bank(living: Living, paid: Paid) -> CallbackFact:
    """What the bank knows of a payment, asked behind the back of the web."""
    provider = open_sandbox(living.site.settings)
    assert isinstance(provider, SandboxProvider)
    fact = await provider.query(paid.ref)
    assert fact is not None
    return fact


def as_sent(fact: CallbackFact) -> bytes:
    """The event as the bank would have sent it."""
    return encode(
        {
            "event_id": fact.event_id,
            "ref": fact.order_ref,
            "succeeded": fact.succeeded,
            "amount_minor": fact.amount_minor,
            "currency": fact.currency,
            "occurred_at": fact.occurred_at.isoformat(),
        }
    )


async def deliver(living: Living, body: bytes, *, secret: bytes = b"", at: datetime | None = None) -> int:
    """One delivery, signed as the bank signs unless told otherwise; the status of its answer."""
    secret = secret or living.site.settings.sandbox_secret.get_secret_value().encode()
    headers = fresh_stamp(at or utc_now()).headers(secret, body)
    async with httpx2.AsyncClient(timeout=30) as bank:
        url = f"{living.site.settings.public_url}/hooks/payments/sandbox"
        return (await bank.post(url, content=body, headers=headers)).status_code


async def questions_about(living: Living, fact: CallbackFact) -> list[str]:
    """What a person is asked about an event."""
    async with living.deps.begin() as db:
        row = select(PaymentCallback.id).where(PaymentCallback.event_id == fact.event_id).scalar_subquery()
        return list(await db.exec(select(Review.kind).where(Review.subject_id == row)))


async def ask_now(living: Living, paid: Paid) -> None:
    """Let the time pass at once after which a bank is asked."""
    payment = (await living.story(paid)).payment
    async with living.deps.begin() as db:
        question = update(Note).where(col(Note.subject_id) == payment.id, col(Note.job) == Job.ASK_PROVIDER)
        await db.execute(question.values(due_at=utc_now()))


async def is_asked(living: Living, paid: Paid, kind: ReviewKind) -> bool:
    """Is that question open?"""
    payment = (await living.story(paid)).payment
    async with living.deps.begin() as db:
        asked = select(Review.kind).where(Review.payment_id == payment.id, col(Review.settled_at).is_(None))
        return list(await db.exec(asked)) == [kind]


async def in_suspense(living: Living, paid: Paid) -> int:
    """Money of this payment that belongs to nobody yet, minor units."""
    async with living.deps.begin() as db:
        heard = select(PaymentCallback.id).where(PaymentCallback.order_ref == paid.ref)
        total = (
            select(func.coalesce(func.sum(LedgerEntry.amount_minor), 0))
            .join(Booking, col(Booking.id) == col(LedgerEntry.booking_id))
            .where(LedgerEntry.ledger_account == SUSPENSE, col(Booking.subject_id).in_(heard))
        )
        return -int((await db.exec(total)).one())
