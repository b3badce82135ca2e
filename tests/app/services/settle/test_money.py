"""Money that no rule could place: every end of it, with the books."""

import asyncio

import pytest
from sqlmodel import select

from app.domain.payment import PaymentState
from app.domain.purchase import PurchaseState
from app.domain.review import ReviewAct, ReviewKind
from app.domain.settling import Bar, CannotSettle
from app.models import Account, Audit, Purchase, Review
from app.services.settle import Decision, settle
from tests.desk import Desk


async def only_purchase(desk: Desk) -> Purchase:
    async with desk.begin() as db:
        return (await db.exec(select(Purchase))).one()


async def test_a_wrong_amount_that_is_accepted_becomes_a_purchase_of_what_really_came(desk: Desk) -> None:
    payment = await desk.orders(desk.town.esam, 5000)
    await desk.hears(payment.ref, 3000)

    settled = await desk.decides(ReviewKind.WRONG_AMOUNT, ReviewAct.ACCEPT)
    await desk.works()

    purchase = await only_purchase(desk)
    assert (purchase.payment_id, purchase.amount_minor, purchase.state) == (payment.id, 3000, PurchaseState.CREDITED)
    assert desk.bench.credits == [3000]
    assert settled.purchase_id == purchase.id
    paid = await desk.payment(payment.id)
    assert (paid.state, paid.paid_at) == (PaymentState.PAID, desk.clock())
    assert await desk.books() == {"provider:sandbox": 3000, "delivered": -3000}


async def test_accepted_money_settles_arrears_first(desk: Desk) -> None:
    async with desk.begin() as db:
        (await db.get_one(Account, desk.town.account.id)).arrears_minor = 1000
    payment = await desk.orders(desk.town.esam)
    await desk.hears(payment.ref, 700)
    await desk.decides(ReviewKind.WRONG_AMOUNT, ReviewAct.ACCEPT)

    assert (await only_purchase(desk)).state == PurchaseState.SETTLED
    assert await desk.books() == {"provider:sandbox": 700, "arrears": -700}


async def test_a_wrong_amount_that_is_refunded_is_due_back_and_nothing_is_credited(desk: Desk) -> None:
    payment = await desk.orders(desk.town.esam)
    await desk.hears(payment.ref, 3000)

    await desk.decides(ReviewKind.WRONG_AMOUNT, ReviewAct.REFUND)
    await desk.works()

    assert await desk.books() == {"provider:sandbox": 3000, "refunds_due": -3000}
    assert (await desk.payment(payment.id)).state == PaymentState.REFUNDED
    assert desk.bench.orders == []


async def test_money_for_an_unknown_order_can_only_go_back(desk: Desk) -> None:
    await desk.hears("nobodysorder", 1234)
    with pytest.raises(CannotSettle) as refused:
        await desk.decides(ReviewKind.UNKNOWN_ORDER, ReviewAct.ACCEPT)
    assert refused.value.bar is Bar.ACT_NOT_ALLOWED

    await desk.decides(ReviewKind.UNKNOWN_ORDER, ReviewAct.REFUND)
    assert await desk.books() == {"provider:sandbox": 1234, "refunds_due": -1234}


async def test_foreign_money_goes_back_in_its_own_currency(desk: Desk) -> None:
    payment = await desk.orders(desk.town.esam)
    await desk.hears(payment.ref, 5000, "USD")
    await desk.decides(ReviewKind.WRONG_CURRENCY, ReviewAct.REFUND)
    assert await desk.books() == {"provider:sandbox:USD": 5000, "refunds_due:USD": -5000}


async def test_paid_twice_and_accepted_makes_a_second_purchase_that_the_review_leads_to(desk: Desk) -> None:
    first = await desk.pays(desk.town.esam, 5000)
    payment_id = (await desk.purchase(first)).payment_id
    assert payment_id is not None
    await desk.hears((await desk.payment(payment_id)).ref, 5000)

    settled = await desk.decides(ReviewKind.PAID_TWICE, ReviewAct.ACCEPT)
    await desk.works()
    desk.clock.forward(seconds=5)
    await desk.works()

    assert settled.purchase_id not in (None, first)
    assert settled.purchase_id is not None
    second = await desk.purchase(settled.purchase_id)
    assert (second.payment_id, second.amount_minor, settled.payment_id) == (None, 5000, payment_id)
    assert desk.bench.credits == [5000, 5000]
    assert await desk.books() == {"provider:sandbox": 10000, "delivered": -10000}


