"""The whole way of a resident in the dark, on a phone: scan the meter, pay at the bank, see the light come back."""

from collections.abc import AsyncIterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.async_api import Browser, FilePayload, expect
from starlette.applications import Starlette

from app.context import Deps
from app.db import Begin
from app.domain.relay import Supply
from app.domain.wallet import BalanceSource
from app.models import Meter
from app.services.readings import record_balance
from app.settings import Settings
from app.web.routes import all_routes, exception_handlers, web_middleware
from tests import build
from tests.app.web.world import Work, worker
from tests.browser.chromium import Phone, held
from tests.clocks import Clock
from tests.fakes import Bench
from tests.rehearsal import rehearsal
from tests.serving import served

DEBT = 250


@pytest.fixture
async def street(deps: Deps, settings: Settings, clock: Clock, tmp_path: Path) -> AsyncIterator[tuple[str, Work]]:
    """The web as it is served, with the rehearsal bank behind its pay page; and somebody who does what is due."""
    app = Starlette(
        routes=all_routes(settings), middleware=web_middleware(settings), exception_handlers=exception_handlers()
    )
    async with served(app) as address:
        hook = f"{address}/hooks/payments/sandbox"
        async with rehearsal(tmp_path / "bank.sqlite", clock, hook) as bank:
            known = settings.model_copy(update={"public_url": address})
            mine = replace(deps, settings=known, providers={"sandbox": bank.provider})
            app.state.deps = mine
            yield address, worker(mine)


def label(text: str) -> FilePayload:
    """A photograph of the code on the meter's door."""
    drawn = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode).to_image(scale=6, add_quiet_zones=True)
    file = BytesIO()
    Image.fromarray(drawn).save(file, "PNG")
    return FilePayload(name="label.png", mimeType="image/png", buffer=file.getvalue())


async def darken(begin: Begin, meter_id: object, bench: Bench, clock: Clock) -> None:
    """The money in the meter is used up, and its relay is open."""
    bench.balance, bench.relay_open = -DEBT, True
    async with begin() as db:
        meter = await db.get_one(Meter, meter_id, with_for_update=True)
        await record_balance(db, meter, -DEBT, BalanceSource.READBACK, clock())
        meter.supply, meter.supply_read_at = Supply.OFF, clock()


async def test_from_the_scan_in_the_dark_to_the_light(
    browser: Browser,
    street: tuple[str, Work],
    begin: Begin,
    bench: Bench,
    utility: build.Utility,
    clock: Clock,
) -> None:
    address, work = street
    await darken(begin, utility.esam.id, bench, clock)
    async with held(browser, Phone(), address) as context:
        page = await context.new_page()
        await page.goto("/scan")
        await page.wait_for_selector("#scan[data-ready]")
        await page.set_input_files("#scan-picture", label(f"{address}/m/{utility.esam.number}"))
        await page.wait_for_url(f"**/m/{utility.esam.number}")
        await expect(page.locator("main")).to_contain_text("Pay ¥3 or more and the light comes back.")

        await page.goto(f"/m/{utility.esam.number}/pay")
        await page.get_by_role("button", name="light comes back").click()
        await page.locator("button[value=pay]").click()
        await page.wait_for_url("**/payments/**")
        await expect(page.locator("main")).to_contain_text("On its way to your meter")
        await work()

        await expect(page.locator("main")).to_contain_text("Your power is on")
    assert (bench.balance, bench.relay_open, bench.credits) == (300 - DEBT, False, [300])
