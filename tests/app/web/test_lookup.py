"""Finding a meter (SPEC L-1, R-1)."""

import pytest

from app.db import Begin
from tests import build
from tests.app.web.conftest import Browser
from tests.clocks import Clock


async def test_the_number_on_the_meter_leads_to_its_balance(browser: Browser, utility: build.Utility) -> None:
    answer = await browser.open(f"/?number={utility.esam.number}")

    assert answer.status_code == 200
    assert answer.url.path == f"/m/{utility.esam.number}"


@pytest.mark.parametrize("written", ["2010 0000 000", "2010-0000-000", "２０１００００００００"])
async def test_spaces_hyphens_and_wide_digits_are_welcome(
    browser: Browser, utility: build.Utility, written: str
) -> None:
    plain = utility.esam.number
    spelled = {
        "2010 0000 000": " ".join(plain),
        "2010-0000-000": "-".join([plain[:4], plain[4:8], plain[8:]]),
        "２０１００００００００": plain.translate(str.maketrans("0123456789", "０１２３４５６７８９")),
    }[written]

    answer = await browser.client.get("/", params={"number": spelled})

    assert answer.headers["location"] == f"/m/{plain}"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Type the number that is printed on your meter."),
        ("   ", "Type the number that is printed on your meter."),
        ("abc", "A meter number has digits only, no letters."),
        ("12345", "A meter number has 11 or 12 digits"),
        ("1" * 40, "A meter number has 11 or 12 digits"),
        ("201000000010", "One of the digits is not right."),
        (build.numbered("29999999999"), "We do not know this number."),
        ("<script>alert(1)</script>", "A meter number has digits only, no letters."),
    ],
)
async def test_a_wrong_number_is_explained_and_kept_in_the_form(
    browser: Browser, utility: build.Utility, typed: str, sentence: str
) -> None:
    answer = await browser.client.get("/", params={"number": typed})

    assert answer.status_code == 422
    assert sentence in answer.text
    assert "<script>alert" not in answer.text
    assert 'aria-invalid="true"' in answer.text


async def test_an_account_with_one_meter_leads_straight_to_it(begin: Begin, browser: Browser, clock: Clock) -> None:
    async with begin() as db:
        utility = await build.utility(db, clock())
        await db.delete(utility.sts)

    answer = await browser.open(f"/?number={utility.account.number}")

    assert answer.url.path == f"/m/{utility.esam.number}"


async def test_an_account_with_several_meters_lists_them(browser: Browser, utility: build.Utility) -> None:
    answer = await browser.open(f"/?number={utility.account.number}")

    assert answer.url.path == f"/accounts/{utility.account.number}"
    assert f'href="/m/{utility.esam.number}"' in answer.text
    assert f'href="/m/{utility.sts.number}"' in answer.text


@pytest.mark.parametrize("path", ["/m/123", "/m/abc", "/m/%00", "/accounts/1", "/m/201000000010", "/nowhere"])
async def test_what_is_not_there_says_what_to_do(browser: Browser, path: str) -> None:
    answer = await browser.open(path)

    assert answer.status_code == 404
    assert "There is no such page" in answer.text
    assert "Start with the meter number" in answer.text
