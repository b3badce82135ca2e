"""Each way that an order is opened, and what its payer is given."""

from dataclasses import replace

import httpx2
import pytest

from app.payments.wechatpay.provider import WechatpayProvider
from app.ports import Order, Payer, ProviderDown, ProviderRefused, Way
from tests.clocks import Clock
from tests.standins.wechatpay import Fault, WechatStandIn
from tests.standins.wechatpay.signing import APPID, public_key, verifies


async def test_the_page_leads_back_to_us(provider: WechatpayProvider, wechat: WechatStandIn, order: Order) -> None:
    page = (await provider.begin(order)).url
    assert page.startswith(f"{provider.page_origins[0]}/")
    assert page.endswith("&redirect_url=https%3A%2F%2Flight.example%2Fpurchases%2F1%3Fa%3Db")
    asked = wechat.book.deals[order.ref].asked
    assert asked["scene_info"] == {"payer_client_ip": "2001:db8::7", "h5_info": {"type": "Wap"}}
    assert asked["time_expire"] == "2026-03-02T09:30:00+08:00"


async def test_inside_wechat_the_page_gets_fields_that_we_signed(
    provider: WechatpayProvider, wechat: WechatStandIn, order: Order
) -> None:
    call = (await provider.begin(replace(order, way=Way.IN_APP))).call
    assert call is not None
    assert (call["appId"], call["package"], call["signType"]) == (APPID, f"prepay_id=wx{order.ref}", "RSA")
    signed = [call[name].encode() for name in ("appId", "timeStamp", "nonceStr", "package")]
    assert verifies(public_key("merchant"), call["paySign"], *signed)
    assert wechat.book.deals[order.ref].asked["payer"] == {"openid": order.payer.openid}


async def test_a_qr_order_has_the_text_of_its_code(provider: WechatpayProvider, order: Order) -> None:
    assert (await provider.begin(replace(order, way=Way.QR))).code.startswith("weixin://")


@pytest.mark.parametrize("way", [Way.PAGE, Way.IN_APP])
async def test_a_way_that_needs_to_know_the_payer_is_refused_without(
    provider: WechatpayProvider, wechat: WechatStandIn, order: Order, way: Way
) -> None:
    with pytest.raises(ProviderRefused):
        await provider.begin(replace(order, way=way, payer=Payer()))
    assert wechat.seen == []


async def test_another_currency_is_refused(provider: WechatpayProvider, order: Order) -> None:
    with pytest.raises(ProviderRefused):
        await provider.begin(replace(order, currency="EUR"))


@pytest.mark.parametrize("fault", [Fault.BROKEN_AFTER_ACCEPT, Fault.HANGS_UP_AFTER_ACCEPT])
async def test_an_order_whose_answer_was_lost_is_found_open_again(
    provider: WechatpayProvider, wechat: WechatStandIn, order: Order, fault: Fault
) -> None:
    wechat.faults.append(fault)
    with pytest.raises(ProviderDown):
        await provider.begin(order)
    assert (await provider.begin(order)).url
    assert len(wechat.book.deals) == 1


async def test_late_money_is_told_after_a_close(
    provider: WechatpayProvider, wechat: WechatStandIn, order: Order, clock: Clock
) -> None:
    await provider.begin(order)
    await provider.close(order.ref)
    assert await provider.query(order.ref) is None
    wechat.pay(order.ref, late=True)
    found = await provider.query(order.ref)
    assert found is not None
    assert (found.succeeded, found.amount_minor) == (True, 5000)


async def test_the_stand_in_shows_its_book_and_takes_orders_from_people(
    provider: WechatpayProvider, wechat: WechatStandIn, order: Order
) -> None:
    await provider.begin(order)
    async with httpx2.AsyncClient(base_url=wechat.url, verify=False, trust_env=False) as person:
        shown = (await person.post("/_control", json={"pay": order.ref, "faults": ["broken"]})).json()
    assert shown == {"orders": {order.ref: "SUCCESS"}, "owed": 1}
    with pytest.raises(ProviderDown):
        await provider.query(order.ref)
