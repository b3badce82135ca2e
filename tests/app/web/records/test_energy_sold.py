"""Where a terminal counts kWh, whoever pays reads how many: before, on the way, afterwards (SPEC H-14, L-7)."""

import pytest

from app.db import Begin
from app.domain.purchase_control import CountedIn
from app.models import Account, MeterGroup, Purchase, Tariff
from tests import build
from tests.app.web import stories
from tests.app.web.conftest import Browser
from tests.app.web.signing import signed_in
from tests.app.web.world import Work
from tests.clocks import Clock


@pytest.fixture
async def counted(begin: Begin, utility: build.Utility) -> build.Utility:
    """Its terminal counts kWh for the ESAM meter, at 0.5283 each."""
    async with begin() as db:
        account = await db.get_one(Account, utility.account.id)
        (await db.get_one(Tariff, account.tariff_id)).price_e4 = 5_283
        about = {"meter_id": utility.esam.id, "concentrator_id": utility.esam.concentrator_id}
        db.add(MeterGroup(**about, number=1, rounds=1, counted_in=CountedIn.ENERGY, alarm=50, trip=0))
    return utility


@pytest.fixture
async def bought(begin: Begin, counted: build.Utility, work: Work, clock: Clock) -> Purchase:
    async with begin() as db:
        purchase = await stories.paid(db, counted.esam, 5000, clock())
    await work()
    return purchase


async def test_the_pay_page_says_what_an_amount_buys(browser: Browser, counted: build.Utility) -> None:
    assert "It buys 95 kWh." in (await browser.open(f"/m/{counted.esam.number}/pay?amount=50")).text
    assert "kWh" not in (await browser.open(f"/m/{counted.sts.number}/pay?amount=50")).text


async def test_tracker_and_receipt_say_what_was_bought_and_what_was_rounded(browser: Browser, bought: Purchase) -> None:
    assert "It buys 95 kWh." in (await browser.open(f"/purchases/{bought.ref}")).text
    page = await browser.open(f"/purchases/{bought.ref}/receipt")
    for words in ("Energy bought", "95 kWh", "Rounded up in your favour", "¥0.18"):
        assert words in page.text
    paper = await browser.open(f"/purchases/{bought.ref}/receipt.pdf")
    assert (paper.status_code, paper.content[:4]) == (200, b"%PDF")


async def test_chinese_readers_have_it_in_their_words(browser: Browser, bought: Purchase) -> None:
    page = await browser.open(f"/purchases/{bought.ref}/receipt", **{"accept-language": "zh-CN"})
    assert "购电量" in page.text


async def test_history_has_it_beside_the_money(
    browser: Browser, begin: Begin, counted: build.Utility, bought: Purchase, clock: Clock
) -> None:
    page = await (await signed_in(browser, begin, clock)).open(f"/m/{counted.esam.number}/history")
    assert "95 kWh" in page.text
