"""WeChat's own scanner, played by a page script: what a code says is followed to pages of ours only."""

import json

import pytest
from playwright.async_api import Page, Route, expect

from app.settings import Settings
from tests import build
from tests.app.web.world import ADDRESS, make_settings

_WX = """
window.wx = {config: (told) => { window.told = told; }, ready: (go) => setTimeout(go, 0),
             scanQRCode: (asked) => asked.success({resultStr: %s})};
"""


@pytest.fixture
def settings() -> Settings:
    return make_settings().model_copy(update={"wechat_appid": "wx0123456789abcdef"})


async def scan(page: Page, text: str) -> None:
    """Open the front page inside WeChat, and scan a code that says `text`."""

    async def script(route: Route) -> None:
        await route.fulfill(body=_WX % json.dumps(text), content_type="text/javascript")

    async def signed(route: Route) -> None:
        await route.fulfill(json={"appId": "wx", "nonceStr": "n", "timestamp": 1, "signature": "s"})

    await page.set_extra_http_headers({"user-agent": "Mozilla/5.0 (iPhone) MicroMessenger/8.0.50"})
    await page.route("https://res.wx.qq.com/**", script)
    await page.route("**/wechat/sdk?**", signed)
    await page.goto("/")
    await page.get_by_role("button", name="Scan with WeChat").click()


@pytest.mark.parametrize("before", ["CODE_128,", f"{ADDRESS}/m/"])
async def test_a_scanned_meter_is_opened(page: Page, utility: build.Utility, before: str) -> None:
    await scan(page, before + utility.esam.number)
    await page.wait_for_url(f"**/m/{utility.esam.number}")


@pytest.mark.parametrize(
    "text", ["https://evil.test/m/201000000012", "CODE_128,javascript:alert(1)", f"{ADDRESS}/sign-out", "wxp://f2f0abc"]
)
async def test_a_code_that_leads_elsewhere_is_refused_with_words(page: Page, text: str) -> None:
    await scan(page, text)
    await expect(page.locator("#wechat-scan [role=alert]")).to_contain_text("leads somewhere else")
    assert page.url.endswith("/")
