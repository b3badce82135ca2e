"""Money back: once for each number, and what became of it when asked again."""

import pytest

from app.payments.wechatpay.provider import WechatpayProvider
from app.ports import Order, ProviderDown, ProviderRefused, RefundNews
from tests.clocks import Clock
from tests.standins.wechatpay import Fault, WechatStandIn


@pytest.fixture
async def paid(provider: WechatpayProvider, wechat: WechatStandIn, order: Order) -> str:
    await provider.begin(order)
    wechat.pay(order.ref)
    return order.ref


@pytest.mark.parametrize(
    ("status", "news"),
    [
        ("PROCESSING", RefundNews.ASKED),
        ("SUCCESS", RefundNews.DONE),
        ("CLOSED", RefundNews.REFUSED),
        ("ABNORMAL", RefundNews.REFUSED),
    ],
)
async def test_a_refund_asked_again_tells_how_far_it_is(
    provider: WechatpayProvider, wechat: WechatStandIn, paid: str, status: str, news: RefundNews
) -> None:
    assert await provider.refund(paid, "refund1", 2000) is RefundNews.ASKED
    wechat.book.returns["refund1"].status = status
    assert await provider.refund(paid, "refund1", 2000) is news
    assert len(wechat.book.returns) == 1


async def test_a_refund_whose_answer_was_lost_is_made_once(
    provider: WechatpayProvider, wechat: WechatStandIn, paid: str
) -> None:
    wechat.faults += [Fault.USERPAYING, Fault.HANGS_UP_AFTER_ACCEPT]  # the first is for the look at the order: nothing
    with pytest.raises(ProviderDown):
        await provider.refund(paid, "refund1", 5000)
    assert await provider.refund(paid, "refund1", 5000) is RefundNews.ASKED
    assert [back.amount for back in wechat.book.returns.values()] == [5000]


async def test_a_payment_that_was_given_back_is_still_the_same_payment(
    provider: WechatpayProvider, wechat: WechatStandIn, paid: str
) -> None:
    before = await provider.query(paid)
    await provider.refund(paid, "refund1", 5000)
    after = await provider.query(paid)
    assert before is not None
    assert after is not None
    assert (before.event_id, before.succeeded) == (after.event_id, after.succeeded)


async def test_after_a_year_nothing_goes_back(provider: WechatpayProvider, paid: str, clock: Clock) -> None:
    clock.forward(days=366)
    with pytest.raises(ProviderRefused) as told:
        await provider.refund(paid, "refund1", 1)
    assert told.value.code == "refused"
