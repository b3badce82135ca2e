"""The private names of the library that we lean on are there; what it says wrongly decides nothing."""

import asyncio

import httpx
import pytest
from wechatpayv3.async_ import AsyncWeChatPay

from app.payments.wechatpay.line import Line, point_at
from app.payments.wechatpay.provider import WechatpayProvider
from app.ports import Order, ProviderDown
from tests.clocks import Clock
from tests.contract.wechatpay_side import merchant, wechatpay
from tests.standins.wechatpay import Fault, WechatStandIn

FORGED = (
    Fault.BAD_SIGNATURE,
    Fault.TAMPERED,
    Fault.UNSIGNED,
    Fault.SIGNTEST,
    Fault.BROKEN,
    Fault.STATEMENT_CREATING,
)


def library() -> AsyncWeChatPay:
    wx = Line(merchant(), "http://127.0.0.1:9", 1).offline
    assert isinstance(wx, AsyncWeChatPay)
    return wx


def test_the_library_still_has_the_private_names_that_lead_it_elsewhere() -> None:
    wx = library()
    assert wx._core._gate_way == "https://api.mch.weixin.qq.com"
    assert wx._core._client is None


@pytest.mark.parametrize("name", ["_gate_way", "_client"])
def test_a_library_without_them_is_not_let_out(name: str) -> None:
    wx = library()
    delattr(wx._core, name)
    with pytest.raises(AttributeError, match=name):
        point_at(wx, "http://127.0.0.1:9", httpx.AsyncClient(trust_env=False))


def test_the_library_is_given_nothing_to_log_with() -> None:
    assert library()._core._logger is None


async def test_calls_at_once_do_not_share_a_client(provider: WechatpayProvider, wechat: WechatStandIn) -> None:
    await asyncio.gather(*(provider.query(f"neveropened{n}") for n in range(8)))
    assert len(wechat.seen) == 8
    assert wechat.disbelieved == []


@pytest.mark.parametrize(
    "fault",
    [Fault.BAD_SIGNATURE, Fault.TAMPERED, Fault.UNSIGNED, Fault.SIGNTEST, Fault.BROKEN, Fault.STATEMENT_CREATING],
)
async def test_an_answer_that_is_not_wechats_decides_nothing(
    provider: WechatpayProvider, wechat: WechatStandIn, order: Order, clock: Clock, fault: Fault
) -> None:
    await provider.begin(order)
    wechat.pay(order.ref)
    clock.forward(days=2)
    wechat.faults.append(fault)
    asked = provider.list_day(clock().date()) if fault is Fault.STATEMENT_CREATING else provider.query(order.ref)
    with pytest.raises(ProviderDown):
        await asked


async def test_a_far_side_that_is_silent_is_waited_for_until_the_deadline(
    wechat: WechatStandIn, clock: Clock, order: Order
) -> None:
    wechat.faults.append(Fault.SILENT_AFTER_ACCEPT)
    with pytest.raises(ProviderDown):
        await wechatpay(wechat, clock, deadline_s=0.2).begin(order)
    assert order.ref in wechat.book.deals
