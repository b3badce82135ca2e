"""What is Alipay's own: its codes, keys, notices and bills."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest

from app.payments.alipay.bill import read_bill
from app.payments.alipay.codes import fen, yuan
from app.payments.alipay.line import aim, open_library
from app.payments.alipay.provider import AlipayProvider, open_alipay
from app.ports import CallbackRejected, Order, ProviderDown, ProviderRefused, RefundNews, Way
from app.settings import Settings
from app.setup import SetupError
from tests.clocks import Clock
from tests.contract.alipay_side import config_for, merchant
from tests.serving import served
from tests.standins.alipay import (
    APP_ID,
    FIXTURES,
    GAPS,
    SELLER_ID,
    AlipayStandIn,
    Fault,
    Trade,
    fits,
    form_body,
    rsa2,
    stand_in_app,
)

FORM = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
CODE = "281234567890123456"


@pytest.fixture
async def far(clock: Clock) -> AsyncIterator[AlipayStandIn]:
    made = AlipayStandIn(clock)
    async with served(stand_in_app(made)) as url:
        made.url = url
        yield made


@pytest.fixture
def alipay(far: AlipayStandIn, clock: Clock) -> AlipayProvider:
    return AlipayProvider(config_for(far), clock)


@pytest.fixture
def order(clock: Clock) -> Order:
    until = clock() + timedelta(minutes=30)
    return Order("a1b2c3d4e5f6", 5000, "CNY", "Electricity 电费", until, "https://light.example/x", way=Way.QR)


def scanned(order: Order) -> Order:
    return replace(order, way=Way.BARCODE)


@pytest.mark.parametrize("name", ["request", "answer", "notice"])
def test_the_stand_in_and_openssl_agree_on_every_signature(name: str) -> None:
    key, text = "app" if name == "request" else "alipay", (FIXTURES / f"{name}.txt").read_text()
    assert rsa2(key, text) == (FIXTURES / f"{name}.sig").read_text()
    assert fits(key, text, (FIXTURES / f"{name}.sig").read_text())
    assert not fits(key, text + " ", (FIXTURES / f"{name}.sig").read_text())


def test_the_library_and_openssl_agree_on_every_signature() -> None:
    library = open_library(merchant(), "http://127.0.0.1/gateway.do", "", 5)
    assert library._sign((FIXTURES / "request.txt").read_text()) == (FIXTURES / "request.sig").read_text()
    for name in ("answer", "notice"):
        text, sign = (FIXTURES / f"{name}.txt").read_text(), (FIXTURES / f"{name}.sig").read_text()
        assert library._verify(text, sign)
        assert not library._verify(text + " ", sign)


def test_a_notice_signed_by_openssl_is_read(alipay: AlipayProvider, clock: Clock) -> None:
    fields = dict(pair.split("=", 1) for pair in (FIXTURES / "notice.txt").read_text().split("&"))
    form = fields | {"sign_type": "RSA2", "sign": (FIXTURES / "notice.sig").read_text()}
    assert alipay.read_callback(FORM, form_body(form), clock()).amount_minor == 5000


def test_a_library_that_keeps_its_address_elsewhere_is_not_used() -> None:
    library = open_library(merchant(), "http://127.0.0.1/gateway.do", "", 5)
    assert library._gateway == "http://127.0.0.1/gateway.do"
    with pytest.raises(SetupError):
        aim(SimpleNamespace(), "http://127.0.0.1/gateway.do")


@pytest.mark.parametrize(("minor", "text"), [(1, "0.01"), (5000, "50.00"), (123456789, "1234567.89")])
def test_money_keeps_every_fen_both_ways(minor: int, text: str) -> None:
    assert yuan(minor) == text
    assert fen(text) == minor


@pytest.mark.parametrize("text", ["", "0.00", "-1.00", "1e3", "1.001", "NaN", "١.00", None, 5])
def test_what_is_no_amount_is_not_read_as_one(text: object) -> None:
    with pytest.raises(ValueError, match="amount"):
        fen(text)


async def test_a_code_that_nobody_has_scanned_is_not_yet(
    alipay: AlipayProvider, far: AlipayStandIn, order: Order
) -> None:
    assert (await alipay.begin(order)).code.startswith("https://qr.alipay.com/")
    assert await alipay.query(order.ref) is None
    await alipay.close(order.ref)
    far.pay(order.ref)
    told = await alipay.query(order.ref)
    assert told is not None
    assert told.succeeded


async def test_a_payer_who_must_confirm_is_waited_for(alipay: AlipayProvider, far: AlipayStandIn, order: Order) -> None:
    far.faults = [Fault.WAITING]
    assert await alipay.charge(scanned(order), CODE) is None


async def test_an_unknown_charge_is_down_and_the_query_knows(
    alipay: AlipayProvider, far: AlipayStandIn, order: Order
) -> None:
    far.faults = [Fault.UNKNOWN]
    with pytest.raises(ProviderDown):
        await alipay.charge(scanned(order), CODE)
    told = await alipay.query(order.ref)
    assert told is not None
    assert told.succeeded


async def test_an_answer_lost_after_the_money_was_taken_is_found_by_charging_again(
    alipay: AlipayProvider, far: AlipayStandIn, order: Order
) -> None:
    far.faults = [Fault.LOST]
    with pytest.raises(ProviderDown):
        await alipay.charge(scanned(order), CODE)
    again = await alipay.charge(scanned(order), CODE)
    assert again is not None
    assert again.succeeded


@pytest.mark.parametrize("fault", [Fault.BAD_SIGN, Fault.BROKEN])
async def test_an_answer_that_is_not_alipays_decides_nothing(
    alipay: AlipayProvider, far: AlipayStandIn, order: Order, fault: Fault
) -> None:
    await alipay.begin(order)
    far.pay(order.ref)
    far.faults = [fault]
    with pytest.raises(ProviderDown):
        await alipay.query(order.ref)


async def test_a_cancel_on_the_next_day_is_too_late(
    alipay: AlipayProvider, far: AlipayStandIn, order: Order, clock: Clock
) -> None:
    await alipay.charge(scanned(order), CODE)
    clock.forward(days=1)
    with pytest.raises(ProviderRefused) as told:
        await alipay.reverse(order.ref)
    assert told.value.code == "too_late"


async def test_money_that_has_not_moved_yet_is_asked_for_and_not_done(
    alipay: AlipayProvider, far: AlipayStandIn, order: Order
) -> None:
    await alipay.charge(scanned(order), CODE)
    far.faults = [Fault.STILL_MOVING, Fault.STILL_MOVING]
    assert await alipay.refund(order.ref, "back1", 5000) is RefundNews.ASKED
    assert await alipay.refund(order.ref, "back1", 5000) is RefundNews.DONE


async def test_a_bill_that_is_not_written_yet_is_waited_for(alipay: AlipayProvider, clock: Clock) -> None:
    with pytest.raises(ProviderDown):
        await alipay.list_day(clock().date())


async def test_what_was_cancelled_is_not_on_the_bill(alipay: AlipayProvider, order: Order, clock: Clock) -> None:
    day = clock().date()
    await alipay.charge(scanned(order), CODE)
    await alipay.charge(replace(scanned(order), ref="stays"), CODE)
    await alipay.reverse(order.ref)
    clock.forward(days=2)
    assert [fact.order_ref for fact in await alipay.list_day(day)] == ["stays"]


@pytest.mark.parametrize("packed", [b"", b"PK\x03\x04", b"<html>"])
def test_what_is_no_bill_is_not_read_as_one(packed: bytes) -> None:
    with pytest.raises(ProviderDown):
        read_bill(packed)


def notice(far: AlipayStandIn, clock: Clock, **other: str) -> bytes:
    trade = Trade("2026030222001400000000000001", "a1b2c3d4e5f6", 50, "", "TRADE_SUCCESS", clock())  # type: ignore[arg-type]
    return form_body(far.notice_form(trade, **other))


@pytest.mark.parametrize("other", [{"app_id": "2021000000000002"}, {"seller_id": "2088000000000002"}])
def test_money_of_somebody_else_is_refused_though_alipay_signed_it(
    alipay: AlipayProvider, far: AlipayStandIn, clock: Clock, other: dict[str, str]
) -> None:
    with pytest.raises(CallbackRejected):
        alipay.read_callback(FORM, notice(far, clock, **other), clock())


def test_a_field_that_comes_twice_is_refused(alipay: AlipayProvider, far: AlipayStandIn, clock: Clock) -> None:
    with pytest.raises(CallbackRejected) as told:
        alipay.read_callback(FORM, notice(far, clock) + b"&total_amount=50.00", clock())
    assert told.value.code == "bad_signature"


async def test_a_notice_is_repeated_until_it_hears_success_and_each_is_sent_anew(
    far: AlipayStandIn, alipay: AlipayProvider, clock: Clock
) -> None:
    trade = Trade("2026030222001400000000000001", "a1b2c3d4e5f6", 50, f"{far.url}/bill/none?until=0")  # type: ignore[arg-type]
    far.trades[trade.ref] = trade
    far.pay(trade.ref)
    first = alipay.read_callback(FORM, form_body(far.notice_form(trade)), clock())
    assert await far.deliver_due() != ["success"]
    assert await far.deliver_due() == []
    clock.forward(seconds=GAPS[0].total_seconds())
    assert len(await far.deliver_due()) == 1
    again = alipay.read_callback(FORM, form_body(far.notice_form(trade)), clock())
    assert (again.event_id, again.occurred_at) == (first.event_id, first.occurred_at)
    assert alipay.acknowledge() == (200, "success")


async def test_a_payers_code_is_in_no_log_and_no_error(
    alipay: AlipayProvider, far: AlipayStandIn, order: Order, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    far.faults = [Fault.BROKEN, Fault.LOST]
    ends = [await asyncio.gather(alipay.charge(scanned(order), CODE), return_exceptions=True) for _ in range(2)]
    assert all(CODE not in f"{end!r}{end[0].__cause__!r}" for end in ends if isinstance(end[0], Exception))
    ours = [each.getMessage() for each in caplog.records if not each.name.startswith("uvicorn")]
    assert CODE not in "".join(ours)  # the stand-in's own server writes what it is asked


async def test_the_page_is_stamped_with_beijing_time_and_ends_with_the_order(
    alipay: AlipayProvider, order: Order
) -> None:
    page = (await alipay.begin(replace(order, way=Way.PAGE))).url
    fields = parse_qs(urlsplit(page).query)
    assert fields["timestamp"] == ["2026-03-02 09:00:00"]
    assert '"time_expire":"2026-03-02 09:30:00"' in fields["biz_content"][0]


def test_alipay_is_off_until_it_is_set_up_and_half_a_setup_says_what_is_missing(tmp_path: Path) -> None:
    assert open_alipay(Settings(alipay_app_id="")) is None
    with pytest.raises(SetupError, match="RELIGHT_ALIPAY_KEY_FILE"):
        open_alipay(Settings(alipay_app_id=APP_ID, alipay_seller_id=SELLER_ID))
    whole = Settings(
        alipay_app_id=APP_ID,
        alipay_seller_id=SELLER_ID,
        alipay_key_file=str(FIXTURES / "app-key.pem"),
        alipay_public_key_file=str(FIXTURES / "alipay-pub.pem"),
    )
    assert open_alipay(whole) is not None
