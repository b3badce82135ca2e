"""The page of ways: what is added, how each is used, and what stands in for what (SPEC R-7, N-3)."""

import re
from dataclasses import replace
from uuid import uuid4

import pytest
from httpx2 import Response
from sqlmodel import col, select
from starlette.applications import Starlette

from app.context import Deps
from app.db import Begin
from app.domain.notice import MessageKind
from app.domain.proving import hook_secret
from app.domain.suppression import SuppressionReason, SuppressionScope
from app.models import Contact
from app.models.account import ChannelName
from app.services import plans, suppressions
from app.services.plans import News
from app.services.residents import sign_in_with_openid
from app.services.suppressions import Entry
from tests import build
from tests.app.web.conftest import Browser
from tests.app.web.signing import signed_in
from tests.app.web.world import make_settings
from tests.clocks import Clock

SECRET = make_settings().session_secret.get_secret_value()
OFFERED = {"voice_channel": "console", "wechat_channel": "console", "webhook_channel": "console"}


@pytest.fixture
def offering(portal: Starlette, deps: Deps) -> None:
    """Every medium is carried by something."""
    settings = deps.settings.model_copy(update=OFFERED | {"wechat_appid": "wx1"})
    portal.state.deps = replace(deps, settings=settings)


async def contacts(begin: Begin) -> dict[str, Contact]:
    async with begin() as db:
        return {c.channel: c for c in await db.exec(select(Contact).order_by(col(Contact.position)))}


async def at_home(browser: Browser, begin: Begin, utility: build.Utility, clock: Clock) -> tuple[str, Response]:
    await signed_in(browser, begin, clock)
    path = f"/my/{utility.esam.number}/ways"
    return path, await browser.open(path)


@pytest.mark.usefixtures("offering")
async def test_a_program_is_added_and_its_secret_shown_once(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    path, page = await at_home(browser, begin, utility, clock)
    added = await browser.send(f"{path}/hook", page, url="https://shop.example/relight")
    again = await browser.send(f"{path}/hook", page, url="https://shop.example/relight")

    contact = (await contacts(begin))["webhook"]
    assert hook_secret(SECRET, contact.id) in added.text
    assert added.headers["cache-control"] == "no-store"
    assert hook_secret(SECRET, contact.id) not in (await browser.open(path)).text
    assert (again.status_code, "This way is there already" in again.text) == (422, True)
    assert contact.position > 0  # behind those that were there


@pytest.mark.usefixtures("offering")
@pytest.mark.parametrize(
    ("form", "fields", "words"),
    [
        ("hook", {"url": "http://shop.example"}, "not a whole web address"),
        ("hook", {"url": "https://10.0.0.1/"}, "open internet"),
        ("hook", {}, "not a whole web address"),
        ("mail", {"address": "lin@"}, "not a whole mail address"),
        ("call", {"key": "+8613900000009"}, "Only a number that gets SMS"),
        ("wechat", {}, "WeChat has not said who you are"),
    ],
)
async def test_what_cannot_be_told_is_said_beside_its_field(
    browser: Browser,
    begin: Begin,
    utility: build.Utility,
    clock: Clock,
    form: str,
    fields: dict[str, str],
    words: str,
) -> None:
    path, page = await at_home(browser, begin, utility, clock)
    answer = await browser.send(f"{path}/{form}", page, **fields)
    assert (answer.status_code, words in answer.text) == (422, True)
    assert list(await contacts(begin)) == ["sms"]


@pytest.mark.usefixtures("offering")
async def test_a_call_stands_in_for_its_own_sms_and_nobody_else_is_called(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    path, page = await at_home(browser, begin, utility, clock)
    answer = await browser.send(f"{path}/call", page, key=str(utility.contact.id))
    call = (await contacts(begin))["voice"]
    assert answer.headers["location"] == path
    assert (call.address, call.stands_in_for_id) == (utility.contact.address, utility.contact.id)
    assert "only if SMS" in (await browser.open(path)).text

    circle = await browser.send(f"{path}/{utility.contact.id}", page, on="1", stands_in_for=str(call.id))
    assert (circle.status_code, "would wait for each other" in circle.text) == (422, True)
    always = await browser.send(f"{path}/{call.id}", page, on="1", locale="en", stands_in_for="")
    assert always.status_code == 303
    assert (await contacts(begin))["voice"].stands_in_for_id is None


async def test_a_telephone_that_wants_no_word_of_purchases_gets_none_and_its_warnings_go_on(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    path, page = await at_home(browser, begin, utility, clock)
    assert page.text.count('name="results" value="1" checked') == 1
    await browser.send(f"{path}/{utility.contact.id}", page, on="1", locale="en")
    assert 'name="results" value="1">' in (await browser.open(path)).text

    async with begin() as db:
        for kind, planned in ((MessageKind.PURCHASE_CREDITED, 0), (MessageKind.ALARM_B, 1)):
            news = News(kind, uuid4(), utility.esam.id, uuid4().hex)
            assert (await plans.tell_account(db, news, clock())).messages == planned


@pytest.mark.usefixtures("offering")
async def test_wechat_tells_who_came_by_it(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    path, page = await at_home(browser, begin, utility, clock)
    async with begin() as db:
        before = browser.client.cookies.get("resident", domain="relight.test") or ""
        _, secret = await sign_in_with_openid(db, "oLin", clock(), before)
        nobody = Entry(ChannelName.WECHAT, "oLin", SuppressionScope.REMINDERS, SuppressionReason.CARRIER)
        await suppressions.add(db, nobody, clock())
    browser.client.cookies.set("resident", secret, domain="relight.test")
    assert (await browser.send(f"{path}/wechat", page)).status_code == 303
    assert (await contacts(begin))["wechat"].address == "oLin"
    assert (await browser.send("/my/wechat-consent", page)).status_code == 204
    async with begin() as db:
        assert await suppressions.standing(db, "wechat", "oLin") is None


async def test_an_address_whose_owner_ended_reminders_shows_as_off_and_is_switched_on_again(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    ended = Entry(ChannelName.SMS, utility.contact.address, SuppressionScope.REMINDERS, SuppressionReason.UNSUBSCRIBED)
    async with begin() as db:
        await suppressions.add(db, ended, clock())
    path, page = await at_home(browser, begin, utility, clock)
    assert "Reminders to it were ended" in page.text
    assert not re.search(r'name="on" value="1" checked', page.text)

    await browser.send(f"{path}/{utility.contact.id}", page, on="1", locale="en")

    assert re.search(r'name="on" value="1" checked', (await browser.open(path)).text)
    async with begin() as db:
        assert await suppressions.standing(db, "sms", utility.contact.address) is None


async def test_a_dead_address_stays_dead_whatever_is_switched(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    dead = Entry(ChannelName.SMS, utility.contact.address, SuppressionScope.ALL, SuppressionReason.UNREACHABLE)
    async with begin() as db:
        await suppressions.add(db, dead, clock())
    path, page = await at_home(browser, begin, utility, clock)
    await browser.send(f"{path}/{utility.contact.id}", page, on="1", locale="en")
    assert "Nothing reaches this address" in (await browser.open(path)).text
