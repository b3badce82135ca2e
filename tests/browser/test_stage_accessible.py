"""The control page of a rehearsal, by the same measures as all others."""

from collections.abc import AsyncIterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Browser
from pydantic import SecretStr

from app.context import Deps
from app.db import Begin
from app.demo.seed import seed
from app.demo.stage.program import Stage, make_stage
from app.settings import Settings
from tests.app.demo.test_stage import TOWN, bank, simulated
from tests.app.web.world import ADDRESS
from tests.browser.chromium import Phone, held
from tests.browser.faults import bring_axe, faults
from tests.clocks import Clock
from tests.fakes import SilentBell
from tests.rehearsal import SECRET, Rehearsal
from tests.serving import served

__all__ = ["bank", "simulated"]


@pytest.fixture
async def stage(begin: Begin, clock: Clock, simulated: int, bank: Rehearsal, tmp_path: Path) -> AsyncIterator[str]:
    """Where the page is served."""
    async with begin() as db:
        await seed(db, clock(), ZoneInfo("Asia/Shanghai"), TOWN)
    settings = Settings(
        public_url=ADDRESS,
        session_secret=SecretStr("x" * 32),
        sandbox_url=bank.url,
        sandbox_secret=SecretStr(SECRET.decode()),
    )
    deps = Deps(begin=begin, bell=SilentBell(), now=clock, settings=settings, name="stage")
    async with served(make_stage(settings, Stage(TOWN, (simulated,), tmp_path / "conduct.json"), deps)) as url:
        yield url


async def test_nothing_is_wrong_with_the_pages_of_the_rehearsal(browser: Browser, stage: str) -> None:
    for phone in (Phone(width=1280, height=900), Phone("zh-CN", dark=True, width=640, height=450)):
        async with held(browser, phone, stage) as context:
            await bring_axe(context)
            page = await context.new_page()
            for path in ("/", "/look"):
                await page.goto(path)
                wrong = await faults(page)
                assert not wrong, "\n".join(wrong)
