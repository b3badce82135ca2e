"""Coming by WeChat: sign-in that belongs to the browser that began it, the scanner's signature, the domain's proof."""

from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from httpx2 import Response
from pydantic import SecretStr
from sqlmodel import select

from app.db import Begin
from app.models import Resident, ResidentSession
from app.settings import Settings
from app.wechat import OfficialAccount, WechatError, sdk_signature
from tests.app.web.conftest import Browser
from tests.app.web.world import ADDRESS, make_settings
from tests.clocks import Clock
from tests.standins.wechat_oa import APPID, SECRET, WechatAccountStandIn, wechat_account

OPENID = "o-the-openid-of-somebody"


@pytest.fixture
async def wechat(clock: Clock) -> AsyncIterator[WechatAccountStandIn]:
    async with wechat_account(clock) as made:
        yield made


@pytest.fixture
def account(wechat: WechatAccountStandIn, clock: Clock) -> OfficialAccount:
    return OfficialAccount(APPID, SECRET, wechat.url, clock)


@pytest.fixture
def settings(wechat: WechatAccountStandIn) -> Settings:
    given = {"wechat_appid": APPID, "wechat_secret": SecretStr(SECRET), "wechat_url": wechat.url}
    return make_settings().model_copy(update=given | {"wechat_verifications": "abcDEF123, other"})


async def enter(browser: Browser, where: str = "/my") -> str:
    """Go to WeChat; the state that it is to bring back."""
    answer = await browser.client.get("/wechat/enter", params={"next": where})
    assert answer.status_code == 303
    asked = parse_qs(urlsplit(answer.headers["location"]).query)
    assert (asked["scope"], asked["redirect_uri"]) == (["snsapi_base"], [f"{ADDRESS}/wechat/back"])
    return asked["state"][0]


async def back(browser: Browser, code: str, state: str) -> Response:
    return await browser.client.get("/wechat/back", params={"code": code, "state": state})


async def sessions(begin: Begin) -> int:
    async with begin() as db:
        return len((await db.exec(select(ResidentSession))).all())


async def test_somebody_who_comes_by_wechat_is_signed_in_and_led_on(
    browser: Browser, wechat: WechatAccountStandIn, begin: Begin
) -> None:
    answer = await back(browser, wechat.comes(OPENID), await enter(browser))
    assert answer.headers["location"] == "/my"
    assert (await browser.client.get("/my")).status_code == 200
    async with begin() as db:
        assert (await db.exec(select(Resident.openid))).one() == OPENID


async def test_another_browsers_state_signs_nobody_in(
    browser: Browser, wechat: WechatAccountStandIn, begin: Begin
) -> None:
    mine = await enter(browser)
    code = wechat.comes(OPENID)
    assert (await back(browser, code, mine[::-1])).headers["location"] == "/"
    browser.client.cookies.clear()
    assert (await back(browser, code, mine)).headers["location"] == "/"
    assert (await sessions(begin), wechat.asked) == (0, [])


async def test_a_state_is_good_once(browser: Browser, wechat: WechatAccountStandIn, begin: Begin) -> None:
    state = await enter(browser)
    await back(browser, wechat.comes(OPENID), state)
    assert (await back(browser, wechat.comes("o-another"), state)).headers["location"] == "/"
    assert await sessions(begin) == 1


async def test_a_session_that_was_planted_is_not_the_one_that_signs_in(
    browser: Browser, wechat: WechatAccountStandIn
) -> None:
    browser.client.cookies.set("resident", "planted")
    browser.client.cookies.set("__Host-resident", "planted")
    answer = await back(browser, wechat.comes(OPENID), await enter(browser))
    given = [line for line in answer.headers.get_list("set-cookie") if "resident=" in line]
    assert given
    assert all("planted" not in line for line in given)


async def test_a_code_that_wechat_does_not_know_leaves_a_guest_who_goes_on(browser: Browser, begin: Begin) -> None:
    answer = await back(browser, "strange", await enter(browser, "/m/12345678903/pay"))
    assert answer.headers["location"] == "/m/12345678903/pay"
    assert await sessions(begin) == 0


