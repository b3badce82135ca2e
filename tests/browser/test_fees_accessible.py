"""No page about money that the ledger holds has anything that axe finds, a text cut off, or a word not translated."""

from datetime import timedelta
from uuid import uuid4

import pytest
from playwright.async_api import Page

from app.domain.review import ReviewKind
from app.models import TariffSet
from app.services.reviews import Question, open_review
from tests.app.services.fees.home import Home
from tests.browser.chromium import Phone
from tests.browser.faults import CONTRAST, bring_axe, faults
from tests.browser.test_console import address, console, desk, quick, sign_in
from tests.desk import Desk

__all__ = ["address", "console", "desk", "quick"]

_OURS = ("Lin", "Ming", "Lamp", "Street", "CNY", "CSV", "flat", "kWh", "Anna", "Berg", "Local", "fee", "control")


async def arranged(desk: Desk) -> list[str]:
    """A meter that is charged by the day and has run out, and prices that change."""
    home = Home(desk.begin, desk.clock, desk.bench, desk.town)
    desk.bench.balance, desk.bench.now = 5_000, desk.clock
    await home.switches("remote")
    await home.uses(40)
    desk.clock.forward(minutes=1)
    await home.pays(2_000)
    await home.uses(60, 50)
    await home.looks_for_cuts()
    coming = TariffSet(
        tariff_id=desk.town.account.tariff_id,
        from_day=home.today + timedelta(days=5),
        prices_e4=[5_683, 4_200],
        steps=[[200_000, 500], [400_000, 3_000]],
        made_at=desk.clock(),
    )
    brought = {"balance_minor": 2_000, "count": 7}
    not_empty = Question(ReviewKind.WALLET_NOT_EMPTY, uuid4(), brought, meter_id=desk.town.esam.id)
    async with desk.begin() as db:
        db.add(coming)
        await open_review(db, not_empty, desk.clock())
    review = f"reviews/{(await desk.review(ReviewKind.WALLET_NOT_EMPTY)).id}"
    meter = f"meters/{desk.town.esam.number}"
    return [meter, f"{meter}/statement", "tariffs", "operations/new?kind=switch_fee_control", review]


@pytest.mark.parametrize(
    ("phone", "rules"),
    [(Phone(width=1280, height=900), ()), (Phone("zh-CN", dark=True, width=640, height=450), CONTRAST)],
    ids=str,
)
async def test_nothing_is_wrong_with_any_page_about_the_ledgers_money(
    page: Page, desk: Desk, rules: tuple[str, ...]
) -> None:
    await bring_axe(page.context)
    paths = await arranged(desk)
    await sign_in(page, "/console/reviews")
    wrong = []
    for path in paths:
        await page.goto(f"/console/{path}")
        wrong += [f"{path}: {each}" for each in await faults(page, *rules, known=_OURS)]
    assert not wrong, "\n".join(wrong)
