"""Paying in a real browser: what an amount does as it is typed, the code to scan, and the ways back."""

import re

import pytest
from playwright.async_api import Page, expect
from sqlmodel import select

from app.db import Begin
from app.domain.payment import Way
from app.models import Account, Meter, Payment
from tests import build
from tests.app.web import stories
from tests.app.web.world import Counter
from tests.browser.chromium import Phone
from tests.browser.test_portal import codes
from tests.clocks import Clock

_TOO_WIDE = """
[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1)
  .map(e => e.outerHTML.slice(0, 90))
"""
_WEIXIN = """
window.WeixinJSBridge = { invoke: (name, call, done) => {
  window.called = [name, call]; done({ err_msg: 'get_brand_wcpay_request:ok' });
} };
"""


async def test_what_an_amount_does_is_told_while_it_is_typed(page: Page, begin: Begin, utility: build.Utility) -> None:
    async with begin() as db:
        row = await db.get_one(Meter, utility.esam.id)
        row.balance_minor, row.supply = -2400, "off"
        (await db.get_one(Account, row.account_id)).arrears_minor = 1200
    await page.goto(f"/m/{utility.esam.number}/pay")

    await page.locator("#amount").press_sequentially("100")

    await expect(page.locator("#effect")).to_contain_text("¥12.00 settles what was owed, ¥88.00 goes into the meter")
    await expect(page.locator("#amount")).to_be_focused()


@pytest.mark.parametrize("phone", [Phone(), Phone("zh-CN", dark=True, width=195, height=422)], ids=str)
async def test_the_code_on_the_page_is_the_one_to_pay_by_and_paying_leads_to_the_story(
    page: Page, begin: Begin, utility: build.Utility, provider: Counter, clock: Clock
) -> None:
    provider.ways = frozenset({Way.QR})
    await page.goto(f"/m/{utility.esam.number}/pay")
    await page.locator("#amount").fill("50")
    await page.locator("#amount").press("Enter")
    await page.wait_for_selector(".scan__code")
    async with begin() as db:
        payment = (await db.exec(select(Payment))).one()

    assert await codes(page) == [payment.pay_url]
    assert await page.evaluate(_TOO_WIDE) == []
    await page.reload()
    async with begin() as db:
        await stories.settled(db, await db.get_one(Payment, payment.id), clock())
    await page.wait_for_url(re.compile("/purchases/"))

    await page.evaluate("history.back()")
    await page.wait_for_url(re.compile("/(pay|purchases/.+)$"))
    async with begin() as db:
        assert len(list(await db.exec(select(Payment)))) == 1


async def test_inside_wechat_the_page_hands_the_payment_over_and_goes_to_its_story(
    page: Page, begin: Begin, utility: build.Utility, provider: Counter, clock: Clock
) -> None:
    provider.ways = frozenset({Way.IN_APP})
    async with begin() as db:
        payment = await stories.started(db, utility.esam, 5000, clock())
        payment.way = Way.IN_APP
    await page.goto(f"/payments/{payment.ref}/pay")
    await expect(page.locator("#wechat-missing")).to_be_visible()
    await expect(page.locator("#wechat-pay")).to_be_hidden()

    await page.add_init_script(_WEIXIN)
    await page.goto(f"/payments/{payment.ref}/pay")

    await page.wait_for_url(re.compile(f"/payments/{payment.ref}$"))
