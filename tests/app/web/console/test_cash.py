"""The cash desk: money in the drawer is booked once, a payer's code is charged once, and nobody sets a price."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from httpx2 import Response
from sqlalchemy import func
from sqlmodel import select
from starlette.applications import Starlette

from app.db import Begin
from app.domain.payment import CallbackFact, PaymentState, Way
from app.domain.purchase_control import CountedIn
from app.domain.review import ReviewAct, ReviewKind
from app.models import Audit, Booking, MeterGroup, Payment, Purchase, Refund, Tariff
from app.payments.counter.provider import CounterProvider
from app.services.payments import record_callback
from app.tasks.reconcile import reconcile
from tests.app.web.conftest import Browser
from tests.app.web.console.conftest import open_browser, sign_in
from tests.clocks import Clock
from tests.desk import Desk
from tests.hooks import HeardBell, door_deps
from tests.rehearsal import Rehearsal, rehearsal

PAID, NEVER, REFUSED = (f"99{outcome}" + "31415926535897" for outcome in ("00", "02", "03"))
_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')


@pytest.fixture
async def bank(clock: Clock, tmp_path: Path) -> AsyncIterator[Rehearsal]:
    async with rehearsal(tmp_path / "bank.db", clock) as running:
        yield running


@pytest.fixture
def console(console: Starlette, begin: Begin, clock: Clock, bank: Rehearsal) -> Starlette:
    """The web of a utility that takes cash and rehearsal codes."""
    sandbox = (door_deps(begin, clock, HeardBell(), bank.url).providers or {})["sandbox"]
    providers = {"sandbox": sandbox, "counter": CounterProvider()}
    console.state.deps = replace(console.state.deps, providers=providers)
    return console


async def sell(officer: Browser, desk: Desk, **sent: str) -> Response:
    """Open the sale of the meter and send its form."""
    path = f"/console/cash/{desk.town.esam.number}"
    page = await officer.open(path)
    return await officer.send(path, page, **({"form_token": token_of(page)} | sent))


def token_of(page: Response) -> str:
    found = _TOKEN.search(page.text)
    assert found
    return found[1]


async def rows(begin: Begin) -> tuple[int, int, int]:
    async with begin() as db:
        counts = [(await db.exec(select(func.count()).select_from(t))).one() for t in (Payment, Purchase, Booking)]
    return counts[0], counts[1], counts[2]


async def payment_of(begin: Begin) -> Payment:
    async with begin() as db:
        return (await db.exec(select(Payment))).one()


async def test_a_meter_is_found_by_its_number_and_an_unknown_one_is_said(officer: Browser, desk: Desk) -> None:
    number = desk.town.esam.number
    page = await officer.open(f"/console/cash?q={number[:4]}%20{number[4:]}")
    assert page.url.path == f"/console/cash/{number}"
    assert "There is no meter or account of this number" in (await officer.open("/console/cash?q=123")).text


async def test_the_cashier_reads_how_many_kwh_an_amount_buys(officer: Browser, desk: Desk, begin: Begin) -> None:
    meter = desk.town.esam
    async with begin() as db:
        (await db.exec(select(Tariff))).one().price_e4 = 5_283
        row = MeterGroup(meter_id=meter.id, concentrator_id=meter.concentrator_id, number=1, rounds=1)
        row.counted_in = CountedIn.ENERGY
        db.add(row)
    assert "= 95 kWh" in (await officer.open(f"/console/cash/{meter.number}")).text
    sent = await sell(officer, desk, amount="50", by="cash")
    page = await officer.open(sent.headers["location"])
    assert "Energy bought 95 kWh" in page.text
    async with begin() as db:
        ref = (await db.exec(select(Purchase.ref))).one()
    assert "= 95 kWh" in (await officer.open(f"/console/purchases/{ref}")).text


async def test_cash_is_booked_and_becomes_a_purchase(officer: Browser, desk: Desk, begin: Begin) -> None:
    sent = await sell(officer, desk, amount="50", by="cash")
    page = await officer.open(sent.headers["location"])
    payment = await payment_of(begin)
    assert "Taken" in page.text
    assert f"/payments/{payment.ref}" in page.text
    assert (payment.state, payment.way, payment.amount_minor) == (PaymentState.PAID, Way.CASH, 5000)
    assert await desk.books() == {"provider:counter": 5000, "owed_to_meters": -5000}
    async with begin() as db:
        (line,) = await db.exec(select(Audit).where(Audit.act == "cash_taken"))
    assert line.staff_id == payment.staff_id


async def test_a_double_click_takes_the_money_once(officer: Browser, desk: Desk, begin: Begin) -> None:
    path = f"/console/cash/{desk.town.esam.number}"
    page = await officer.open(path)
    form = {"form_token": token_of(page), "amount": "50", "by": "cash"}
    first, second = await officer.send(path, page, **form), await officer.send(path, page, **form)
    assert first.headers["location"] == second.headers["location"]
    assert await rows(begin) == (1, 1, 1)


async def test_the_brake_holds_at_the_counter_too(officer: Browser, desk: Desk, begin: Begin) -> None:
    await sell(officer, desk, amount="50", by="cash")
    held = await sell(officer, desk, amount="50", by="cash")
    assert held.status_code == 409
    assert "already on its way" in held.text
    assert (await rows(begin))[0] == 1
    await sell(officer, desk, amount="50", by="cash", anyway="1")
    assert (await rows(begin))[0] == 2


@pytest.mark.parametrize("amount", ["", "0", "-5", "1.5", "100000", "fifty"])
async def test_an_amount_that_is_none_is_said_and_nothing_is_begun(
    officer: Browser, desk: Desk, begin: Begin, amount: str
) -> None:
    said = await sell(officer, desk, amount=amount, by="cash")
    assert said.status_code == 422
    assert 'role="alert"' in said.text
    assert await rows(begin) == (0, 0, 0)


async def test_the_desk_adds_up_what_each_cashier_took_today(officer: Browser, desk: Desk) -> None:
    await sell(officer, desk, amount="50", by="cash")
    await sell(officer, desk, amount="20", by="cash", anyway="1")
    page = await officer.open("/console/cash")
    assert "Anna Berg" in page.text
    assert "70.00" in page.text


async def test_a_payers_code_is_charged_at_the_counter(officer: Browser, desk: Desk, begin: Begin) -> None:
    sent = await sell(officer, desk, amount="50", by="code", payer_code=PAID)
    assert "Taken" in (await officer.open(sent.headers["location"])).text
    payment = await payment_of(begin)
    assert (payment.provider, payment.way, payment.state) == ("sandbox", Way.BARCODE, PaymentState.PAID)
    assert payment.staff_id is not None


@pytest.mark.parametrize("by", ["enter", "cash"])
async def test_a_scanner_that_ends_its_code_with_enter_takes_no_cash(
    officer: Browser, desk: Desk, begin: Begin, by: str
) -> None:
    await sell(officer, desk, amount="50", by=by, payer_code=PAID)
    assert (await payment_of(begin)).way == Way.BARCODE


async def test_enter_behind_an_amount_takes_nothing_and_keeps_what_was_typed(
    officer: Browser, desk: Desk, begin: Begin
) -> None:
    page = await sell(officer, desk, amount="57", by="enter")
    assert page.status_code == 200
    assert 'value="57"' in page.text
    assert await rows(begin) == (0, 0, 0)


async def test_what_is_not_decided_is_being_checked_and_not_failed(officer: Browser, desk: Desk) -> None:
    sent = await sell(officer, desk, amount="50", by="code", payer_code=NEVER)
    page = (await officer.open(sent.headers["location"])).text
    assert "Being checked" in page
    assert "Do not take the money again" in page


async def test_a_refused_code_took_no_money(officer: Browser, desk: Desk) -> None:
    sent = await sell(officer, desk, amount="50", by="code", payer_code=REFUSED)
    assert "No money was taken" in (await officer.open(sent.headers["location"])).text


@pytest.mark.parametrize(("code", "words"), [("2812 3456 7890 1234 5678", "token"), ("123", "no payment code")])
async def test_what_is_no_payers_code_goes_to_nobody_and_is_not_shown_again(
    officer: Browser, desk: Desk, begin: Begin, code: str, words: str
) -> None:
    said = await sell(officer, desk, amount="50", by="code", payer_code=code)
    assert said.status_code == 422
    assert words in said.text
    assert f'value="{code}"' not in said.text
    assert await rows(begin) == (0, 0, 0)


async def test_a_guest_is_sent_to_sign_in_first(guest: Browser, desk: Desk) -> None:
    for path in ("/console/cash", f"/console/cash/{desk.town.esam.number}", "/console/refunds", "/console/bills"):
        assert (await guest.client.get(path)).status_code == 303


async def test_without_the_counter_no_cash_is_taken(
    console: Starlette, officer: Browser, desk: Desk, begin: Begin
) -> None:
    console.state.deps = replace(console.state.deps, providers={})
    assert "Cash is switched off here" in (await officer.open("/console/cash")).text
    assert (await sell(officer, desk, amount="50", by="cash")).status_code == 400
    assert await rows(begin) == (0, 0, 0)


async def test_cash_that_goes_back_is_handed_out_on_the_page_of_refunds(
    officer: Browser, desk: Desk, begin: Begin, clock: Clock
) -> None:
    fact = CallbackFact("counter", "cash-1", "nobodys", True, 700, "CNY", clock())
    async with begin() as db:
        await record_callback(db, fact, clock())
    await desk.decides(ReviewKind.UNKNOWN_ORDER, ReviewAct.REFUND)
    page = await officer.open("/console/refunds")
    assert "7.00" in page.text
    async with begin() as db:
        refund = (await db.exec(select(Refund))).one()
    for _ in range(2):
        sent = await officer.send(f"/console/refunds/{refund.id}/handed-out", page)
        assert sent.status_code == 303
    assert "7.00" in (await officer.open("/console/refunds?state=done")).text
    assert await desk.books() == {}


async def test_bills_show_their_days_and_what_differs(
    console: Starlette, officer: Browser, desk: Desk, clock: Clock
) -> None:
    payment = await desk.orders(desk.town.esam)
    await desk.hears(payment.ref, 5000)
    assert "Nothing differs." in (await officer.open("/console/bills")).text
    clock.forward(hours=20)
    await reconcile(console.state.deps)
    async with open_browser(console) as client:
        later = Browser(client)
        await sign_in(later)
        page = (await later.open("/console/bills")).text
    assert "2026-03-02" in page
    assert "Not on the provider" in page
    assert "50.00" in page
