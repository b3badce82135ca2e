"""What WeChat pushes, and what others would like us to take for it."""

import pytest
from starlette.applications import Starlette

from app.payments.wechatpay.provider import WechatpayProvider
from app.ports import CallbackRejected, Order
from tests.clocks import Clock
from tests.contract.wechatpay_side import wechatpay
from tests.rehearsal import Shop
from tests.serving import served
from tests.standins.wechatpay import RETRIES_S, WechatStandIn
from tests.standins.wechatpay.signing import APPID, MCHID, signed_headers


@pytest.fixture
def wechat(clock: Clock) -> WechatStandIn:
    """Not served: what it pushes is handed over."""
    return WechatStandIn(clock)


@pytest.fixture
def paid(wechat: WechatStandIn, order: Order) -> str:
    amount = {"total": order.amount_minor, "currency": "CNY"}
    asked: dict[str, object] = {"mchid": MCHID, "appid": APPID, "out_trade_no": order.ref, "amount": amount}
    asked["description"] = order.subject
    wechat.book.open_("native", asked)
    wechat.pay(order.ref)
    return order.ref


async def test_a_callback_played_again_after_ten_days_is_too_old(
    provider: WechatpayProvider, wechat: WechatStandIn, paid: str, clock: Clock
) -> None:
    headers, body = wechat.callback(paid)
    clock.forward(days=10)
    with pytest.raises(CallbackRejected) as told:
        provider.read_callback(headers, body, clock())
    assert told.value.code == "too_old"


async def test_an_old_callback_is_not_made_young_by_headers_of_another_name(
    provider: WechatpayProvider, wechat: WechatStandIn, paid: str, clock: Clock
) -> None:
    headers, body = wechat.callback(paid)
    old = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    clock.forward(days=10)
    fresh = headers | {"Wechatpay-Timestamp": str(int(clock().timestamp()))}
    with pytest.raises(CallbackRejected) as told:
        provider.read_callback(old | fresh, body, clock())
    assert told.value.code == "bad_signature"


@pytest.mark.parametrize(
    "changed",
    [
        {"Wechatpay-Serial": "PUB_KEY_ID_OF_SOMEBODY_ELSE"},
        {"Wechatpay-Serial": "5157F09EFDC096DE15EBE81A47057A72"},
        {"Wechatpay-Signature": "WECHATPAY/SIGNTEST/" + "A" * 325},
        {"Wechatpay-Signature-Type": "WECHATPAY2-SM2-WITH-SM3"},
        {"Wechatpay-Nonce": "another"},
        {"Wechatpay-Timestamp": "soon"},
    ],
)
async def test_a_callback_with_strange_headers_is_refused(
    provider: WechatpayProvider, wechat: WechatStandIn, paid: str, clock: Clock, changed: dict[str, str]
) -> None:
    headers, body = wechat.callback(paid)
    with pytest.raises(CallbackRejected) as told:
        provider.read_callback(headers | changed, body, clock())
    assert told.value.code == "bad_signature"


async def test_a_callback_that_a_stranger_signed_is_refused(
    provider: WechatpayProvider, wechat: WechatStandIn, paid: str, clock: Clock
) -> None:
    _, body = wechat.callback(paid)
    headers = signed_headers(body, int(clock().timestamp()), key="stranger")
    with pytest.raises(CallbackRejected):
        provider.read_callback(headers, body, clock())


@pytest.mark.parametrize(
    "words",
    [
        {"mchid": "1900000001"},
        {"appid": "wxffffffffffffffff"},
        {"trade_state": "NOTPAY"},
        {"trade_state": "NEVERHEARDOF"},
        {"amount": {"total": 0, "currency": "CNY"}},
        {"amount": {"total": 50.0, "currency": "CNY"}},
        {"amount": None},
        {"success_time": "2026-03-02T09:00:00"},
        {"transaction_id": ""},
    ],
)
async def test_a_signed_callback_that_is_not_money_for_us_is_unreadable(
    provider: WechatpayProvider, wechat: WechatStandIn, paid: str, clock: Clock, words: dict[str, object]
) -> None:
    headers, body = wechat.callback(paid, "EV-1", **words)
    with pytest.raises(CallbackRejected) as told:
        provider.read_callback(headers, body, clock())
    assert told.value.code == "unreadable"


async def test_another_amount_is_told_as_it_is_and_judged_by_the_product(
    provider: WechatpayProvider, wechat: WechatStandIn, paid: str, clock: Clock
) -> None:
    headers, body = wechat.callback(paid, amount={"total": 1, "currency": "CNY"})
    assert provider.read_callback(headers, body, clock()).amount_minor == 1


async def test_doubled_notifications_of_one_payment_are_one_fact(
    provider: WechatpayProvider, wechat: WechatStandIn, paid: str, clock: Clock
) -> None:
    facts = [provider.read_callback(*wechat.callback(paid, event), clock()) for event in ("EV-1", "EV-2")]
    assert facts[0] == facts[1]


async def test_a_callback_that_is_not_confirmed_comes_again_by_wechats_list(
    wechat: WechatStandIn, order: Order, clock: Clock
) -> None:
    shop = Shop(status=500)
    async with served(Starlette(routes=[*shop.app().routes, *wechat.app().routes])) as url:
        wechat.url = url
        provider = wechatpay(wechat, clock, f"{url}/hook")
        await provider.begin(order)
        wechat.pay(order.ref)
        assert await wechat.deliver_due() == [500]
        for delay in RETRIES_S[:3]:
            assert await wechat.deliver_due() == []
            clock.forward(seconds=delay)
            assert await wechat.deliver_due() == [500]
        shop.status = provider.acknowledge()[0]
        clock.forward(seconds=RETRIES_S[3])
        assert await wechat.deliver_due() == [200]
        clock.forward(days=1)
        assert await wechat.deliver_due() == []
    assert shop.heard.qsize() == 5
