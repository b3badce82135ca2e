"""A stand-in of WeChat Pay and our side of it."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from app.payments.wechatpay.provider import WechatpayProvider
from app.ports import Order, Payer
from tests.clocks import Clock
from tests.contract.wechatpay_side import wechatpay
from tests.standins.wechatpay import WechatStandIn, wechat_stand_in


@pytest.fixture
async def wechat(clock: Clock) -> AsyncIterator[WechatStandIn]:
    async with wechat_stand_in(clock) as far:
        yield far


@pytest.fixture
def provider(wechat: WechatStandIn, clock: Clock) -> WechatpayProvider:
    return wechatpay(wechat, clock)


@pytest.fixture
def order(clock: Clock) -> Order:
    payer = Payer(openid="oUpF8uMuAJO_M2pxb1Q9zNjWeS6o", address="2001:db8::7")
    back = "https://light.example/purchases/1?a=b"
    return Order("a1b2c3d4e5f6", 5000, "CNY", "电费 Electricity", clock() + timedelta(minutes=30), back, payer=payer)
