"""The portal in a real browser, as a phone shows it."""

from io import BytesIO

import pytest
import zxingcpp
from PIL import Image
from playwright.async_api import Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from app.context import Deps
from app.db import Begin
from app.domain.wallet import BalanceSource
from app.models import Meter
from app.services.readings import record_balance
from tests import build
from tests.app.web import stories
from tests.app.web.world import Counter, Work
from tests.browser.chromium import Phone
from tests.browser.scenes import Stage, scenes
from tests.clocks import Clock
from tests.fakes import Bench
from tests.serving import served

_LEAST_TARGET_PX = 44
_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# A label is part of the target of what it labels.
_SMALL = f"""
() => [...document.querySelectorAll('main .weui-btn, main button:not(.unseen), .bar a, main input:not([type=hidden])')]
  .filter(e => (e.closest('label') || e).getBoundingClientRect().height < {_LEAST_TARGET_PX})
  .map(e => e.outerHTML.slice(0, 80))
"""


_SHOW = "(img, path) => new Promise((shown, failed) => { img.onload = shown; img.onerror = failed; img.src = path })"


async def learned(begin: Begin, meter: Meter, balance_minor: int, clock: Clock) -> None:
    """Let a meter have been read."""
    async with begin() as db:
        row = await db.get_one(Meter, meter.id, with_for_update=True)
        await record_balance(db, row, balance_minor, BalanceSource.READBACK, clock())


async def codes(page: Page) -> list[str]:
    """What an independent reader finds in a picture of the page."""
    picture = Image.open(BytesIO(await page.screenshot(full_page=True)))
    return [found.text for found in zxingcpp.read_barcodes(picture.convert("L"))]


@pytest.mark.parametrize("phone", [Phone(), Phone("zh-CN", dark=True), Phone(javascript=False)], ids=str)
async def test_a_typed_number_leads_to_the_balance(
    page: Page, begin: Begin, utility: build.Utility, clock: Clock, phone: Phone
) -> None:
    await learned(begin, utility.esam, 4250, clock)
    await page.goto("/")

    await page.locator("#number").fill(utility.esam.number)
    await page.keyboard.press("Enter")

    await expect(page.locator(".wallet__figure")).to_have_text("¥42.50")


async def test_the_meter_answers_on_the_open_page(
    page: Page, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    await page.goto(f"/m/{utility.esam.number}")
    await page.get_by_role("button", name="Read the meter now").click()
    await expect(page.get_by_text("Asking the meter")).to_be_visible()

    clock.forward(seconds=3)
    await learned(begin, utility.esam, 4250, clock)

    await expect(page.get_by_text("The meter has answered just now.")).to_be_visible()
    await expect(page.locator(".wallet__figure")).to_have_text("¥42.50")


async def test_the_pay_form_may_lead_to_the_bank_on_another_address(
    page: Page, utility: build.Utility, provider: Counter
) -> None:
    async def bank(request: Request) -> Response:
        return PlainTextResponse("the bank's own page")

    async with served(Starlette(routes=[Route("/{rest:path}", bank)])) as elsewhere:
        provider.address, provider.page_origins = elsewhere, (elsewhere,)
        await page.goto(f"/m/{utility.esam.number}/pay")

        await page.get_by_role("button", name="¥50").click()

        await expect(page.get_by_text("the bank's own page")).to_be_visible()


async def test_enter_in_the_amount_pays_that_amount_and_no_other(
    page: Page, utility: build.Utility, provider: Counter
) -> None:
    provider.down = True  # so that we stay here
    await page.goto(f"/m/{utility.esam.number}/pay")
    await page.locator("#amount").fill("abc")

    await page.keyboard.press("Enter")

    await expect(page.locator("#amount-wrong")).to_be_visible()
    await expect(page.locator("#amount")).to_have_value("abc")


@pytest.mark.parametrize("phone", [Phone(), Phone(javascript=False)], ids=str)
async def test_the_open_page_tells_when_there_is_light(
    page: Page, begin: Begin, utility: build.Utility, bench: Bench, work: Work, clock: Clock
) -> None:
    bench.balance, bench.relay_open = -1235, True
    async with begin() as db:
        purchase = await stories.paid(db, utility.esam, 5000, clock())
    await page.goto(f"/purchases/{purchase.ref}")
    await expect(page.get_by_role("heading", level=1)).to_have_text("On its way to your meter")

    await work()

    await expect(page.get_by_role("heading", level=1)).to_have_text("Your power is on")


async def test_codes_on_receipt_and_label_are_read_from_the_screen(
    page: Page, begin: Begin, utility: build.Utility, work: Work, clock: Clock
) -> None:
    async with begin() as db:
        purchase = await stories.paid(db, utility.esam, 5000, clock())
    await work()

    await page.goto(f"/purchases/{purchase.ref}/receipt")
    on_receipt = await codes(page)
    await page.locator(".slip__qr img").evaluate(_SHOW, f"/m/{utility.esam.number}/qr.svg")
    on_label = await codes(page)

    assert on_receipt == [f"http://relight.test/purchases/{purchase.ref}/receipt"]
    assert on_label == [f"http://relight.test/m/{utility.esam.number}"]


@pytest.mark.slow
@pytest.mark.parametrize("phone", [Phone(width=320, height=568), Phone("zh-CN", dark=True, width=320)], ids=str)
async def test_every_page_fits_a_small_phone_and_a_thumb(
    page: Page, deps: Deps, utility: build.Utility, bench: Bench, work: Work, clock: Clock
) -> None:
    for scene in await scenes(Stage(deps, clock, bench, work, utility)):
        await page.goto(scene.path)
        assert await page.evaluate(_OVERFLOW) <= 0, scene.name
        assert await page.evaluate(_SMALL) == [], scene.name
