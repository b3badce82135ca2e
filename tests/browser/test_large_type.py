"""Elderly mode in numbers, on every page: text of 18 px up to 30, lines, contrast, size of controls (SPEC R-11)."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from app.db import Begin
from app.domain.wallet import BalanceSource
from app.models import Meter
from app.services.readings import record_balance
from app.services.residents import sign_in_with_phone
from tests import build
from tests.browser.chromium import Phone
from tests.browser.pages import PAGES, Looked
from tests.clocks import Clock

_HERE = Path(__file__).resolve().parent
_TEXTS = (_HERE / "measure_texts.js").read_text("utf-8").partition("\n")[2]
_CONTROLS = (_HERE / "measure_controls.js").read_text("utf-8").partition("\n")[2]
_OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_LEAST_PX = {"large": 18, "largest": 22}
_BODY_PX = {"large": 18, "largest": 30}


async def _home(begin: Begin, utility: build.Utility, clock: Clock) -> str:
    """A household that has used some of its money; the secret of its session."""
    async with begin() as db:
        meter = await db.get_one(Meter, utility.esam.id, with_for_update=True)
        meter.daily_use_minor = 400
        await record_balance(db, meter, 1800, BalanceSource.DAILY, clock())
        who, secret = await sign_in_with_phone(db, utility.contact.address, clock())
        who.locale = "en"
    return secret


@pytest.mark.parametrize(("phone", "size"), [(Phone("zh-CN", dark=True), "large"), (Phone(), "largest")], ids=str)
async def test_every_page_keeps_to_the_numbers_of_elderly_mode(
    page: Page, address: str, begin: Begin, utility: build.Utility, clock: Clock, phone: Phone, size: str
) -> None:
    session = await _home(begin, utility, clock)
    wrong: list[str] = []
    for looked in PAGES:
        await page.context.clear_cookies()
        if looked.signed_in:
            await page.context.add_cookies([{"name": "resident", "value": session, "url": address}])
        wrong += await _measured(page, looked, looked.at(utility), "large" if looked.one_size else size)
    assert wrong == []


async def _measured(page: Page, looked: Looked, path: str, size: str) -> list[str]:
    """What is too small, too tight, too pale or too wide on one page."""
    lang = "zh" if "zh" in await page.evaluate("navigator.language") else "en"
    joined = "&" if "?" in path else "?"
    await page.goto(f"{path}{joined}type={size}&lang={lang}")
    wrong = [f"{looked.name}: control {each}" for each in await page.evaluate(_CONTROLS)]
    for text in await page.evaluate(_TEXTS):
        if text["size"] < _LEAST_PX[size] - 0.01:
            wrong.append(f"{looked.name}: {text['size']} px {text['what']}")
        if text["line"] < 1.3 - 0.01 and not text["field"] and text["size"] < 40:
            wrong.append(f"{looked.name}: line {text['line']:.2f} {text['what']}")
        if text["contrast"] < 4.5 and not text["off"]:
            wrong.append(f"{looked.name}: contrast {text['contrast']:.2f} {text['what']}")
    body_px = await page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
    if body_px < _BODY_PX[size]:
        wrong.append(f"{looked.name}: body text of {body_px} px")
    if (wide := await page.evaluate(_OVERFLOW)) > 0:
        wrong.append(f"{looked.name}: {wide} px too wide")
    return wrong


async def test_large_type_is_one_tap_and_offers_less(page: Page, begin: Begin, utility: build.Utility) -> None:
    await page.goto(f"/m/{utility.esam.number}")
    spare = page.get_by_role("link", name="Another meter")
    before = await spare.is_visible()

    await page.get_by_role("link", name="Large type").click()

    await expect(spare).to_be_hidden()
    assert before
    await page.goto("/")
    await expect(page.locator("html")).to_have_attribute("data-type", "large")
    await page.get_by_role("link", name="Usual type").click()
    await expect(page.locator("html")).not_to_have_attribute("data-type", "large")


async def test_the_first_tab_stop_leads_past_the_head(page: Page, utility: build.Utility) -> None:
    await page.goto(f"/m/{utility.esam.number}")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.className") == "skip"
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.id") == "content"
