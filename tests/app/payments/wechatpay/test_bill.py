"""The trade bill: what proves it, what is in it, and when there is none."""

import gzip
import hashlib
from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from app.payments.wechatpay.bill import minor_of, read_bill, unpack
from app.payments.wechatpay.provider import WechatpayConfig, WechatpayProvider
from app.ports import Order, ProviderDown
from tests.clocks import Clock
from tests.contract.wechatpay_side import merchant
from tests.rehearsal import NOWHERE
from tests.standins.wechatpay import Fault, WechatStandIn
from tests.standins.wechatpay.bill import HEADS, SUMMARY
from tests.standins.wechatpay.signing import MCHID

MONDAY = date(2026, 3, 2)


@pytest.mark.parametrize(("yuan", "fen"), [("50.00", 5000), ("0.01", 1), ("1234567.8", 123456780), ("7", 700)])
def test_yuan_are_counted_in_fen(yuan: str, fen: int) -> None:
    assert minor_of(yuan) == fen


@pytest.mark.parametrize("yuan", ["", "abc", "0.005", "0.00", "-1.00", "NaN", "Infinity", "1e999999999"])
def test_what_is_no_amount_is_refused(yuan: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        minor_of(yuan)


@pytest.mark.parametrize(
    "packed",
    [b"", b"no gzip", gzip.compress(b"a bill")[:-9], gzip.compress(b"another bill")],
    ids=["empty", "not packed", "cut", "another"],
)
def test_a_bill_that_is_cut_or_changed_is_refused(packed: bytes) -> None:
    with pytest.raises(ValueError, match="bill"):
        unpack(packed, hashlib.sha1(b"a bill", usedforsecurity=False).hexdigest())


@pytest.mark.parametrize("text", ["", "交易时间,商户号", HEADS, f"{HEADS}\n`one cell\n{SUMMARY}"])
def test_a_bill_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"bill|line"):
        read_bill(text, MCHID)


async def test_a_bill_of_another_merchant_is_refused(
    provider: WechatpayProvider, wechat: WechatStandIn, order: Order, clock: Clock
) -> None:
    await provider.begin(order)
    wechat.pay(order.ref)
    clock.forward(days=2)
    stranger = replace(merchant(), mchid="1900009191", appid="wxffffffffffffffff")
    theirs = WechatpayProvider(
        WechatpayConfig(stranger, wechat.url, wechat.url, NOWHERE, ZoneInfo("Asia/Shanghai")), clock
    )
    assert len(await theirs.list_day(MONDAY)) == 1  # one merchant may have several apps
    with pytest.raises(ProviderDown):
        await theirs.query(order.ref)  # but an order is of one


async def test_a_changed_download_is_not_believed(
    provider: WechatpayProvider, wechat: WechatStandIn, order: Order, clock: Clock
) -> None:
    await provider.begin(order)
    wechat.pay(order.ref)
    clock.forward(days=2)
    wechat.faults += [Fault.USERPAYING, Fault.TAMPERED]  # the second is for the download
    with pytest.raises(ProviderDown, match="SHA1"):
        await provider.list_day(MONDAY)


async def test_the_bill_is_not_asked_for_before_ten_on_the_next_day(
    provider: WechatpayProvider, wechat: WechatStandIn, clock: Clock
) -> None:
    clock.forward(days=1, minutes=59)
    with pytest.raises(ProviderDown):
        await provider.list_day(MONDAY)
    assert wechat.seen == []
    clock.forward(minutes=1)
    assert await provider.list_day(MONDAY) == []


async def test_a_bill_that_is_being_written_is_not_an_empty_one(
    provider: WechatpayProvider, wechat: WechatStandIn, clock: Clock
) -> None:
    clock.forward(days=2)
    wechat.faults.append(Fault.STATEMENT_CREATING)
    with pytest.raises(ProviderDown):
        await provider.list_day(MONDAY)


async def test_a_utility_elsewhere_gets_its_own_day_out_of_two_bills(
    provider: WechatpayProvider, wechat: WechatStandIn, order: Order, clock: Clock
) -> None:
    config = WechatpayConfig(merchant(), wechat.url, wechat.url, NOWHERE, ZoneInfo("Europe/Berlin"))
    for ref, hours in (("mondaymorning", 0), ("mondaynight", 20), ("tuesdaymorning", 4)):
        clock.forward(hours=hours)
        await provider.begin(replace(order, ref=ref))
        wechat.pay(ref)
    clock.forward(days=2)
    monday = await WechatpayProvider(config, clock).list_day(MONDAY)
    assert [line.order_ref for line in monday] == ["mondaymorning", "mondaynight"]
