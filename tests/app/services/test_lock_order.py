"""Who decides about money and who brings some take the same rows in the same order, so that neither stops the other."""

import asyncio
from datetime import timedelta

from sqlalchemy import text
from sqlmodel import select

from app.db import Begin
from app.domain.advance import Terms
from app.domain.payment import CASH_DESK, Way
from app.domain.purchase import PurchaseState
from app.domain.review import ReviewAct, ReviewKind
from app.domain.wallet import BalanceSource
from app.models import Account, Advance, Meter, Payment, Purchase, Refund
from app.services.advances import grant_advance
from app.services.checkout import Braked, begin_or_brake
from app.services.lookup import view_meter
from app.services.payments import PaymentWish, remember_page
from app.services.readings import record_balance
from app.services.reviews import Question, open_review
from tests.desk import Desk

_WAITS = text("select count(*) from pg_locks where not granted")


async def somebody_waits(begin: Begin) -> None:
    """Until a transaction stands before a lock that another one has."""
    async with asyncio.timeout(5):
        while True:
            async with begin() as db:
                if (await db.execute(_WAITS)).scalar_one():
                    return
            await asyncio.sleep(0.005)


async def doubtful_advance(desk: Desk) -> Purchase:
    """Emergency credit that the meter refused, with its question to staff."""
    async with desk.begin() as db:
        meter = await db.get_one(Meter, desk.town.esam.id, with_for_update=True)
        await record_balance(db, meter, -300, BalanceSource.READBACK, desk.clock())
    async with desk.begin() as db:
        view = await view_meter(db, desk.town.esam.number, desk.clock())
        assert view is not None
        purchase = await grant_advance(db, view, Terms(2000, timedelta(days=7)), desk.clock())
        purchase.state = PurchaseState.REVIEW
        about = Question(ReviewKind.METER_REFUSED, purchase.id, {}, purchase_id=purchase.id, meter_id=purchase.meter_id)
        await open_review(db, about, desk.clock())
    return purchase


async def test_a_refund_of_an_advance_and_a_payment_for_its_account_wait_in_one_line(desk: Desk) -> None:
    purchase = await doubtful_advance(desk)
    async with desk.begin() as db:  # as a payment does: the account, the advance, a row that refers to the meter
        wanted = select(Account).where(Account.id == desk.town.account.id).with_for_update()
        await db.exec(wanted)
        deciding = asyncio.create_task(desk.decides(ReviewKind.METER_REFUSED, ReviewAct.REFUND))
        await somebody_waits(desk.begin)
        await db.exec(select(Advance).with_for_update(nowait=True))
        await db.exec(select(Meter).where(Meter.id == purchase.meter_id).with_for_update(nowait=True))
    await deciding

    async with desk.begin() as db:
        assert (await db.exec(select(Account.arrears_minor))).one() == 0
        assert (await db.get_one(Purchase, purchase.id)).state == PurchaseState.REFUNDED
        assert (await db.exec(select(Refund))).all() == []  # nobody had paid anything


async def test_an_advance_that_was_repaid_and_never_arrived_is_given_back_by_hand(desk: Desk) -> None:
    purchase = await doubtful_advance(desk)
    await desk.pays(desk.town.sts, 2000)

    await desk.decides(ReviewKind.METER_REFUSED, ReviewAct.REFUND)

    async with desk.begin() as db:
        refund = (await db.exec(select(Refund))).one()
    assert (refund.provider, refund.order_ref, refund.amount_minor) == (CASH_DESK, purchase.ref, 2000)
    assert await desk.books() == {"provider:sandbox": 2000, "refunds_due": -2000}


async def test_of_two_tabs_in_one_moment_one_pays_and_the_other_hears_of_it(desk: Desk) -> None:
    async def begins(form: str) -> Payment | Braked:
        async with desk.begin() as db:
            wish = PaymentWish(desk.town.esam.id, 5000, "sandbox", "CNY", idempotency_key=form, way=Way.BARCODE)
            return await begin_or_brake(db, wish, desk.clock(), anyway=False)

    async with desk.begin() as db:
        first = await begin_or_brake(
            db,
            PaymentWish(desk.town.esam.id, 5000, "sandbox", "CNY", idempotency_key="one", way=Way.BARCODE),
            desk.clock(),
            anyway=False,
        )
        assert isinstance(first, Payment)
        await remember_page(db, first.id, "")
        second = asyncio.create_task(begins("two"))
        await somebody_waits(desk.begin)

    assert isinstance(await second, Braked)
