"""The portal on a loopback port, and a phone to hold it with."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page
from starlette.applications import Starlette

from tests.app.web.conftest import bench, deps, portal, provider, settings, work
from tests.browser.chromium import MISSING, PROGRAM, Phone, chromium, held
from tests.serving import served

__all__ = ["bench", "deps", "portal", "provider", "settings", "work"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here drives a browser; without one it is skipped, with a word on how to get it."""
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)
            if not PROGRAM.exists():
                item.add_marker(pytest.mark.skip(reason=MISSING))


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for all tests."""
    async with chromium() as started:
        yield started


@pytest.fixture
async def address(portal: Starlette) -> AsyncIterator[str]:
    """Where the portal is served."""
    async with served(portal) as url:
        yield url


@pytest.fixture
def phone() -> Phone:
    """An English phone; a test may ask for another by parameter."""
    return Phone()


@pytest.fixture
async def page(browser: Browser, address: str, phone: Phone) -> AsyncIterator[Page]:
    """An empty page; whatever the browser complains of fails the test."""
    async with held(browser, phone, address) as context:
        opened = await context.new_page()
        complaints: list[str] = []
        opened.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        yield opened
        assert [said for said in complaints if "404" not in said and "422" not in said] == []
