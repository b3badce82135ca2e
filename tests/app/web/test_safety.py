"""What every answer keeps to: policy, cookies, forged requests, errors, limits."""

import re

import pytest
from httpx2 import ASGITransport, AsyncClient
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.context import Deps
from app.settings import Settings
from app.setup import SetupError
from app.web.assets import asset_url
from app.web.limits import BUDGET, RateLimit
from app.web.pages import see_other
from app.web.routes import exception_handlers, portal_routes, web_middleware
from tests import build
from tests.app.web.conftest import Browser
from tests.app.web.world import ADDRESS, make_settings

PAGES = ["/", "/?number=abc", "/nowhere"]


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_has_a_strict_policy_with_a_nonce_of_its_own(browser: Browser, path: str) -> None:
    answers = [await browser.open(path) for _ in range(2)]

    policies = [answer.headers["content-security-policy"] for answer in answers]
    assert all(policy.startswith("default-src 'none'; script-src 'nonce-") for policy in policies)
    assert policies[0] != policies[1]
    assert "unsafe" not in policies[0]
    assert "form-action 'self';" in policies[0]
    assert answers[0].headers["x-content-type-options"] == "nosniff"
    assert answers[0].headers["referrer-policy"] == "same-origin"
    assert answers[0].headers["x-frame-options"] == "DENY"
    assert "strict-transport-security" not in answers[0].headers


async def test_pages_hold_nothing_that_the_policy_forbids(browser: Browser, utility: build.Utility) -> None:
    paths = [
        *PAGES,
        f"/m/{utility.esam.number}",
        f"/m/{utility.esam.number}/pay",
        f"/accounts/{utility.account.number}",
    ]
    for path in paths:
        text = (await browser.open(path)).text
        assert not re.search(r"<script(?![^>]*nonce=)|<style|\sstyle=|\son\w+=|javascript:|https?://(?!relight)", text)


async def test_cookies_are_out_of_reach_of_scripts_and_other_sites(browser: Browser) -> None:
    answer = await browser.client.get("/?lang=zh")

    cookies = answer.headers.get_list("set-cookie")
    assert {cookie.partition("=")[0] for cookie in cookies} == {"lang", "csrf"}
    assert all("HttpOnly" in cookie and "SameSite=Lax" in cookie for cookie in cookies)


async def test_over_https_cookies_and_the_browser_stay_there(deps: Deps) -> None:
    settings = make_settings().model_copy(update={"public_url": "https://relight.test"})
    app = Starlette(routes=portal_routes(), middleware=web_middleware(settings))
    app.state.deps = deps
    async with AsyncClient(transport=ASGITransport(app), base_url="https://relight.test") as client:
        answer = await client.get("/?lang=en")

    assert answer.headers["strict-transport-security"].startswith("max-age=")
    assert all("Secure" in cookie for cookie in answer.headers.get_list("set-cookie"))


def test_without_a_secret_the_web_does_not_start() -> None:
    with pytest.raises(SetupError, match="RELIGHT_SESSION_SECRET"):
        web_middleware(Settings(session_secret=SecretStr("short")))


async def test_a_change_without_its_token_is_refused(browser: Browser, utility: build.Utility) -> None:
    answer = await browser.client.post(f"/m/{utility.esam.number}/read")

    assert answer.status_code == 403
    assert "This page was open too long" in answer.text


@pytest.mark.parametrize("token", ["", "forged", "ümlaut", "a.b"])
async def test_a_forged_token_is_refused(browser: Browser, utility: build.Utility, token: str) -> None:
    browser.client.cookies.set("csrf", token.encode().hex())

    answer = await browser.client.post(f"/m/{utility.esam.number}/read", data={"csrf": token})

    assert answer.status_code == 403


async def test_the_token_of_another_browser_is_refused(
    portal: Starlette, browser: Browser, utility: build.Utility
) -> None:
    path = f"/m/{utility.esam.number}"
    async with AsyncClient(transport=ASGITransport(portal), base_url=ADDRESS) as attacker:
        theirs = await Browser(attacker).open(path)
    await browser.open(path)

    answer = await browser.send(f"{path}/read", theirs)

    assert answer.status_code == 403


