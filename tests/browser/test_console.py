"""The console in a real browser: under its strict policy, and by keyboard alone."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from playwright.async_api import Page, expect
from starlette.applications import Starlette

from tests import wire
from tests.app.web.console.conftest import LOGIN, PASSWORD, console, desk, quick
from tests.browser.chromium import Phone
from tests.desk import Desk
from tests.serving import served

__all__ = ["console", "desk", "quick"]

_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
async def address(console: Starlette) -> AsyncIterator[str]:
    """Where the console is served."""
    async with served(console) as url:
        yield url


@pytest.fixture
def phone() -> Phone:
    """A desk, not a phone."""
    return Phone(width=1280, height=900)


async def sign_in(page: Page, wanted: str) -> None:
    """Open a page of the console and get through its door with the keyboard."""
    await page.goto(wanted)
    await expect(page.locator("[name=login]")).to_be_focused()
    await page.keyboard.type(LOGIN)
    await page.keyboard.press("Tab")
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**{wanted}")


async def test_a_question_is_settled_without_a_mouse(page: Page, desk: Desk) -> None:
    for amount in (3000, 2000):
        payment = await desk.orders(desk.town.esam, 5000)
        await desk.hears(payment.ref, amount)
        desk.clock.forward(seconds=1)
    await sign_in(page, "/console/reviews")

    for key in ("j", "j", "k", "j", "Enter"):
        await page.keyboard.press(key)
    await expect(page.locator("h1")).to_have_text("Wrong amount")
    await page.locator("input[value=refund]").focus()
    await page.keyboard.press("Space")
    await page.keyboard.press("Tab")
    await page.keyboard.type("asked for it")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")

    await expect(page.locator("main")).to_contain_text("Decided")
    assert await desk.books() == {"provider:sandbox": 5000, "suspense": -3000, "refunds_due": -2000}


async def test_a_slash_finds_and_x_opens_every_frame(page: Page, desk: Desk) -> None:
    purchase = await desk.purchase(await desk.pays(desk.town.esam, 5000))
    address = desk.town.esam.address
    async with desk.begin() as db:
        frames = (wire.recharge(address, 5000, 1), wire.recharged(address))
        db.add_all(
            wire.kept(frame, purchase.id, desk.clock() + timedelta(seconds=at)) for at, frame in enumerate(frames)
        )
    await sign_in(page, "/console/reviews")

    await page.keyboard.press("/")
    await page.keyboard.type(desk.town.esam.number)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/console/purchases/{purchase.ref}")
    await page.keyboard.press("x")

    await expect(page.get_by_text("MAC 1, amount and count")).to_be_visible()
    assert await page.locator("[data-frame][open]").count() == 2
    assert await page.evaluate(_OVERFLOW) <= 0
    await page.keyboard.press("x")
    assert await page.locator("[data-frame][open]").count() == 0


@pytest.mark.parametrize("phone", [Phone(javascript=False)], ids=["phone without JavaScript"])
async def test_the_pages_about_devices_are_reached_by_keyboard_alone_on_a_phone(page: Page, desk: Desk) -> None:
    await page.goto("/console/swaps")
    await page.locator("[name=login]").fill(LOGIN)
    await page.locator("[name=password]").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/console/swaps")

    await page.locator(".parts a", has_text="Collection").focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/console/collection")
    await page.locator(".near a", has_text="Collection schemes").focus()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")

    await page.wait_for_url("**/console/lines")
    assert await page.locator(".near [aria-current=page]").inner_text() == "How meters hang"
    assert await page.evaluate(_OVERFLOW) <= 0
