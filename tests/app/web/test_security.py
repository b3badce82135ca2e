"""What must never leave: codes and tokens in a log or an address, and the cookies and pages of somebody else."""

import json
import logging
from collections.abc import AsyncIterator

import pytest
from httpx2 import ASGITransport, AsyncClient, Request, Response
from sqlmodel import select
from starlette.applications import Starlette

from app.context import Deps
from app.db import Begin
from app.domain.payment import Way
from app.models import Payment, Purchase
from app.services.kiosks import enrolment
from app.services.kiosks.enrolment import NewKiosk
from app.services.payments import record_callback
from app.settings import Settings
from app.web.resident import place_after_sign_in
from app.web.routes import all_routes, exception_handlers, web_middleware
from tests import build
from tests.app.web import stories
from tests.app.web.conftest import Browser
from tests.app.web.signing import HOLDER, OTHER, ask_code, digits_sent, send_digits, signed_in
from tests.app.web.world import ADDRESS, Counter, Work
from tests.clocks import Clock
from tests.fakes import Bench
from tests.terminal import Terminal

PAYERS_CODE = "134567890123456789"
TOKEN = "00000000000000000001"  # the first that the fake security module issues
TYPED_TOKEN = "57281930465718293046"


@pytest.fixture
def provider() -> Counter:
    """One provider, which charges payers' codes too."""
    return Counter(name="wechatpay", ways=frozenset({Way.PAGE, Way.QR, Way.BARCODE}))


@pytest.fixture
def portal(deps: Deps, settings: Settings) -> Starlette:
    """The whole web: residents' pages, the terminals' interface, the console."""
    app = Starlette(
        routes=all_routes(settings), middleware=web_middleware(settings), exception_handlers=exception_handlers()
    )
    app.state.deps = deps
    return app


@pytest.fixture
def seen() -> list[str]:
    """Every address that was asked for, or that an answer led to."""
    return []


@pytest.fixture
async def browser(portal: Starlette, seen: list[str]) -> AsyncIterator[Browser]:
    """A browser whose every address is written down."""

    async def asked(request: Request) -> None:
        seen.append(str(request.url))

    async def answered(response: Response) -> None:
        seen.append(response.headers.get("location", ""))

    async with AsyncClient(
        transport=ASGITransport(portal, raise_app_exceptions=False),
        base_url=ADDRESS,
        headers={"accept-language": "en"},
        event_hooks={"request": [asked], "response": [answered]},
    ) as client:
        yield Browser(client)


async def shop_by_terminal(browser: Browser, begin: Begin, utility: build.Utility, clock: Clock) -> None:
    """A terminal charges a payer's code, and tells of a token that somebody typed."""
    async with begin() as db:
        _, code = await enrolment.expect(db, NewKiosk("Box 1", utility.concentrator.id, None), clock())
    terminal = Terminal(browser.client, clock)
    assert (await terminal.enrol(code)).status_code == 200
    wish = {"amount_minor": 5000, "form_token": "t1", "way": "barcode", "payer_code": PAYERS_CODE}
    charged = await terminal.post(f"/meters/{utility.sts.number}/payments", wish)
    assert charged.json()["state"] == "checking"
    line = {"entry": 1, "kind": "token_entered", "meter": utility.sts.number, "happened_at": clock().isoformat()}
    await terminal.tell({**line, "body": {"digits": TYPED_TOKEN, "detail": TYPED_TOKEN, "outcome": "refused"}})
    await terminal.get("/cache")