async def test_a_token_in_the_header_is_as_good_as_in_the_form(browser: Browser, utility: build.Utility) -> None:
    path = f"/m/{utility.esam.number}"
    page = await browser.open(path)
    found = re.search(r'"x-csrf-token": "([^"]+)"', page.text)
    assert found

    answer = await browser.client.post(f"{path}/read", headers={"x-csrf-token": found[1]})

    assert answer.status_code == 303


async def test_what_another_site_sent_is_refused_whatever_it_bears(browser: Browser, utility: build.Utility) -> None:
    path = f"/m/{utility.esam.number}"
    browser.client.headers["sec-fetch-site"] = "cross-site"

    answer = await browser.send(f"{path}/read", await browser.open(path))

    assert answer.status_code == 403


@pytest.mark.parametrize("body", [b"\xff\xfe", b"&" * 5000, b"csrf", b"a=1&" * 300])
async def test_a_body_that_is_no_form_is_refused(browser: Browser, utility: build.Utility, body: bytes) -> None:
    await browser.open("/")
    headers = {"content-type": "application/x-www-form-urlencoded"}

    answer = await browser.client.post(f"/m/{utility.esam.number}/read", content=body, headers=headers)

    assert answer.status_code == 403


async def test_a_body_beyond_all_measure_is_not_read(browser: Browser, utility: build.Utility) -> None:
    answer = await browser.client.post(f"/m/{utility.esam.number}/pay", content=b"a" * 1_000_000)

    assert answer.status_code == 413


async def test_a_crash_is_a_page_with_all_its_headers_and_no_detail(deps: Deps) -> None:
    async def crash(request: Request) -> Response:
        raise RuntimeError("a secret of ours")

    app = Starlette(
        routes=[Route("/crash", crash)],
        middleware=web_middleware(deps.settings),
        exception_handlers=exception_handlers(),
    )
    app.state.deps = deps
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url=ADDRESS) as client:
        answer = await client.get("/crash", headers={"accept-language": "en"})

    assert answer.status_code == 500
    assert "Something broke on our side" in answer.text
    assert "a secret of ours" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_a_wrong_method_is_said_in_words(browser: Browser, utility: build.Utility) -> None:
    path = f"/m/{utility.esam.number}"

    answer = await browser.send(path, await browser.open(path))

    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]
    assert "This does not work here" in answer.text


@pytest.mark.parametrize("path", ["//evil.test", "https://evil.test", "/\\evil.test", ""])
def test_nothing_redirects_to_another_site(path: str) -> None:
    with pytest.raises(ValueError, match="not a path"):
        see_other(path)


async def test_files_are_served_under_their_fingerprint_only_and_kept_for_ever(browser: Browser) -> None:
    url = asset_url("relight.css")

    packed = await browser.client.get(url)
    plain = await browser.client.get(url, headers={"accept-encoding": "identity"})
    stale = await browser.client.get(url.replace(url.split(".")[-2], "0000000000"))

    assert "immutable" in packed.headers["cache-control"]
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.text == plain.text
    assert stale.status_code == 404


@pytest.mark.parametrize("name", ["../pages.py", "%2e%2e/pages.py", "vendor/htmx/LICENSE.txt", "relight.css", ""])
async def test_nothing_else_is_served(browser: Browser, name: str) -> None:
    answer = await browser.client.get(f"/static/{name}")

    assert answer.status_code == 404


async def test_the_first_page_is_light(browser: Browser) -> None:
    page = await browser.open("/")
    urls = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)

    whole = len(page.content) + sum([len((await browser.client.get(url)).content) for url in set(urls)])

    assert whole < 60_000


async def test_whoever_guesses_is_slowed_down_and_nobody_else(deps: Deps) -> None:
    time = [0.0]
    limit = Middleware(RateLimit, now=lambda: time[0])
    limited = Starlette(routes=portal_routes(), middleware=[limit], exception_handlers=exception_handlers())
    limited.state.deps = deps

    async def ask(address: str, path: str) -> int:
        transport = ASGITransport(limited, client=(address, 1))
        async with AsyncClient(transport=transport, base_url=ADDRESS) as client:
            return (await client.get(path)).status_code

    for _ in range(BUDGET):
        assert await ask("192.0.2.1", "/?number=5") == 422

    assert await ask("192.0.2.1", "/") == 429
    assert await ask("192.0.2.2", "/") == 200
    time[0] += 61
    assert await ask("192.0.2.1", "/") == 200
