"""What a provider says becomes money once, and whatever cannot be placed becomes a question."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func
from sqlmodel import SQLModel, col, select

from app.db import Begin
from app.domain.payment import CallbackFact, PaymentState, Way
from app.domain.purchase import PurchaseState
from app.models import Account, Booking, LedgerEntry, Meter, Note, Payment, PaymentCallback, Purchase, Review, Staff
from app.outbox import Job
from app.ports import Payer
from app.services.payments import (
    FormReused,
    Origin,
    PaymentWish,
    begin_payment,
    close_payment,
    order_of,
    record_callback,
    remember_page,
)
from tests import build
from tests.clocks import Clock

Begun = Callable[[], Awaitable[Payment]]


@pytest.fixture
async def town(begin: Begin, clock: Clock) -> build.Utility:
    async with begin() as db:
        return await build.utility(db, clock())


def wish(meter: Meter, amount_minor: int = 5000, form: str | None = None) -> PaymentWish:
    return PaymentWish(meter.id, amount_minor, "sandbox", "CNY", form)


@pytest.fixture
async def payment(begin: Begin, town: build.Utility, clock: Clock) -> Payment:
    async with begin() as db:
        return await begin_payment(db, wish(town.esam), clock())


def paid(payment: Payment, clock: Clock, event_id: str = "e1", **changed: object) -> CallbackFact:
    told: dict[str, object] = {
        "provider": payment.provider,
        "event_id": event_id,
        "order_ref": payment.ref,
        "succeeded": True,
        "amount_minor": payment.amount_minor,
        "currency": "CNY",
        "occurred_at": clock(),
    }
    return CallbackFact(**(told | changed))  # type: ignore[arg-type]  # the test says which field it turns


async def hear(begin: Begin, fact: CallbackFact, clock: Clock) -> Payment | None:
    async with begin() as db:
        return await record_callback(db, fact, clock())


async def count(begin: Begin, table: type[SQLModel]) -> int:
    async with begin() as db:
        return (await db.exec(select(func.count()).select_from(table))).one()


async def balance(begin: Begin, account: str) -> int:
    amount = func.coalesce(func.sum(col(LedgerEntry.amount_minor)), 0)
    async with begin() as db:
        return int((await db.exec(select(amount).where(LedgerEntry.ledger_account == account))).one())


async def only_review(begin: Begin) -> Review:
    async with begin() as db:
        return (await db.exec(select(Review))).one()


async def reload(begin: Begin, payment_id: UUID) -> Payment:
    async with begin() as db:
        return await db.get_one(Payment, payment_id)


async def test_a_payment_waits_under_its_own_number_and_will_be_asked_after(
    begin: Begin, payment: Payment, clock: Clock
) -> None:
    async with begin() as db:
        note = (await db.exec(select(Note))).one()
    assert (payment.state, payment.expires_at) == (PaymentState.WAITING, clock() + timedelta(minutes=30))
    assert (note.job, note.subject_id, note.due_at) == (Job.ASK_PROVIDER, payment.id, clock() + timedelta(seconds=20))


@pytest.mark.parametrize("amount_minor", [0, -500])
async def test_a_payment_of_nothing_cannot_begin(
    begin: Begin, town: build.Utility, clock: Clock, amount_minor: int
) -> None:
    async with begin() as db:
        with pytest.raises(ValueError, match="amount_minor"):
            await begin_payment(db, wish(town.esam, amount_minor), clock())


async def test_a_form_sent_ten_times_at_once_makes_one_payment(begin: Begin, town: build.Utility, clock: Clock) -> None:
    async def click() -> str:
        async with begin() as db:
            return (await begin_payment(db, wish(town.esam, form="form-1"), clock())).ref

    refs = await asyncio.gather(*(click() for _ in range(10)))
    assert len(set(refs)) == 1
    assert await count(begin, Payment) == 1
    assert await count(begin, Note) == 1


async def test_payments_without_a_form_are_each_their_own(begin: Begin, town: build.Utility, clock: Clock) -> None:
    async with begin() as db:
        first = await begin_payment(db, wish(town.esam), clock())
        second = await begin_payment(db, wish(town.esam), clock())
    assert first.ref != second.ref


async def test_an_old_form_with_another_amount_is_no_silent_payment_of_the_old_amount(
    begin: Begin, town: build.Utility, clock: Clock
) -> None:
    async with begin() as db:
        await begin_payment(db, wish(town.esam, 5000, "form-1"), clock())
        with pytest.raises(FormReused):
            await begin_payment(db, wish(town.esam, 10_000, "form-1"), clock())


async def test_the_order_a_provider_hears_of_carries_our_number_and_end(payment: Payment) -> None:
    order = order_of(payment, "Electricity", "https://light.example/back")
    assert (order.ref, order.amount_minor, order.expires_at) == (payment.ref, 5000, payment.expires_at)


async def test_the_page_of_a_provider_is_remembered(begin: Begin, payment: Payment) -> None:
    async with begin() as db:
        await remember_page(db, payment.id, "https://bank.example/pay/1")
    assert (await reload(begin, payment.id)).pay_url == "https://bank.example/pay/1"


async def test_money_that_came_opens_one_purchase_and_promises_its_way(
    begin: Begin, payment: Payment, clock: Clock
) -> None:
    heard = await hear(begin, paid(payment, clock), clock)
    async with begin() as db:
        purchase = (await db.exec(select(Purchase))).one()
        jobs = set(await db.exec(select(Note.job)))
    assert heard is not None
    assert (heard.state, heard.paid_at) == (PaymentState.PAID, clock())
    assert (purchase.payment_id, purchase.amount_minor, purchase.state) == (payment.id, 5000, PurchaseState.PAID)
    assert jobs == {Job.ASK_PROVIDER, Job.DOWNLOAD_PURCHASE}
    assert (await balance(begin, "provider:sandbox"), await balance(begin, "owed_to_meters")) == (5000, -5000)


async def test_ten_callbacks_at_once_book_once(begin: Begin, payment: Payment, clock: Clock) -> None:
    await asyncio.gather(*(hear(begin, paid(payment, clock), clock) for _ in range(10)))
    assert await count(begin, PaymentCallback) == 1
    assert await count(begin, Purchase) == 1
    assert await count(begin, Booking) == 1
    assert await count(begin, Review) == 0


async def test_arrears_are_settled_from_the_money_first(
    begin: Begin, town: build.Utility, payment: Payment, clock: Clock
) -> None:
    async with begin() as db:
        (await db.get_one(Account, town.account.id)).arrears_minor = 2000
    await hear(begin, paid(payment, clock), clock)
    assert (await balance(begin, "owed_to_meters"), await balance(begin, "arrears")) == (-3000, -2000)


async def test_a_second_event_with_money_is_set_aside_and_asked_about(
    begin: Begin, payment: Payment, clock: Clock
) -> None:
    for event_id in ("e1", "e2", "e3"):
        await hear(begin, paid(payment, clock, event_id), clock)
    async with begin() as db:
        kinds = list(await db.exec(select(Review.kind)))
    assert kinds == ["paid_twice", "paid_twice"]
    assert await count(begin, Purchase) == 1
    assert (await balance(begin, "provider:sandbox"), await balance(begin, "suspense")) == (15_000, -10_000)
    assert (await reload(begin, payment.id)).state == PaymentState.PAID


async def test_two_events_with_money_at_once_open_one_purchase(begin: Begin, payment: Payment, clock: Clock) -> None:
    await asyncio.gather(*(hear(begin, paid(payment, clock, e), clock) for e in ("e1", "e2")))
    assert await count(begin, Purchase) == 1
    assert (await only_review(begin)).kind == "paid_twice"


@pytest.mark.parametrize("amount_minor", [4999, 5001, 1, 1_000_000])
async def test_a_wrong_amount_credits_nothing_and_is_asked_about(
    begin: Begin, payment: Payment, clock: Clock, amount_minor: int
) -> None:
    await hear(begin, paid(payment, clock, amount_minor=amount_minor), clock)
    review = await only_review(begin)
    assert (review.kind, review.payment_id) == ("wrong_amount", payment.id)
    assert (review.evidence["due_minor"], review.evidence["paid_minor"]) == (5000, amount_minor)
    assert (await reload(begin, payment.id)).state == PaymentState.REVIEW
    assert await balance(begin, "suspense") == -amount_minor
    assert await count(begin, Purchase) == 0


async def test_a_success_of_nothing_is_a_question_but_no_money(begin: Begin, payment: Payment, clock: Clock) -> None:
    await hear(begin, paid(payment, clock, amount_minor=0), clock)
    assert (await only_review(begin)).kind == "wrong_amount"
    assert await count(begin, Booking) == 0


async def test_the_right_figure_in_a_wrong_currency_credits_nothing(
    begin: Begin, payment: Payment, clock: Clock
) -> None:
    await hear(begin, paid(payment, clock, currency="USD"), clock)
    assert (await only_review(begin)).kind == "wrong_currency"
    assert (await reload(begin, payment.id)).state == PaymentState.REVIEW
    assert (await balance(begin, "suspense"), await balance(begin, "suspense:USD")) == (0, -5000)
    assert await balance(begin, "provider:sandbox") == 0  # cents are never added to fen
    assert await count(begin, Purchase) == 0


async def test_money_after_a_question_was_opened_is_a_second_question(
    begin: Begin, payment: Payment, clock: Clock
) -> None:
    await hear(begin, paid(payment, clock, "e1", amount_minor=1), clock)
    await hear(begin, paid(payment, clock, "e2"), clock)
    async with begin() as db:
        kinds = set(await db.exec(select(Review.kind)))
    assert kinds == {"wrong_amount", "paid_after_review"}
    assert await balance(begin, "suspense") == -5001


async def test_money_for_an_unknown_order_is_kept_and_asked_about_once(
    begin: Begin, payment: Payment, clock: Clock
) -> None:
    stray = paid(payment, clock, order_ref="nobodys")
    heard = await asyncio.gather(*(hear(begin, stray, clock) for _ in range(5)))
    async with begin() as db:
        row = (await db.exec(select(PaymentCallback))).one()
        booking = (await db.exec(select(Booking))).one()
    review = await only_review(begin)
    assert heard == [None] * 5
    assert (review.kind, review.subject_id, booking.subject_id) == ("unknown_order", row.id, row.id)
    assert await balance(begin, "suspense") == -5000


async def test_a_refused_payment_of_an_unknown_order_is_kept_and_troubles_nobody(
    begin: Begin, payment: Payment, clock: Clock
) -> None:
    await hear(begin, paid(payment, clock, order_ref="nobodys", succeeded=False), clock)
    assert (await count(begin, PaymentCallback), await count(begin, Review), await count(begin, Booking)) == (1, 0, 0)


async def test_an_order_in_the_mouth_of_another_provider_is_unknown(
    begin: Begin, payment: Payment, clock: Clock
) -> None:
    assert await hear(begin, paid(payment, clock, provider="other"), clock) is None
    assert (await only_review(begin)).kind == "unknown_order"
    assert (await reload(begin, payment.id)).state == PaymentState.WAITING


async def test_a_refusal_fails_the_payment_and_later_money_wins(begin: Begin, payment: Payment, clock: Clock) -> None:
    await hear(begin, paid(payment, clock, "e1", succeeded=False), clock)
    assert (await reload(begin, payment.id)).state == PaymentState.FAILED
    await hear(begin, paid(payment, clock, "e2"), clock)
    assert (await reload(begin, payment.id)).state == PaymentState.PAID
    assert await count(begin, Purchase) == 1


async def test_a_refusal_that_arrives_late_undoes_nothing(begin: Begin, payment: Payment, clock: Clock) -> None:
    await hear(begin, paid(payment, clock, "e2"), clock)
    await hear(begin, paid(payment, clock, "e1", succeeded=False), clock)
    assert (await reload(begin, payment.id)).state == PaymentState.PAID
    assert await count(begin, Review) == 0


async def test_money_after_the_close_wins(begin: Begin, payment: Payment, clock: Clock) -> None:
    async with begin() as db:
        assert (await close_payment(db, payment.id)).state == PaymentState.CLOSED
    await hear(begin, paid(payment, clock), clock)
    assert (await reload(begin, payment.id)).state == PaymentState.PAID
    assert await count(begin, Purchase) == 1


async def test_a_close_does_not_undo_a_payment(begin: Begin, payment: Payment, clock: Clock) -> None:
    await hear(begin, paid(payment, clock), clock)
    async with begin() as db:
        assert (await close_payment(db, payment.id)).state == PaymentState.PAID


async def test_a_payment_keeps_its_way_and_through_whom_it_came(
    begin: Begin, town: build.Utility, clock: Clock
) -> None:
    async with begin() as db:
        officer = Staff(login="wu", name="Wu", password_hash="x")
        db.add(officer)
        await db.flush()
        wished = replace(wish(town.esam), way=Way.QR, origin=Origin(staff_id=officer.id))
        payment = await begin_payment(db, wished, clock())
    order = order_of(payment, "Electricity", "https://light.example/back", Payer(address="192.0.2.1"))
    assert (payment.way, payment.staff_id, payment.resident_id) == (Way.QR, officer.id, None)
    assert (order.way, order.payer.address) == (Way.QR, "192.0.2.1")


async def test_the_same_form_sent_for_another_way_is_another_wish(
    begin: Begin, town: build.Utility, clock: Clock
) -> None:
    async with begin() as db:
        await begin_payment(db, wish(town.esam, form="form-1"), clock())
    with pytest.raises(FormReused):
        async with begin() as db:
            await begin_payment(db, replace(wish(town.esam, form="form-1"), way=Way.QR), clock())
