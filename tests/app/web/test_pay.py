"""Paying: amounts, the brake, double clicks, a provider that is down (SPEC L-3, M-3, M-4)."""

import re

import pytest
from httpx2 import Response
from sqlmodel import select

from app.db import Begin
from app.models import Account, Meter, Payment
from tests import build
from tests.app.web import stories
from tests.app.web.conftest import Browser
from tests.app.web.world import Counter
from tests.clocks import Clock


def form_token(page: Response) -> str:
    """The token of the pay form on a page."""
    found = re.search(r'name="form_token" value="([^"]+)"', page.text)
    assert found
    return found[1]


async def pay(browser: Browser, page: Response, **fields: str) -> Response:
    """Send the pay form of a page."""
    return await browser.send(page.url.path, page, form_token=form_token(page), **fields)


async def payments(begin: Begin) -> list[Payment]:
    async with begin() as db:
        return list(await db.exec(select(Payment)))


async def learned(begin: Begin, meter: Meter, balance_minor: int, supply: str = "off", arrears_minor: int = 0) -> None:
    """Let a meter have been read."""
    async with begin() as db:
        row = await db.get_one(Meter, meter.id)
        row.balance_minor, row.supply, row.daily_use_minor = balance_minor, supply, 1500
        (await db.get_one(Account, row.account_id)).arrears_minor = arrears_minor


async def test_an_amount_leads_to_the_providers_page(
    browser: Browser, begin: Begin, utility: build.Utility, provider: Counter
) -> None:
    page = await browser.open(f"/m/{utility.esam.number}/pay")

    answer = await pay(browser, page, amount="50")

    (row,) = await payments(begin)
    (order,) = provider.orders
    assert answer.status_code == 303
    assert answer.headers["location"] == f"https://pay.test/{row.ref}"
    assert (order.ref, order.amount_minor, order.currency) == (row.ref, 5000, "CNY")
    assert order.return_url == f"http://relight.test/payments/{row.ref}"
    assert utility.esam.number in order.subject


async def test_a_button_is_as_good_as_a_typed_amount(browser: Browser, begin: Begin, utility: build.Utility) -> None:
    page = await browser.open(f"/m/{utility.esam.number}/pay")

    await pay(browser, page, amount="", preset="20")

    assert [row.amount_minor for row in await payments(begin)] == [2000]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Type an amount"),
        ("0", "This is less than you can pay at one time."),
        ("-5", "This is less than you can pay at one time."),
        ("1.5", "Whole amounts only, no cents."),
        ("10001", "This is more than you can pay at one time."),
        ("9" * 3000, "This is more than you can pay at one time."),
        ("abc", "Use digits for the amount"),
        ('"><script>', "Use digits for the amount"),
    ],
)
async def test_a_wrong_amount_is_explained_kept_in_the_form_and_costs_nothing(
    browser: Browser, begin: Begin, utility: build.Utility, typed: str, sentence: str
) -> None:
    page = await browser.open(f"/m/{utility.esam.number}/pay")

    answer = await pay(browser, page, amount=typed)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert 'value="&#34;&gt;&lt;script&gt;"' in answer.text or f'value="{typed}"' in answer.text
    assert form_token(answer) == form_token(page)
    assert await payments(begin) == []


async def test_a_double_click_is_one_payment(
    browser: Browser, begin: Begin, utility: build.Utility, provider: Counter
) -> None:
    page = await browser.open(f"/m/{utility.esam.number}/pay")

    first = await pay(browser, page, amount="50")
    second = await pay(browser, page, amount="50")

    assert first.headers["location"] == second.headers["location"]
    assert len(await payments(begin)) == len(provider.orders) == 1


async def test_the_same_form_with_another_amount_is_braked(
    browser: Browser, begin: Begin, utility: build.Utility
) -> None:
    page = await browser.open(f"/m/{utility.esam.number}/pay")
    await pay(browser, page, amount="50")

    answer = await pay(browser, page, amount="60")

    assert answer.status_code == 409
    assert "A payment of ¥50 was started at 09:00 and is not finished." in answer.text
    assert len(await payments(begin)) == 1


