"""The scan page follows nothing but our own codes, and what makes the portal installable (SPEC R-1, R-11)."""

import re

import pytest
from sqlmodel import select

from app.db import Begin
from app.models import Meter, Receipt
from tests import build
from tests.app.web import stories
from tests.app.web.conftest import Browser
from tests.app.web.world import ADDRESS
from tests.clocks import Clock

MOST_BYTES = 60 * 1024


async def test_our_own_code_leads_to_its_meter(browser: Browser, utility: build.Utility) -> None:
    page = await browser.open("/scan")

    answers = [
        await browser.send("/scan", page, code=code)
        for code in (f"{ADDRESS}/m/{utility.esam.number}", utility.esam.number)
    ]

    assert [answer.headers["location"] for answer in answers] == [f"/m/{utility.esam.number}"] * 2


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("https://evil.test/m/201000000010", "we do not open it"),
        (f"{ADDRESS}@evil.test/", "we do not open it"),
        ("javascript:alert(1)", "we do not open it"),
        ("58402217903644518820", "This is a code for money."),
        ("", "Nothing was scanned."),
        ("20260302-FFFFFFFF", "This is not a code of ours."),
        (build.numbered("29999999999"), "This is not a code of ours."),
    ],
)
async def test_a_code_that_points_elsewhere_is_never_followed(
    browser: Browser, utility: build.Utility, code: str, sentence: str
) -> None:
    answer = await browser.send("/scan", await browser.open("/scan"), code=code)

    assert answer.status_code == 422
    assert "location" not in answer.headers
    assert sentence in answer.text
    assert not code or code not in answer.text


async def test_the_number_of_a_receipt_leads_to_the_meter_and_not_to_the_receipt(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    async with begin() as db:
        purchase = await stories.paid(db, utility.esam, 5000, clock())
        db.add(Receipt(purchase_id=purchase.id, number="20260302-0A1B2C3D", issued_at=clock()))

    answer = await browser.send("/scan", await browser.open("/scan"), code="20260302-0a1b2c3d")

    assert answer.headers["location"] == f"/m/{utility.esam.number}"


async def test_only_the_scan_page_may_run_webassembly_and_the_camera(browser: Browser) -> None:
    scan, front = await browser.open("/scan"), await browser.open("/")

    assert "'wasm-unsafe-eval'" in scan.headers["content-security-policy"]
    assert "'unsafe-eval'" not in scan.headers["content-security-policy"]
    assert "camera=(self)" in scan.headers["permissions-policy"]
    assert "wasm" not in front.headers["content-security-policy"]
    assert "camera=()" in front.headers["permissions-policy"]
    assert "zxing" not in front.text
    wasm = re.search(r'data-wasm="([^"]+)"', scan.text)
    assert wasm is not None
    assert (await browser.open(wasm[1])).headers["content-type"] == "application/wasm"


async def test_the_first_page_is_light(browser: Browser, utility: build.Utility) -> None:
    front = await browser.open("/")
    parts = set(re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|js|svg))"', front.text))
    sizes = [len(front.content)]
    for part in parts:
        async with browser.client.stream("GET", part, headers={"accept-encoding": "gzip"}) as answer:
            assert answer.headers["content-encoding"] == "gzip"
            sizes.append(int(answer.headers["content-length"]))

    assert sum(sizes) < MOST_BYTES


async def test_it_can_be_installed_and_keeps_no_personal_page(browser: Browser) -> None:
    front = await browser.open("/")
    manifest = (await browser.open("/manifest.webmanifest")).json()
    worker = await browser.open("/sw.js")
    offline = await browser.open("/offline")
    icons = [(await browser.open(icon["src"])).status_code for icon in manifest["icons"]]

    assert 'rel="manifest"' in front.text
    assert (manifest["start_url"], manifest["display"]) == ("/", "standalone")
    assert {icon["sizes"] for icon in manifest["icons"]} == {"192x192", "512x512", "any"}
    assert icons == [200, 200, 200]
    kept = re.findall(r'"([^"]+)"', worker.text.splitlines()[0])
    assert [path for path in kept if path != "/offline" and not path.startswith("/static/")] == []
    assert [(await browser.open(path)).status_code for path in kept] == [200] * len(kept)
    assert "csrf" not in offline.text
    assert "No network" in offline.text


async def test_a_wide_code_of_digits_is_not_looked_up(browser: Browser, begin: Begin, utility: build.Utility) -> None:
    async with begin() as db:
        numbers = list(await db.exec(select(Meter.number)))

    answer = await browser.send("/scan", await browser.open("/scan"), code=" ".join(numbers))

    assert answer.status_code == 422
