"""The terminal at a simulated metering box, in Chromium: a screen to touch, a keypad, a scanner that types."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from playwright.async_api import Browser, Page, expect

from kiosk.ui import make_ui
from kiosk.ui.program import Front
from kiosk.ui.visit import Visit
from kiosk.wedge import RULE
from tests.kiosk.box import Box
from tests.kiosk.conftest import box, boxes, house
from tests.serving import served

__all__ = ["box", "boxes", "house"]

WIDE = {"width": 1280, "height": 800}


@dataclass
class Standing:
    """Somebody before the terminal. `page` is its screen, `box` what stands there."""

    page: Page
    box: Box
    front: Front

    @property
    def visit(self) -> Visit:
        """Where the visitor is."""
        return self.front.visit

    async def touch(self, act: str, value: str = "") -> None:
        """Touch a button."""
        found = self.page.locator(f'[data-act="{act}"]' + (f'[data-value="{value}"]' if value else ""))
        await found.first.click()

    async def scan(self, text: str) -> None:
        """Hold something before the scanner: it types faster than any finger."""
        await self.page.evaluate(_BURST, [RULE.prefix, *text, RULE.suffix])

    async def prefix(self) -> None:
        """Press the key that opens a burst, as the operating system hands it on; no keyboard here has it."""
        keyboard = await self.page.context.new_cdp_session(self.page)
        key = {"key": RULE.prefix, "code": RULE.prefix, "windowsVirtualKeyCode": 124}
        await keyboard.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **key})
        await keyboard.send("Input.dispatchKeyEvent", {"type": "keyUp", **key})

    async def reads(self, text: str) -> None:
        """Read this on the screen, soon."""
        await expect(self.page.locator("#screen")).to_contain_text(text)

    async def by_keypad(self) -> None:
        """Let staff have set the display of eight lines."""
        self.box.platform.settings["display"] = "keypad"
        assert await self.box.terminal.sync.beat()
        await expect(self.page.locator(".lines")).to_be_visible()

    async def cut(self) -> None:
        """Cut the backhaul; the terminal has noticed."""
        self.box.platform.away = True
        await self.box.terminal.sync.refresh()


_BURST = """
(keys) => keys.forEach(key =>
  document.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true, cancelable: true})))
"""


@pytest.fixture
async def standing(browser: Browser, box: Box) -> AsyncIterator[Standing]:
    """Somebody who reads English, before the attract screen."""
    box.platform.settings["language"] = "en"
    await box.terminal.sync.beat()
    app = make_ui(box.terminal.counter, box.settings)
    front = app.state.front
    assert isinstance(front, Front)
    async with served(app) as url:
        context = await browser.new_context(base_url=url, viewport=WIDE, reduced_motion="reduce")  # type: ignore[arg-type]
        context.set_default_timeout(10_000)
        page = await context.new_page()
        complaints: list[str] = []
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto("/")
        somebody = Standing(page, box, front)
        if front.visit.language != "en":
            await somebody.touch("language")
        yield somebody
        await context.close()
        assert complaints == []