@pytest.mark.parametrize("place", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
async def test_wechat_leads_to_our_own_pages_only(browser: Browser, wechat: WechatAccountStandIn, place: str) -> None:
    answer = await back(browser, wechat.comes(OPENID), await enter(browser, place))
    assert answer.headers["location"] == "/my"


async def test_without_an_account_there_is_no_way_in(browser: Browser, portal: object) -> None:
    known = portal.state.deps  # type: ignore[attr-defined]
    portal.state.deps = replace(known, settings=make_settings())  # type: ignore[attr-defined]
    assert (await browser.client.get("/wechat/enter")).status_code == 404


async def test_the_file_that_proves_the_domain_is_served_and_no_other(browser: Browser) -> None:
    assert (await browser.client.get("/MP_verify_abcDEF123.txt")).text == "abcDEF123"
    assert (await browser.client.get("/MP_verify_strange.txt")).status_code == 404


async def test_pages_of_ours_are_signed_for_the_scanner_and_others_are_not(browser: Browser) -> None:
    page = f"{ADDRESS}/?a=1"
    told = (await browser.client.get("/wechat/sdk", params={"url": f"{page}#part"})).json()
    assert told["signature"] == sdk_signature("a ticket", told["nonceStr"], told["timestamp"], page)
    for url in ("https://evil.example/", "http://[", f"{ADDRESS}@evil.example/"):
        assert (await browser.client.get("/wechat/sdk", params={"url": url})).status_code == 400


def test_the_signature_is_that_of_wechats_own_example() -> None:
    ticket = "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg"
    signed = sdk_signature(ticket, "Wm3WZYTPz0wzccnW", 1414587457, "http://mp.weixin.qq.com?params=value#part")
    assert signed == "0f9de62fce790f9a083d5c99e95740ceb90c27ed"


async def test_a_ticket_is_fetched_once_while_it_is_good(
    account: OfficialAccount, wechat: WechatAccountStandIn, clock: Clock
) -> None:
    assert [await account.ticket() for _ in range(3)] == ["a ticket"] * 3
    assert len(wechat.asked) == 2
    clock.forward(hours=2)
    await account.ticket()
    assert len(wechat.asked) == 4


async def test_a_token_that_ended_early_is_fetched_anew_once(
    account: OfficialAccount, wechat: WechatAccountStandIn
) -> None:
    wechat.consents = [OPENID, OPENID]
    await account.send(OPENID, "template", "https://light.example", {"thing1": "low"})
    wechat.expire()
    await account.send(OPENID, "template", "https://light.example", {"thing1": "low"})
    assert len(wechat.sent) == 2


async def test_a_message_that_nobody_asked_for_is_refused_for_good(account: OfficialAccount) -> None:
    with pytest.raises(WechatError) as told:
        await account.send(OPENID, "template", "https://light.example", {})
    assert (told.value.code, told.value.errcode) == ("no_consent", 43101)


async def test_a_code_works_once_and_for_five_minutes(
    account: OfficialAccount, wechat: WechatAccountStandIn, clock: Clock
) -> None:
    code, late = wechat.comes(OPENID), wechat.comes(OPENID)
    assert await account.openid_of(code) == OPENID
    clock.forward(minutes=6)
    for worthless in (code, late, "strange"):
        with pytest.raises(WechatError) as told:
            await account.openid_of(worthless)
        assert told.value.code == "bad_code"


async def test_a_wechat_that_is_not_there_says_nothing_of_the_secret(
    wechat: WechatAccountStandIn, account: OfficialAccount
) -> None:
    wechat.broken = True
    with pytest.raises(WechatError) as told:
        await account.openid_of(wechat.comes(OPENID))
    assert told.value.code == "down"
    assert SECRET not in repr(told.value)


async def test_the_scanner_is_on_the_front_page_inside_wechat_and_nowhere_else(browser: Browser) -> None:
    inside = await browser.open("/", **{"user-agent": "Mozilla/5.0 (iPhone) MicroMessenger/8.0.50"})
    assert "res.wx.qq.com" in inside.text
    assert "res.wx.qq.com" not in (await browser.open("/")).text
