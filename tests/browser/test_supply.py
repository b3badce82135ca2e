"""In the dark with a phone: scanning, asking why, and no network at all (SPEC M-1, R-1, R-11)."""

from io import BytesIO

import pytest
import zxingcpp
from PIL import Image
from playwright.async_api import Browser, FilePayload, Page, expect

from app.db import Begin
from app.domain.relay import Supply
from tests import build
from tests.app.web.test_balance import learn
from tests.app.web.world import ADDRESS
from tests.browser.chromium import Phone, held
from tests.clocks import Clock

KEPT = """async () => {
  const found = [];
  for (const name of await caches.keys()) found.push(...(await (await caches.open(name)).keys()));
  return found.map((asked) => new URL(asked.url).pathname);
}"""


def picture(text: str, kind: zxingcpp.BarcodeFormat) -> FilePayload:
    """A photograph of a code, as good as a drawn one is."""
    drawn = zxingcpp.create_barcode(text, kind).to_image(scale=6, add_quiet_zones=True)
    file = BytesIO()
    Image.fromarray(drawn).save(file, "PNG")
    return FilePayload(name="code.png", mimeType="image/png", buffer=file.getvalue())


async def photograph(page: Page, text: str, kind: zxingcpp.BarcodeFormat) -> None:
    await page.goto("/scan")
    await page.wait_for_selector("#scan[data-ready]")
    await page.set_input_files("#scan-picture", picture(text, kind))


async def test_a_photographed_code_leads_to_its_meter(page: Page, utility: build.Utility) -> None:
    for text, kind in (
        (f"{ADDRESS}/m/{utility.esam.number}", zxingcpp.BarcodeFormat.QRCode),
        (utility.sts.number, zxingcpp.BarcodeFormat.Code128),
    ):
        await photograph(page, text, kind)
        await page.wait_for_url(f"**/m/{text.rpartition('/')[2]}")


async def test_a_code_that_points_elsewhere_opens_nothing(page: Page, address: str) -> None:
    await photograph(page, "https://evil.test/m/201000000012", zxingcpp.BarcodeFormat.QRCode)

    await expect(page.get_by_role("alert")).to_contain_text("we do not open it")
    assert page.url == f"{address}/scan"


async def test_without_a_network_one_page_says_what_works(
    browser: Browser, address: str, utility: build.Utility, phone: Phone
) -> None:
    async with held(browser, phone, address) as context:  # its own: the browser complains of the network, rightly
        page = await context.new_page()
        await page.goto("/")
        await page.evaluate("navigator.serviceWorker.ready")
        await page.goto(f"/m/{utility.esam.number}")
        await context.set_offline(True)

        await page.goto(f"/m/{utility.esam.number}")

        await expect(page.get_by_role("heading", name="No network")).to_be_visible()
        assert utility.esam.number not in await page.content()
        kept = await page.evaluate(KEPT)
        assert [path for path in kept if path != "/offline" and not path.startswith("/static/")] == []


async def test_asking_why_is_watched_to_its_end(page: Page, begin: Begin, utility: build.Utility, clock: Clock) -> None:
    await page.goto(f"/m/{utility.esam.number}")
    await page.get_by_role("link", name="Dark? Find out why").click()
    await page.get_by_role("button", name="Ask the meter now").click()
    await expect(page.get_by_text("Asking the meter…")).to_be_visible()

    clock.forward(seconds=3)
    await learn(begin, utility.esam.id, clock, -300, supply=Supply.OFF, supply_read_at=clock())

    await expect(page.get_by_role("heading", name="The money in your meter is used up")).to_be_visible()
    await expect(page.get_by_role("link", name="Pay", exact=True)).to_be_visible()


@pytest.mark.parametrize("phone", [Phone(width=195, height=422), Phone(javascript=False)])
async def test_small_windows_and_no_javascript_lose_nothing(
    page: Page, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    await learn(begin, utility.esam.id, clock, -300, supply=Supply.OFF, supply_read_at=clock())

    for path in ("/", "/notices", "/scan", f"/m/{utility.esam.number}", f"/m/{utility.esam.number}/dark"):
        await page.goto(path)
        await expect(page.get_by_role("heading", level=1).first).to_be_visible()
        assert await page.locator("html").evaluate("e => e.scrollWidth <= e.clientWidth"), path
