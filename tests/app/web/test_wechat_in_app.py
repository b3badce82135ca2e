"""From a meter's code to a lit home inside WeChat: scanned, known by openid, paid by JSAPI, called back (SPEC R-6)."""

import html
import json
import re
from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import pytest
from httpx2 import Response
from pydantic import SecretStr
from sqlmodel import select
from starlette.applications import Starlette

from app.context import Deps
from app.db import Begin
from app.domain.payment import PaymentState, Way
from app.models import Payment, Purchase
from app.ports import PaymentProvider
from app.settings import Settings
from app.web.hooks import payments as hook
from app.web.routes import exception_handlers, portal_routes, web_middleware
from tests import build
from tests.app.web.conftest import Browser
from tests.app.web.world import make_settings
from tests.clocks import Clock
from tests.contract.wechatpay_side import wechatpay
from tests.standins.wechat_oa import APPID, SECRET, WechatAccountStandIn, wechat_account
from tests.standins.wechatpay import WechatStandIn, wechat_stand_in
from tests.standins.wechatpay.book import Wire

OPENID = "o-the-openid-of-somebody"
WECHAT = {"user-agent": "Mozilla/5.0 (iPhone) MicroMessenger/8.0.50"}
_WAY_IN = re.compile(r'href="(/wechat/enter[^"]*)"')
_CALL = re.compile(r'data-call="([^"]*)"')


@pytest.fixture
async def account(clock: Clock) -> AsyncIterator[WechatAccountStandIn]:
    async with wechat_account(clock) as made:
        yield made


@pytest.fixture
async def far(clock: Clock) -> AsyncIterator[WechatStandIn]:
    async with wechat_stand_in(clock) as made:
        yield made


@pytest.fixture
def provider(far: WechatStandIn, clock: Clock) -> PaymentProvider:
    return wechatpay(far, clock)


@pytest.fixture
def settings(account: WechatAccountStandIn) -> Settings:
    given = {"wechat_appid": APPID, "wechat_secret": SecretStr(SECRET), "wechat_url": account.url}
    return make_settings().model_copy(update=given)


@pytest.fixture
def portal(deps: Deps, settings: Settings) -> Starlette:
    """The portal with the door that WeChat calls back at."""
    app = Starlette(
        routes=[*hook.ROUTES, *portal_routes()],
        middleware=web_middleware(settings),
        exception_handlers=exception_handlers(),
    )
    app.state.deps = deps
    return app


@pytest.fixture
def phone(browser: Browser) -> Browser:
    """Somebody inside WeChat."""
    browser.client.headers.update(WECHAT)
    return browser


def way_in(page: Response) -> str:
    """The address behind "continue with WeChat"; empty where it is not offered."""
    found = _WAY_IN.search(page.text)
    return html.unescape(found[1]) if found else ""


async def come_back(phone: Browser, account: WechatAccountStandIn, address: str) -> Response:
    """Go to WeChat, be named, and come back to where one was led on."""
    asked = parse_qs(urlsplit((await phone.client.get(address)).headers["location"]).query)
    brought = {"code": account.comes(OPENID), "state": asked["state"][0]}
    return await phone.client.get("/wechat/back", params=brought)


async def test_scanned_named_and_paid_inside_wechat(
    phone: Browser, account: WechatAccountStandIn, far: WechatStandIn, begin: Begin, utility: build.Utility
) -> None:
    number = utility.esam.number
    assert f'href="/m/{number}/pay' in (await phone.open(f"/m/{number}")).text
    led = await come_back(phone, account, way_in(await phone.open(f"/m/{number}/pay?amount=50")))
    assert led.headers["location"] == f"/m/{number}/pay?amount=50"

    page = await phone.open(led.headers["location"])
    assert way_in(page) == ""
    assert 'value="50"' in page.text
    begun = await phone.send(f"/m/{number}/pay", page, form_token="form-1", amount="50")
    place = await phone.open(begun.headers["location"])

    async with begin() as db:
        payment = (await db.exec(select(Payment))).one()
    deal = far.book.deals[payment.ref]
    assert (payment.way, deal.kind, deal.asked["payer"]) == (Way.IN_APP, "jsapi", {"openid": OPENID})
    assert_can_be_called(place, APPID)

    far.pay(payment.ref)
    headers, body = far.callback(payment.ref)
    told = await phone.client.post("/hooks/payments/wechatpay", content=body, headers=headers)
    assert told.status_code in (200, 204)
    async with begin() as db:
        assert (await db.exec(select(Payment.state))).one() == PaymentState.PAID
        assert (await db.exec(select(Purchase.amount_minor))).one() == 5000
    assert (await phone.client.get(f"/payments/{payment.ref}/pay")).headers["location"] == f"/payments/{payment.ref}"


def assert_can_be_called(place: Response, appid: str) -> None:
    """The button bears what WeixinJSBridge wants, with the names and types that it wants (JSAPI 调起支付)."""
    found = _CALL.search(place.text)
    assert found is not None, place.text
    call: Wire = json.loads(html.unescape(found[1]))
    assert set(call) == {"appId", "timeStamp", "nonceStr", "package", "signType", "paySign"}
    assert all(isinstance(value, str) and value for value in call.values())
    assert (call["appId"], call["signType"]) == (appid, "RSA")
    assert str(call["package"]).startswith("prepay_id=")


async def test_who_is_not_named_pays_by_a_code_all_the_same(
    phone: Browser, begin: Begin, utility: build.Utility
) -> None:
    number = utility.esam.number
    page = await phone.open(f"/m/{number}/pay")
    await phone.send(f"/m/{number}/pay", page, form_token="form-1", amount="50")
    async with begin() as db:
        assert (await db.exec(select(Payment.way))).one() == Way.QR


async def test_the_sign_in_page_offers_wechat_inside_wechat_and_leads_on(
    phone: Browser, account: WechatAccountStandIn
) -> None:
    led = await come_back(phone, account, way_in(await phone.open("/sign-in?next=/my/people")))
    assert led.headers["location"] == "/my/people"
    assert way_in(await phone.open("/sign-in")) == ""


@pytest.mark.parametrize("path", ["/sign-in", "/m/{number}/pay"])
async def test_outside_wechat_it_is_not_offered(browser: Browser, utility: build.Utility, path: str) -> None:
    assert way_in(await browser.open(path.format(number=utility.esam.number))) == ""
