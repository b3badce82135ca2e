"""WeChat's callbacks through our own door into PostgreSQL: one payment is booked once, whatever tells it how often."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from httpx2 import ASGITransport, AsyncClient, Response
from sqlmodel import select
from starlette.applications import Starlette

from app.context import Deps
from app.db import Begin
from app.domain.payment import PaymentState, Way
from app.models import Payment, PaymentCallback, Purchase
from app.payments.wechatpay.provider import WechatpayProvider
from app.ports import Order
from app.services.payments import record_callback
from app.settings import Settings
from app.web.hooks.payments import ROUTES
from tests import build
from tests.clocks import Clock
from tests.hooks import HeardBell
from tests.standins.wechatpay import WechatStandIn


@pytest.fixture
async def payment(begin: Begin, clock: Clock, provider: WechatpayProvider) -> Payment:
    async with begin() as db:
        town = await build.utility(db, clock())
        row = await build.payment(db, town.esam, 5000, clock())
        row.provider = "wechatpay"
    await provider.begin(
        Order(row.ref, 5000, "CNY", "Electricity", row.expires_at, "https://light.example", way=Way.QR)
    )
    return row


@pytest.fixture
async def door(begin: Begin, clock: Clock, provider: WechatpayProvider) -> AsyncIterator[AsyncClient]:
    app = Starlette(routes=ROUTES)
    app.state.deps = Deps(begin, HeardBell(), clock, Settings(), name="office", providers={"wechatpay": provider})
    async with AsyncClient(transport=ASGITransport(app), base_url="http://relight.test") as client:
        yield client


async def knock(door: AsyncClient, callback: tuple[dict[str, str], bytes]) -> Response:
    headers, body = callback
    return await door.post("/hooks/payments/wechatpay", content=body, headers=headers)


async def booked(begin: Begin, ref: str) -> tuple[str, int, int]:
    """The payment's state, how many facts there are, and how many purchases."""
    async with begin() as db:
        state = (await db.exec(select(Payment.state).where(Payment.ref == ref))).one()
        facts = (await db.exec(select(PaymentCallback))).all()
        return state, len(facts), len((await db.exec(select(Purchase))).all())


async def test_callback_query_and_bill_of_one_payment_book_it_once(
    begin: Begin, door: AsyncClient, provider: WechatpayProvider, wechat: WechatStandIn, payment: Payment, clock: Clock
) -> None:
    wechat.pay(payment.ref)
    doubled = [wechat.callback(payment.ref, event) for event in ("EV-1", "EV-1", "EV-2", "EV-3")]
    answers = await asyncio.gather(*(knock(door, callback) for callback in doubled))
    assert [answer.status_code for answer in answers] == [200] * 4
    asked, day = await provider.query(payment.ref), clock().date()
    clock.forward(days=2)
    for fact in [asked, *await provider.list_day(day)]:
        assert fact is not None
        async with begin() as db:
            await record_callback(db, fact, clock())
    assert await booked(begin, payment.ref) == (PaymentState.PAID, 1, 1)


async def test_what_is_old_or_forged_is_kept_nowhere(
    begin: Begin, door: AsyncClient, wechat: WechatStandIn, payment: Payment, clock: Clock
) -> None:
    wechat.pay(payment.ref)
    headers, body = wechat.callback(payment.ref)
    tested = headers | {"Wechatpay-Signature": "WECHATPAY/SIGNTEST/" + headers["Wechatpay-Signature"]}
    assert (await knock(door, (tested, body))).status_code == 401
    assert (await knock(door, (headers, body.replace(b"EV-1", b"EV-2")))).status_code == 401
    clock.forward(days=10)
    assert (await knock(door, (headers, body))).status_code == 401
    assert await booked(begin, payment.ref) == (PaymentState.WAITING, 0, 0)


async def test_a_signed_wrong_amount_is_confirmed_and_left_to_a_person(
    begin: Begin, door: AsyncClient, wechat: WechatStandIn, payment: Payment
) -> None:
    wechat.pay(payment.ref)
    wrong = wechat.callback(payment.ref, "EV-1", amount={"total": 1, "currency": "CNY"})
    assert (await knock(door, wrong)).status_code == 200
    assert await booked(begin, payment.ref) == (PaymentState.REVIEW, 1, 0)
