"""Paying as people do it: by keyboard, twice, in two tabs, back and again, and with the bank's page closed."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, expect
from sqlmodel import select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from app.db import Begin
from app.models import Payment
from tests import build
from tests.app.web import stories
from tests.app.web.world import Counter
from tests.browser.chromium import Phone
from tests.clocks import Clock
from tests.serving import served

_RING = "parseFloat(getComputedStyle(document.activeElement).outlineWidth)"
_IN_SIGHT = """() => { const b = document.activeElement.getBoundingClientRect();
  return b.width > 1 && b.height > 1 && b.bottom > 0 && b.top < innerHeight && b.right > 0 && b.left < innerWidth }"""


@pytest.fixture(autouse=True)
async def bank(provider: Counter) -> AsyncIterator[str]:
    """The bank's page, on another address."""

    async def show(request: Request) -> Response:
        return HTMLResponse("<!doctype html><link rel=icon href='data:,'><title>Bank</title>the bank's own page")

    async with served(Starlette(routes=[Route("/{rest:path}", show)])) as url:
        provider.address, provider.page_origins = url, (url,)
        yield url


async def payments(begin: Begin) -> list[Payment]:
    async with begin() as db:
        return list(await db.exec(select(Payment)))


async def tab_to(page: Page, wanted: str) -> None:
    """Press Tab until it is there. Where the focus is can be seen at every step."""
    for _ in range(30):
        await page.keyboard.press("Tab")
        at = await page.evaluate("document.activeElement.outerHTML.slice(0, 80)")
        if await page.evaluate("document.activeElement === document.body"):
            continue
        assert await page.evaluate(_RING) >= 2, at
        assert await page.evaluate(_IN_SIGHT), at
        if await page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
            return
    raise AssertionError(wanted)


@pytest.mark.parametrize("phone", [Phone(), Phone("zh-CN", dark=True, width=195, height=422)], ids=str)
async def test_with_tab_and_enter_alone_from_the_number_to_the_bank(
    page: Page, begin: Begin, utility: build.Utility, bank: str
) -> None:
    await page.goto("/")
    await tab_to(page, "#number")
    await page.keyboard.type(utility.esam.number)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/m/{utility.esam.number}")
    await tab_to(page, f'main a[href^="/m/{utility.esam.number}/pay"]')
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/pay")
    await tab_to(page, ".offer")
    await page.keyboard.press("Enter")

    await page.wait_for_url(f"{bank}/**")
    assert len(await payments(begin)) == 1


async def test_a_double_click_is_one_payment(page: Page, begin: Begin, utility: build.Utility, bank: str) -> None:
    await page.goto(f"/m/{utility.esam.number}/pay")

    await page.get_by_role("button", name="¥50").dblclick(no_wait_after=True)

    # The second click breaks off the way that the first one took: a wait for a navigation would see that and fail.
    await expect(page).to_have_url(re.compile(re.escape(bank)))
    assert len(await payments(begin)) == 1


async def test_back_from_the_bank_shows_the_payment_that_was_begun(
    page: Page, begin: Begin, utility: build.Utility, bank: str
) -> None:
    await page.goto(f"/m/{utility.esam.number}/pay")
    await page.get_by_role("button", name="¥50").click()
    await page.wait_for_url(f"{bank}/**")
    (payment,) = await payments(begin)

    await page.go_back()

    await expect(page.get_by_role("alert")).to_contain_text("there is money on its way already")
    await page.get_by_role("link", name="See where it is").click()
    await page.wait_for_url(re.compile(f"/payments/{payment.ref}"))
    assert len(await payments(begin)) == 1


async def test_a_second_tab_is_told_of_the_payment_in_the_first(
    page: Page, begin: Begin, utility: build.Utility, bank: str
) -> None:
    other = await page.context.new_page()
    for tab in (page, other):
        await tab.goto(f"/m/{utility.esam.number}/pay")
    await page.get_by_role("button", name="¥50").click()
    await page.wait_for_url(f"{bank}/**")

    await other.get_by_role("button", name="¥50").click()

    await expect(other.get_by_role("alert")).to_contain_text("there is money on its way already")
    assert len(await payments(begin)) == 1


async def test_closing_the_banks_page_leaves_a_story_that_goes_on_after_a_reload(
    page: Page, begin: Begin, utility: build.Utility, bank: str, clock: Clock
) -> None:
    await page.goto(f"/m/{utility.esam.number}/pay")
    await page.get_by_role("button", name="¥50").click()
    await page.wait_for_url(f"{bank}/**")
    context = page.context
    (payment,) = await payments(begin)
    again = await context.new_page()
    await page.close()

    await again.goto(f"/m/{utility.esam.number}/pay")
    await again.get_by_role("link", name="See where it is").click()
    await again.wait_for_url(re.compile(f"/payments/{payment.ref}"))
    await expect(again.get_by_role("heading", level=1)).to_be_visible()
    await again.reload()
    async with begin() as db:
        await stories.settled(db, await db.get_one(Payment, payment.id), clock())

    await expect(again.get_by_role("heading", level=1)).to_have_text("On its way to your meter")
    assert len(await payments(begin)) == 1