async def test_a_provider_that_is_down_costs_nothing_and_the_same_form_works_later(
    browser: Browser, begin: Begin, utility: build.Utility, provider: Counter
) -> None:
    page = await browser.open(f"/m/{utility.esam.number}/pay")
    provider.down = True
    down = await pay(browser, page, amount="50")

    provider.down = False
    again = await pay(browser, down, amount="50")

    assert down.status_code == 503
    assert "No money has been taken." in down.text
    assert 'value="50"' in down.text
    assert again.status_code == 303
    assert len(await payments(begin)) == 1


async def test_money_on_its_way_brakes_a_second_payment(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    async with begin() as db:
        purchase = await stories.paid(db, utility.esam, 10000, clock())

    page = await browser.open(f"/m/{utility.esam.number}/pay")

    assert "Your ¥100 from 09:00 is still on its way to the meter. It will not be lost." in page.text
    assert f'href="/purchases/{purchase.ref}"' in page.text
    assert "form_token" not in page.text
    assert "Pay again anyway" in page.text


async def test_money_that_came_after_the_form_was_opened_brakes_too(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    page = await browser.open(f"/m/{utility.esam.number}/pay")
    async with begin() as db:
        await stories.paid(db, utility.esam, 10000, clock())

    answer = await pay(browser, page, amount="50")

    assert answer.status_code == 409
    assert "It will not be lost." in answer.text
    assert "/pay?anyway=1&amp;amount=50" in answer.text
    assert len(await payments(begin)) == 1


async def test_a_deliberate_second_payment_is_taken(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    async with begin() as db:
        await stories.paid(db, utility.esam, 10000, clock())

    page = await browser.open(f"/m/{utility.esam.number}/pay?anyway=1&amount=50")
    answer = await pay(browser, page, amount="50", anyway="1")

    assert 'name="anyway" value="1"' in page.text
    assert answer.status_code == 303
    assert len(await payments(begin)) == 2


async def test_a_page_that_never_opened_brakes_nobody(
    browser: Browser, begin: Begin, utility: build.Utility, provider: Counter
) -> None:
    provider.down = True
    await pay(browser, await browser.open(f"/m/{utility.esam.number}/pay"), amount="50")
    provider.down = False

    page = await browser.open(f"/m/{utility.esam.number}/pay")

    assert "How much?" in page.text


async def test_a_paid_form_leads_to_its_story_and_not_to_the_provider_again(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    page = await browser.open(f"/m/{utility.esam.number}/pay")
    await pay(browser, page, amount="50")
    (row,) = await payments(begin)
    async with begin() as db:
        await stories.settled(db, row, clock())

    answer = await pay(browser, page, amount="50")

    assert answer.headers["location"] == f"/payments/{row.ref}"


async def test_the_page_says_what_brings_the_light_back_and_what_is_taken_first(
    browser: Browser, begin: Begin, utility: build.Utility
) -> None:
    await learned(begin, utility.esam, -1235, arrears_minor=2400)

    page = await browser.open(f"/m/{utility.esam.number}/pay")

    assert "The light comes back from ¥37." in page.text
    assert "¥24.00" in page.text
    assert "¥12.35" in page.text
    assert re.findall(r'name="preset" value="(\d+)"', page.text) == ["37", "50", "100", "200", "142", "487"]
    assert "about 4 days" in page.text  # 100 less 36.35, at 15 a day


async def test_one_way_to_pay_is_no_choice(browser: Browser, utility: build.Utility) -> None:
    page = await browser.open(f"/m/{utility.esam.number}/pay")

    assert "How do you want to pay?" not in page.text


async def test_an_unknown_way_to_pay_is_refused(browser: Browser, begin: Begin, utility: build.Utility) -> None:
    page = await browser.open(f"/m/{utility.esam.number}/pay")

    answer = await pay(browser, page, amount="50", provider="nobody")

    assert answer.status_code == 400
    assert await payments(begin) == []


async def test_the_form_may_lead_to_the_provider_and_nowhere_else(browser: Browser, utility: build.Utility) -> None:
    page = await browser.open(f"/m/{utility.esam.number}/pay")

    assert "form-action 'self' https://pay.test;" in page.headers["content-security-policy"]
