"""Ways, links and rules around the pay page: what a payer sees, and what a tampered form gets (SPEC R-4, R-8, M-15)."""

import re
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from httpx2 import Response
from sqlmodel import col, select

from app.db import Begin
from app.domain.payment import PaymentState, Way
from app.models import Account, Agreement, Concentrator, Meter, Payment, Resident, TopUpRule
from app.models.topup import LinkPurpose
from app.ports import Checkout, ProviderDown
from app.services import kept_meters
from app.services.links import LinkWish, make_link
from tests import build
from tests.app.web import stories
from tests.app.web.conftest import Browser
from tests.app.web.signing import HOLDER, OTHER, signed_in
from tests.app.web.test_pay import form_token, pay, payments
from tests.app.web.world import Counter, make_settings
from tests.clocks import Clock

WECHAT = "Mozilla/5.0 (iPhone) Mobile MicroMessenger/8.0.50"
KEY = make_settings().session_secret.get_secret_value()


@dataclass
class Signer(Counter):
    """A counter where agreements are signed; `names` are the signed ones."""

    ways: frozenset[Way] = frozenset({Way.PAGE, Way.AGREEMENT})
    names: dict[str, str] = field(default_factory=dict)
    offered: list[tuple[str, int]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    async def sign(self, ref: str, most_minor: int, return_url: str) -> Checkout:
        if self.down:
            raise ProviderDown("TimeoutError")
        self.offered.append((ref, most_minor))
        return Checkout(url=f"{self.address}/agree/{ref}")

    async def agreed(self, ref: str) -> str | None:
        return self.names.get(ref)

    async def revoke(self, ref: str) -> None:
        if self.down:
            raise ProviderDown("TimeoutError")
        self.ended.append(ref)


@pytest.fixture
def provider() -> Signer:
    return Signer()


async def link(begin: Begin, meter: Meter, clock: Clock, amount: int | None = 8000, greeting: str = "") -> str:
    async with begin() as db:
        return await make_link(db, LinkWish(meter.id, LinkPurpose.GIFT, amount, greeting), KEY, clock())


async def owing(begin: Begin, meter: Meter, balance_minor: int, arrears_minor: int) -> None:
    async with begin() as db:
        row = await db.get_one(Meter, meter.id)
        row.balance_minor, row.supply = balance_minor, "off"
        (await db.get_one(Account, row.account_id)).arrears_minor = arrears_minor


async def test_what_an_amount_does_is_told_in_one_line_and_costs_nothing(
    browser: Browser, begin: Begin, utility: build.Utility
) -> None:
    await owing(begin, utility.esam, -2400, 1200)
    page = await browser.open(f"/m/{utility.esam.number}/pay")

    answer = await pay(browser, page, amount="100", tell="1")

    assert answer.status_code == 200
    assert "Of ¥100: ¥12.00 settles what was owed, ¥88.00 goes into the meter." in answer.text
    assert "Then it holds ¥64.00." in answer.text
    assert "The light comes back." in answer.text
    assert form_token(answer) == form_token(page)
    assert await payments(begin) == []


async def test_an_amount_that_is_too_small_for_the_light_says_from_where(
    browser: Browser, begin: Begin, utility: build.Utility
) -> None:
    await owing(begin, utility.esam, -2400, 1200)

    part = await browser.open(f"/m/{utility.esam.number}/pay?amount=36", **{"hx-request": "true"})

    assert part.text.strip().startswith('<div id="effect"')
    assert "Not enough for the light: it comes back from ¥37." in part.text


async def test_an_unreachable_meter_takes_money_on_a_deliberate_yes_only(
    browser: Browser, begin: Begin, utility: build.Utility
) -> None:
    async with begin() as db:
        (await db.get_one(Concentrator, utility.concentrator.id)).front_end = None
    page = await browser.open(f"/m/{utility.esam.number}/pay")

    refused = await pay(browser, page, amount="50")
    taken = await pay(browser, refused, amount="50", wait="1")

    assert (refused.status_code, taken.status_code) == (409, 303)
    assert "Please tick that you want to pay although the line is down." in refused.text
    assert len(await payments(begin)) == 1


@pytest.mark.parametrize("other", ["amount", "provider", "meter"])
async def test_a_form_token_is_worth_one_meter_one_amount_and_one_provider(
    browser: Browser, begin: Begin, utility: build.Utility, other: str, deps: object, provider: Signer
) -> None:
    page = await browser.open(f"/m/{utility.esam.number}/pay")
    token = form_token(page)
    first = await browser.send(page.url.path, page, form_token=token, amount="50")
    assert first.status_code == 303

    path = f"/m/{utility.sts.number}/pay" if other == "meter" else page.url.path
    sent = {"amount": "60" if other == "amount" else "50"} | ({"provider": "cash"} if other == "provider" else {})
    answer = await browser.send(path, page, form_token=token, **sent)

    rows = await payments(begin)
    assert {(row.meter_id, row.amount_minor, row.provider) for row in rows} <= {
        (utility.esam.id, 5000, "counter"),
        (utility.sts.id, 5000, "counter"),  # another meter is another payment, never the first one's
    }
    assert answer.status_code == {"amount": 409, "provider": 400, "meter": 303}[other]
    assert len({row.form_token for row in rows}) == len(rows)


async def test_a_desktop_scans_a_code_and_more_time_closes_the_old_order_first(
    browser: Browser, begin: Begin, utility: build.Utility, provider: Signer
) -> None:
    provider.ways = frozenset({Way.QR})
    page = await browser.open(f"/m/{utility.esam.number}/pay")
    begun = await pay(browser, page, amount="50")
    place = await browser.open(begun.headers["location"])

    assert re.fullmatch(r"/payments/\w+/pay", begun.headers["location"])
    assert 'src="/payments/' in place.text
    assert 'data-left-s="1800"' in place.text
    assert (await browser.open(f"{place.url.path}/code.svg")).headers["content-type"] == "image/svg+xml"

    first = await browser.send(f"{place.url.path}/again", place)
    second = await browser.send(f"{place.url.path}/again", place)
    rows = await payments(begin)

    assert sorted(row.state for row in rows) == [PaymentState.CLOSED, PaymentState.WAITING]
    assert first.headers["location"] != begun.headers["location"]
    assert second.headers["location"] == begun.headers["location"].removesuffix("/pay")


async def test_the_open_code_page_leads_to_the_story_once_it_is_paid(
    browser: Browser, begin: Begin, utility: build.Utility, provider: Signer, clock: Clock
) -> None:
    provider.ways = frozenset({Way.QR})
    page = await browser.open(f"/m/{utility.esam.number}/pay")
    path = (await pay(browser, page, amount="50")).headers["location"]
    waiting = await browser.open(path, **{"hx-request": "true"})
    async with begin() as db:
        row = (await db.exec(select(Payment))).one()
        await stories.settled(db, row, clock())

    polled = await browser.client.get(path, headers={"hx-request": "true"})

    assert waiting.text.strip().startswith('<div id="live"')
    assert (polled.status_code, polled.headers["hx-redirect"]) == (204, f"/payments/{row.ref}")


async def test_inside_wechat_its_own_way_needs_to_know_the_payer(
    browser: Browser, begin: Begin, utility: build.Utility, provider: Signer, clock: Clock
) -> None:
    provider.ways = frozenset({Way.IN_APP, Way.QR})
    browser.client.headers["user-agent"] = WECHAT
    page = await browser.open(f"/m/{utility.esam.number}/pay")
    await pay(browser, page, amount="50")
    await signed_in(browser, begin, clock)
    async with begin() as db:
        (await db.exec(select(Resident))).one().openid = "open-1"

    page = await browser.open(f"/m/{utility.esam.number}/pay?anyway=1")
    begun = await pay(browser, page, amount="60", anyway="1")
    place = await browser.open(begun.headers["location"])

    assert sorted(row.way for row in await payments(begin)) == [Way.IN_APP, Way.QR]
    assert provider.orders[-1].payer.openid == "open-1"
    assert "wechat-pay." in place.text
    assert 'data-call="{&#34;package&#34;:' in place.text


async def test_a_link_opens_filled_in_and_says_nothing_of_who_lives_there(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    secret = await link(begin, utility.esam, clock, greeting="<b>Happy new year</b>")

    page = await browser.open(f"/p/{secret}")
    answer = await pay_link(browser, page, utility, amount="80")

    assert 'value="80"' in page.text
    assert "&lt;b&gt;Happy new year&lt;/b&gt;" in page.text
    assert page.headers["referrer-policy"] == "no-referrer"
    for private in ("Lin Ming", "4-502", HOLDER, utility.account.number):
        assert private not in page.text
    assert answer.status_code == 303
    (row,) = await payments(begin)
    assert row.link_id is not None


async def pay_link(browser: Browser, page: Response, utility: build.Utility, **sent: str) -> Response:
    hidden = re.search(r'name="link" value="([^"]+)"', page.text)
    assert hidden
    path = f"/m/{utility.esam.number}/pay"
    return await browser.send(path, page, form_token=form_token(page), link=hidden[1], **sent)


async def test_a_link_of_another_meter_is_no_link_of_this_one(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    secret = await link(begin, utility.sts, clock)
    page = await browser.open(f"/m/{utility.esam.number}/pay")

    await pay(browser, page, amount="50", link=secret)

    (row,) = await payments(begin)
    assert row.link_id is None


@pytest.mark.parametrize("secret", ["x" * 16, "..%2f..", "%00"])
async def test_a_link_that_is_over_says_so_and_leads_on(browser: Browser, utility: build.Utility, secret: str) -> None:
    answer = await browser.open(f"/p/{secret}")

    assert answer.status_code in (400, 404)
    assert "No money has been taken." in answer.text or answer.status_code == 404


async def test_a_resident_makes_shares_and_stops_a_link(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    await signed_in(browser, begin, clock)
    path = f"/my/{utility.esam.number}/gift"
    await browser.send(path, await browser.open(path), amount="80", greeting="Thank you")

    page = await browser.open(path)
    address = re.search(r'data-share="http://relight.test(/p/[^"]+)"', page.text)
    assert address
    opened = await browser.open(address[1])
    picture = re.search(r'src="(/my/[^"]+\.svg)"', page.text)
    assert picture
    drawn = await browser.open(picture[1])
    await browser.send(picture[1].replace(".svg", "/stop"), page)

    assert "Thank you" in opened.text
    assert drawn.headers["content-type"] == "image/svg+xml"
    assert (await browser.open(address[1])).status_code == 404


async def test_nobody_else_stops_or_draws_a_link(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    await signed_in(browser, begin, clock)
    path = f"/my/{utility.esam.number}/gift"
    await browser.send(path, await browser.open(path), amount="")
    page = await browser.open(path)
    picture = re.search(r'src="(/my/[^"]+\.svg)"', page.text)
    address = re.search(r'data-share="http://relight.test(/p/[^"]+)"', page.text)
    assert picture
    assert address

    await signed_in(browser, begin, clock, OTHER)
    async with begin() as db:
        other = (await db.exec(select(Resident).where(Resident.phone == OTHER))).one()
        await kept_meters.keep(db, other.id, utility.esam.number, clock())
    await browser.send(picture[1].replace(".svg", "/stop"), await browser.open("/my"))

    assert (await browser.open(picture[1])).status_code == 404
    assert (await browser.open(address[1])).status_code == 200


async def test_a_payer_sees_the_nickname_and_pays_as_last_time(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    await signed_in(browser, begin, clock, OTHER)
    async with begin() as db:
        me = (await db.exec(select(Resident).where(Resident.phone == OTHER))).one()
        await kept_meters.keep(db, me.id, utility.esam.number, clock())
        await kept_meters.rename(db, me.id, utility.esam.id, "Parents")
    page = await browser.open(f"/m/{utility.esam.number}/pay")
    await pay(browser, page, amount="75")
    async with begin() as db:
        purchase = await stories.settled(db, (await db.exec(select(Payment))).one(), clock())
        purchase.state = "credited"

    again = await browser.open(f"/m/{utility.esam.number}/pay")
    await pay(browser, again, usual="75:counter", amount="")

    assert "<strong>Parents</strong>" in again.text
    assert "¥75, as last time" in again.text
    assert [row.amount_minor for row in await payments(begin)] == [7500, 7500]


async def test_a_rule_that_pays_is_signed_for_and_ended(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock, provider: Signer
) -> None:
    await signed_in(browser, begin, clock)
    path = f"/my/{utility.esam.number}/topup"
    page = await browser.open(path)
    answer = await browser.send(path, page, kind="low", amount="50", below="20", provider="counter")
    ((ref, most),) = provider.offered
    waiting = await browser.open(path)
    provider.names[ref] = "agreement-1"
    signed = await browser.open(path)

    assert answer.headers["location"] == f"https://pay.test/agree/{ref}"
    assert most == 5000
    assert "https://pay.test" in page.headers["content-security-policy"]
    assert "Not signed yet" in waiting.text
    assert "pays it by itself" in signed.text
    async with begin() as db:
        rule = (await db.exec(select(TopUpRule))).one()
        assert (await db.exec(select(Agreement.provider_ref))).one() == "agreement-1"

    await browser.send(f"{path}/{rule.id}/stop", signed)

    assert provider.ended == [ref]
    async with begin() as db:
        assert (await db.get_one(TopUpRule, rule.id)).stopped_at == clock()
        assert (await db.exec(select(Agreement.ended_at))).one() == clock()


async def test_a_meter_that_is_kept_no_longer_is_not_paid_for_by_itself(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock, provider: Signer
) -> None:
    await signed_in(browser, begin, clock)
    path = f"/my/{utility.esam.number}/topup"
    await browser.send(path, await browser.open(path), kind="low", amount="50", below="20", provider="counter")
    ((ref, _),) = provider.offered

    await browser.send(f"/my/{utility.esam.number}/remove", await browser.open("/my"))

    assert provider.ended == [ref]
    async with begin() as db:
        assert (await db.exec(select(TopUpRule.stopped_at))).one() == clock()


async def test_a_rule_of_somebody_else_cannot_be_stopped(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    await signed_in(browser, begin, clock)
    path = f"/my/{utility.esam.number}/topup"
    await browser.send(path, await browser.open(path), kind="monthly", amount="50", day="5")
    async with begin() as db:
        rule_id: UUID = (await db.exec(select(TopUpRule.id))).one()

    await signed_in(browser, begin, clock, OTHER)
    async with begin() as db:
        other = (await db.exec(select(Resident).where(Resident.phone == OTHER))).one()
        await kept_meters.keep(db, other.id, utility.esam.number, clock())
    await browser.send(f"{path}/{rule_id}/stop", await browser.open(path))

    async with begin() as db:
        assert (await db.exec(select(TopUpRule).where(col(TopUpRule.stopped_at).is_(None)))).one().id == rule_id


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"amount": "0"}, "This is less than you can pay at one time."),
        ({"kind": "monthly", "day": "29"}, "The day of the month may be 1 to 28."),
        ({"kind": "monthly", "day": "x"}, "The day of the month may be 1 to 28."),
        ({"most": "11"}, "It may act 1 to 10 times a month."),
    ],
)
async def test_a_rule_that_cannot_be_kept_is_explained(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock, sent: dict[str, str], sentence: str
) -> None:
    await signed_in(browser, begin, clock)
    path = f"/my/{utility.esam.number}/topup"

    answer = await browser.send(path, await browser.open(path), **sent)

    assert answer.status_code == 422
    assert sentence in answer.text