async def test_paid_twice_and_refunded_leaves_the_first_purchase_as_it_is(desk: Desk) -> None:
    first = await desk.pays(desk.town.esam, 5000)
    payment_id = (await desk.purchase(first)).payment_id
    assert payment_id is not None
    await desk.hears((await desk.payment(payment_id)).ref, 5000)
    await desk.decides(ReviewKind.PAID_TWICE, ReviewAct.REFUND)
    await desk.works()

    assert (await desk.payment(payment_id)).state == PaymentState.PAID
    assert await desk.books() == {"provider:sandbox": 10000, "delivered": -5000, "refunds_due": -5000}


async def test_two_moneys_of_one_payment_are_settled_each_for_itself(desk: Desk) -> None:
    payment = await desk.orders(desk.town.esam, 5000)
    await desk.hears(payment.ref, 3000)
    await desk.hears(payment.ref, 2000)

    await desk.decides(ReviewKind.WRONG_AMOUNT, ReviewAct.REFUND)
    assert (await desk.payment(payment.id)).state == PaymentState.REVIEW  # the other money still waits for somebody
    await desk.decides(ReviewKind.PAID_AFTER_REVIEW, ReviewAct.ACCEPT)

    assert (await desk.payment(payment.id)).state == PaymentState.PAID
    assert (await only_purchase(desk)).payment_id == payment.id
    assert await desk.books() == {"provider:sandbox": 5000, "refunds_due": -3000, "owed_to_meters": -2000}


async def test_ten_people_who_settle_at_once_settle_it_once(desk: Desk) -> None:
    payment = await desk.orders(desk.town.esam)
    await desk.hears(payment.ref, 3000)
    review = await desk.review(ReviewKind.WRONG_AMOUNT)

    async def decide(act: ReviewAct) -> Bar | None:
        try:
            async with desk.begin() as db:
                await settle(db, Decision(review.id, act, "mine", desk.staff_id), desk.clock())
        except CannotSettle as refused:
            return refused.bar
        return None

    ends = await asyncio.gather(*(decide(act) for act in (ReviewAct.ACCEPT, ReviewAct.REFUND) * 5))

    assert (ends.count(None), ends.count(Bar.ALREADY_SETTLED)) == (1, 9)
    assert (await desk.books())["provider:sandbox"] == 3000
    async with desk.begin() as db:
        assert len(list(await db.exec(select(Audit)))) == 1


async def test_a_decision_is_on_record_with_its_reason(desk: Desk) -> None:
    payment = await desk.orders(desk.town.esam)
    await desk.hears(payment.ref, 3000)
    await desk.decides(ReviewKind.WRONG_AMOUNT, ReviewAct.REFUND, "  payer asked for it  ")

    async with desk.begin() as db:
        (review,), (audit,) = list(await db.exec(select(Review))), list(await db.exec(select(Audit)))
    assert (review.act, review.remark, review.settled_by) == ("refund", "payer asked for it", desk.staff_id)
    assert (audit.act, audit.staff_id, audit.subject_id) == ("review_settled", desk.staff_id, review.id)
    assert audit.detail == {"kind": "wrong_amount", "act": "refund", "amount_minor": 3000}


@pytest.mark.parametrize("remark", ["", "   "])
async def test_nothing_is_settled_without_a_reason(desk: Desk, remark: str) -> None:
    payment = await desk.orders(desk.town.esam)
    await desk.hears(payment.ref, 3000)
    with pytest.raises(CannotSettle) as refused:
        await desk.decides(ReviewKind.WRONG_AMOUNT, ReviewAct.REFUND, remark)
    assert refused.value.code == "remark_missing"
    assert await desk.books() == {"provider:sandbox": 3000, "suspense": -3000}
