"""What happened, on a phone: the tracker that is told, codes to type, history (SPEC M-2, M-10, R-6)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from io import BytesIO
from uuid import uuid4

import pytest
import zxingcpp
from PIL import Image
from playwright.async_api import Page, expect
from starlette.applications import Starlette

from app.db import Begin
from app.db_ear import listen_for_ever
from app.models import Purchase, Reading
from app.services.residents import sign_in_with_phone
from app.web.live import Hub
from tests import build
from tests.app.web import stories
from tests.app.web.signing import HOLDER
from tests.app.web.world import Work
from tests.browser.chromium import Phone
from tests.clocks import Clock
from tests.fakes import Bench

_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
async def hub(portal: Starlette, database_url: str, clock: Clock) -> AsyncIterator[Hub]:
    """The portal is told by the database."""
    portal.state.hub = Hub(clock)
    ear = asyncio.create_task(listen_for_ever(database_url, portal.state.hub))
    yield portal.state.hub
    ear.cancel()
    await asyncio.wait([ear])


@pytest.fixture
async def typing(begin: Begin, utility: build.Utility, bench: Bench, work: Work, clock: Clock) -> Purchase:
    """A purchase whose code must be typed."""
    bench.unreachable = True
    async with begin() as db:
        purchase = await stories.paid(db, utility.sts, 5000, clock())
    await work()
    return purchase


async def test_the_open_page_is_told_and_then_looks_seldom(
    page: Page, hub: Hub, begin: Begin, utility: build.Utility, bench: Bench, work: Work, clock: Clock
) -> None:
    bench.balance, bench.relay_open = -1235, True
    async with begin() as db:
        purchase = await stories.paid(db, utility.esam, 5000, clock())
    await page.goto(f"/purchases/{purchase.ref}")
    await expect(page.locator("#again")).to_have_attribute("hx-trigger", "every 20s, due from:body")
    await expect(page.locator("[data-left-s]").first).to_be_visible()

    await work()

    await expect(page.get_by_role("heading", level=1)).to_have_text("Your power is on", timeout=3000)
    assert hub.watching == 1


async def test_ticked_blocks_outlive_news_and_a_reload(
    page: Page, begin: Begin, typing: Purchase, work: Work, clock: Clock
) -> None:
    await page.goto(f"/purchases/{typing.ref}")
    await page.get_by_label("Block 2 is typed").check()

    async with page.expect_response(lambda answer: answer.url.endswith(f"/purchases/{typing.ref}")):
        pass  # the page has looked again
    await expect(page.get_by_label("Block 2 is typed")).to_be_checked()
    await page.reload()

    await expect(page.get_by_label("Block 2 is typed")).to_be_checked()
    await expect(page.get_by_label("Block 1 is typed")).not_to_be_checked()
    kept = await page.evaluate("JSON.stringify({...localStorage})")
    assert "0000000" not in kept


async def test_a_terminal_reads_the_code_from_the_screen(page: Page, typing: Purchase) -> None:
    await page.goto(f"/purchases/{typing.ref}")
    await page.get_by_text("no typing, show this to its scanner").click()
    for kind in ("qr", "bars"):
        shown = page.locator(f".token__{kind}")
        await shown.evaluate("e => e.scrollIntoView({block: 'center'})")
        await expect(shown).to_have_js_property("complete", value=True)

        picture = Image.open(BytesIO(await shown.screenshot())).convert("L")

        assert [found.text for found in zxingcpp.read_barcodes(picture)] == ["0" * 19 + "1"]


@pytest.mark.parametrize("phone", [Phone(javascript=False)], ids=str)
async def test_without_scripts_a_code_is_plain_blocks(page: Page, typing: Purchase) -> None:
    await page.goto(f"/purchases/{typing.ref}")

    await expect(page.locator(".token__digits")).to_have_text(["0000", "0000", "0000", "0000", "0001"])
    await expect(page.locator(".token__block input").first).to_be_hidden()


@pytest.mark.parametrize("phone", [Phone(javascript=False), Phone("zh-CN", dark=True, width=195, height=422)], ids=str)
async def test_history_fits_also_at_twice_the_size(
    page: Page, begin: Begin, utility: build.Utility, work: Work, clock: Clock
) -> None:
    await _past(begin, utility, work, clock)
    async with begin() as db:
        _, secret = await sign_in_with_phone(db, HOLDER, clock())
    await page.goto("/")
    await page.context.add_cookies([{"name": "resident", "value": secret, "url": page.url}])

    await page.goto(f"/m/{utility.esam.number}/history")

    await expect(page.locator("svg.chart")).to_have_count(2)
    assert await page.evaluate(_OVERFLOW) <= 0
    await page.goto(await page.locator(".bought__ways a").nth(1).get_attribute("href") or "")
    assert await page.evaluate(_OVERFLOW) <= 0


async def _past(begin: Begin, utility: build.Utility, work: Work, clock: Clock) -> None:
    async with begin() as db:
        await stories.paid(db, utility.esam, 5000, clock())
        for back in range(1, 40):
            at = clock() - timedelta(days=back)
            row = Reading(
                id=uuid4(), meter_id=utility.esam.id, day=at.date(), kind="balance", source="daily", value=0, read_at=at
            )
            row.value = 300 * back % 5000 - 200
            db.add(row)
    await work()
