"""No page about exchanges, commissioning and reversals has anything that axe finds, or a word not translated."""

import pytest
from playwright.async_api import Page
from sqlmodel import select

from app.domain.fees import Registers
from app.domain.meter_life import MeterLife
from app.domain.review import ReviewAct, ReviewKind
from app.models import Commissioning, Meter, MeterSwap, Purchase
from app.services import reversals
from app.services.commissioning import beginning
from app.services.operations.whom import Whom
from app.services.reversals import Wish
from app.services.swaps import funds
from tests import build
from tests.app.services.swaps.workshop import begun, finished, hold_by_ledger, seen
from tests.app.services.test_several_meters import beside
from tests.browser.chromium import Phone
from tests.browser.faults import CONTRAST, bring_axe, faults
from tests.browser.test_console import address, console, desk, quick, sign_in
from tests.desk import Desk

__all__ = ["address", "console", "desk", "quick"]

_OURS = ("Anna", "Berg", "Lin", "Ming", "Lamp", "Street", "CNY", "CSV", "STS", "SGC", "KRN", "TI", "north", "kWh")
_TYPED = ("Local", "fee", "control", "Token", "display", "broken", "read", "off", "the", "by", "wrong", "meter")


async def _pages(desk: Desk) -> list[str]:
    """An exchange that is done, one with a purchase in doubt, a commissioning, a reversal that waits."""
    done = await begun(desk, desk.town.esam)
    await seen(desk, done, 4200, 0)
    await finished(desk, done)
    paid = await desk.pays(desk.town.sts)
    await desk.works()
    open_ = await begun(desk, desk.town.sts)
    third = beside(desk.town.esam, build.numbered("20100000002"))
    async with desk.begin() as db:
        db.add(third)
    await hold_by_ledger(desk, third.id, 5_000)
    by_ledger = await begun(desk, third, number=build.numbered("20100000778"))
    async with desk.begin() as db:
        said = Registers(8_100_000), "read off the display by Lin"
        await funds.note_seen(db, by_ledger, said, desk.staff_id, desk.clock())
    async with desk.begin() as db:
        purchase = await db.get_one(Purchase, paid)
        swap = await db.get_one(MeterSwap, done)
        new = await db.get_one(Meter, swap.new_meter_id)
        await reversals.ask(db, Wish(purchase.ref, "wrong meter", desk.staff_id), desk.clock())
        run = await beginning.begin(db, beginning.Wish(Whom(meter_ids=(new.id,)), desk.staff_id), desk.clock())
        row = (await db.exec(select(Commissioning))).one()
        row.outcomes, row.codes = {"parameters": "refused"}, {"parameters": "no_effect"}
        assert new.life == MeterLife.COMMISSIONING
    runs = ["commissioning", f"commissioning/{run.id}", await _set_back(desk)]
    sales = ["reversals", "reversals?state=decided", f"purchases/{purchase.ref}/reversal"]
    meters = [f"meters/{desk.town.esam.number}", f"meters/{new.number}"]
    return ["swaps", "swaps/new", f"swaps/{done}", f"swaps/{open_}", f"swaps/{by_ledger}", *runs, *sales, *meters]


async def _set_back(desk: Desk) -> str:
    """The question about a meter that counts less than it is known to have taken."""
    meter = beside(desk.town.esam, build.numbered("20100000003"))
    meter.purchase_count = 9
    async with desk.begin() as db:
        db.add(meter)
    await desk.pays(meter)
    await desk.works()
    await desk.decides(ReviewKind.WHICH_METER, ReviewAct.RETRY)
    await desk.works()
    return f"reviews/{(await desk.review(ReviewKind.COUNT_CONFUSED)).id}"


@pytest.mark.parametrize(
    ("phone", "rules"),
    [(Phone(width=1280, height=900), ()), (Phone("zh-CN", dark=True, width=640, height=450), CONTRAST)],
    ids=str,
)
async def test_nothing_is_wrong_with_any_page_about_meters_that_come_and_go(
    page: Page, desk: Desk, rules: tuple[str, ...]
) -> None:
    await bring_axe(page.context)
    paths = await _pages(desk)
    await sign_in(page, "/console/reviews")
    wrong = []
    for path in paths:
        await page.goto(f"/console/{path}")
        wrong += [f"{path}: {each}" for each in await faults(page, *rules, known=_OURS + _TYPED)]
    assert not wrong, "\n".join(wrong)
