"""A payer's code: there is no callback, nothing is guessed, and what nobody saw paid is taken back."""

from dataclasses import replace
from datetime import date

import pytest

from app.payments.wechatpay.provider import WechatpayProvider
from app.ports import Order, ProviderDown, ProviderRefused, Way
from tests.clocks import Clock
from tests.standins.wechatpay import Fault, WechatStandIn

CODE = "134567890123456789"


@pytest.fixture
def barcode(order: Order) -> Order:
    return replace(order, way=Way.BARCODE)


async def test_a_payers_code_is_money_at_once(
    provider: WechatpayProvider, wechat: WechatStandIn, barcode: Order, clock: Clock
) -> None:
    taken = await provider.charge(barcode, CODE)
    assert taken is not None
    assert (taken.succeeded, taken.amount_minor, taken.order_ref) == (True, 5000, barcode.ref)
    assert CODE not in taken.evidence
    assert wechat.notices == []
    clock.forward(days=2)
    assert [line.event_id for line in await provider.list_day(date(2026, 3, 2))] == [taken.event_id]


@pytest.mark.parametrize("fault", [Fault.BROKEN_AFTER_ACCEPT, Fault.HANGS_UP_AFTER_ACCEPT, Fault.BAD_SIGNATURE])
async def test_a_lost_answer_is_no_refusal_and_the_money_is_found_by_asking(
    provider: WechatpayProvider, wechat: WechatStandIn, barcode: Order, fault: Fault
) -> None:
    wechat.faults.append(fault)
    with pytest.raises(ProviderDown):
        await provider.charge(barcode, CODE)
    found = await provider.query(barcode.ref)
    assert found is not None
    assert found.succeeded
    with pytest.raises(ProviderDown):  # a repeat takes nothing twice, and refuses nothing either
        await provider.charge(barcode, CODE)
    assert len(wechat.book.deals) == 1


async def test_a_payer_who_is_still_typing_decides_nothing(
    provider: WechatpayProvider, wechat: WechatStandIn, barcode: Order, clock: Clock
) -> None:
    wechat.faults.append(Fault.USERPAYING)
    assert await provider.charge(barcode, CODE) is None
    assert await provider.query(barcode.ref) is None
    with pytest.raises(ProviderDown):  # 15 s must have passed
        await provider.reverse(barcode.ref)
    clock.forward(seconds=15)
    await provider.reverse(barcode.ref)
    await provider.reverse(barcode.ref)
    ended = await provider.query(barcode.ref)
    assert ended is not None
    assert not ended.succeeded
    assert wechat.pay(barcode.ref) is None


async def test_what_was_paid_and_reversed_is_no_money_in_the_bill(
    provider: WechatpayProvider, wechat: WechatStandIn, barcode: Order, clock: Clock
) -> None:
    await provider.charge(barcode, CODE)
    clock.forward(seconds=45)
    await provider.reverse(barcode.ref)
    clock.forward(days=2)
    assert await provider.list_day(date(2026, 3, 2)) == []


async def test_after_a_week_only_a_refund_helps(provider: WechatpayProvider, barcode: Order, clock: Clock) -> None:
    await provider.charge(barcode, CODE)
    clock.forward(days=8)
    with pytest.raises(ProviderRefused) as told:
        await provider.reverse(barcode.ref)
    assert told.value.code == "too_late"


async def test_what_wechat_never_heard_of_needs_no_reversal(provider: WechatpayProvider) -> None:
    await provider.reverse("neveropened")


@pytest.mark.parametrize(("code", "faults"), [("286543210987654321", []), (CODE, [Fault.NOT_ENOUGH])])
async def test_a_sure_no_is_a_refusal(
    provider: WechatpayProvider, wechat: WechatStandIn, barcode: Order, code: str, faults: list[Fault]
) -> None:
    wechat.faults += faults
    with pytest.raises(ProviderRefused):
        await provider.charge(barcode, code)
    assert await provider.query(barcode.ref) is None
