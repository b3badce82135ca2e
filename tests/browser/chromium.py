"""Debian's Chromium, as a phone holds it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, async_playwright

PROGRAM = Path("/usr/bin/chromium")
MISSING = "no /usr/bin/chromium: `apt-get install chromium` (Debian) brings the one that these tests drive"
_QUIET = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
]


@dataclass(frozen=True, slots=True)
class Phone:
    """How somebody looks at us: language ("en-GB", "zh-CN"), light or dark, with or without JavaScript."""

    language: str = "en-GB"
    dark: bool = False
    javascript: bool = True
    width: int = 390
    height: int = 844


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser that speaks to nobody but the pages it is sent to."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=PROGRAM, args=_QUIET)
        yield browser
        await browser.close()


@asynccontextmanager
async def held(browser: Browser, phone: Phone, address: str) -> AsyncIterator[BrowserContext]:
    """A phone with no past."""
    context = await browser.new_context(
        base_url=address,
        locale=phone.language,
        color_scheme="dark" if phone.dark else "light",
        java_script_enabled=phone.javascript,
        viewport={"width": phone.width, "height": phone.height},
        device_scale_factor=2,
        has_touch=True,
        is_mobile=True,
    )
    context.set_default_timeout(10_000)
    try:
        yield context
    finally:
        await context.close()