async def test_no_code_no_token_and_no_phone_is_in_a_log_or_an_address(
    browser: Browser,
    begin: Begin,
    utility: build.Utility,
    bench: Bench,
    work: Work,
    clock: Clock,
    seen: list[str],
    caplog: pytest.LogCaptureFixture,
    settings: Settings,
) -> None:
    bench.unreachable = True
    caplog.set_level(logging.DEBUG, "httpx2")  # programs quieten it, tests of programs too
    with caplog.at_level(logging.DEBUG):
        await ask_code(browser, HOLDER, "/my")
        digits = await digits_sent(begin)
        assert (await send_digits(browser, digits, "/my")).headers["location"] == "/my"
        await shop_by_terminal(browser, begin, utility, clock)
        async with begin() as db:
            payment = (await db.exec(select(Payment))).one()
            await record_callback(db, stories.told(payment, clock()), clock())
        await work()
        async with begin() as db:
            ref = (await db.exec(select(Purchase.ref))).one()
        story = await browser.open(f"/purchases/{ref}")
        assert 'token__digits">0001<' in story.text
        assert (await browser.open(f"/purchases/{ref}/codes/1/qr.svg")).status_code == 200
        scan = await browser.open("/scan")
        for secret in (TYPED_TOKEN, PAYERS_CODE):
            assert secret not in (await browser.send("/scan", scan, code=secret)).text
        await send_digits(browser, "000000")

    assert len(caplog.records) > 3
    key = settings.session_secret.get_secret_value()
    for secret in (digits, PAYERS_CODE, TOKEN, TYPED_TOKEN, HOLDER, HOLDER[3:], key):
        assert secret not in caplog.text
        assert not [address for address in seen if secret in address]
        assert secret not in json.dumps([str(record.__dict__) for record in caplog.records])


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.test/",
        "//evil.test",
        "/\\evil.test",
        "\\/evil.test",
        "javascript:alert(1)",
        "/\t/evil.test",
        "/m/1\r\nset-cookie: a=b",
        " //evil.test",
        "/sign-in?next=//evil.test",
        "/" + "a" * 400,
    ],
)
async def test_signing_in_leads_to_our_own_pages_only(browser: Browser, begin: Begin, wanted: str) -> None:
    assert place_after_sign_in(wanted) == "/my"
    await ask_code(browser, OTHER, wanted)
    answer = await send_digits(browser, await digits_sent(begin), wanted)
    assert answer.headers["location"] == "/my"
    assert "a" not in answer.cookies


@pytest.mark.parametrize("amount", ["-50", "0", "0.001", "1e3", "50,00", "¥50", "99999999", "NaN", "50\u200b"])
async def test_a_price_that_was_tampered_with_opens_no_order(
    browser: Browser, begin: Begin, utility: build.Utility, provider: Counter, amount: str
) -> None:
    path = f"/m/{utility.esam.number}/pay"
    page = await browser.open(path)
    answer = await browser.send(path, page, amount=amount, provider="wechatpay")
    assert answer.status_code == 422
    assert provider.orders == []


async def test_what_the_provider_is_asked_for_is_what_the_row_says_whatever_else_the_form_bears(
    browser: Browser, begin: Begin, utility: build.Utility, provider: Counter
) -> None:
    path = f"/m/{utility.esam.number}/pay"
    page = await browser.open(path)
    more = {"amount_minor": "1", "currency": "USD", "meter_id": str(utility.sts.id), "state": "paid", "ref": "mine"}
    await browser.send(path, page, amount="50", provider="wechatpay", way="cash", **more)

    async with begin() as db:
        payment = (await db.exec(select(Payment))).one()
    (order,) = provider.orders
    assert (payment.meter_id, payment.amount_minor, payment.currency) == (utility.esam.id, 5000, "CNY")
    assert (order.ref, order.amount_minor, order.currency) == (payment.ref, 5000, "CNY")
    assert (payment.state, payment.way) == ("waiting", order.way)


async def test_the_pages_of_my_meters_answer_404_for_meters_of_others(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    await signed_in(browser, begin, clock, OTHER)
    own = await browser.open("/my")
    number = utility.esam.number
    for part in ("", "/alerts", "/gift", "/topup"):
        assert (await browser.open(f"/my/{number}{part}")).status_code == 404
    for part in ("/nickname", "/remove", "/invitations", "/alerts", "/alerts/mail", "/gift", "/topup"):
        assert (await browser.send(f"/my/{number}{part}", own)).status_code == 404
