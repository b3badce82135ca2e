"""No page of the console has anything that axe finds, a text cut off, or a word that is not translated."""

import re
from uuid import uuid4

import pytest
from playwright.async_api import Page

from app.domain.notice import MessageKind, MessageState
from app.domain.review import ReviewAct, ReviewKind
from app.domain.suppression import SuppressionReason, SuppressionScope
from app.models import Disconnection
from app.models.account import ChannelName
from app.services import suppressions
from app.services.campaigns import acts, drafts, files, recipients
from app.services.campaigns.acts import Go
from app.services.customers import CustomerFilter
from app.services.drafts import Telling, draft
from app.services.suppressions import Entry
from tests.browser.chromium import Phone
from tests.browser.faults import CONTRAST, bring_axe, faults
from tests.browser.test_console import address, console, desk, quick, sign_in
from tests.desk import Desk

__all__ = ["address", "console", "desk", "quick"]

_KEPT_ON = ("outages", "outages/new", "outages/write?node=all", *(f"cuts/{tab}" for tab in ("calendar", "amnesties")))
_LISTS = (
    "reviews",
    "purchases",
    "cash",
    "refunds",
    "bills",
    "kiosks",
    "nowhere",
    *_KEPT_ON,
    "customers",
    "campaigns",
    "campaigns/new",
    "alarms",
    "alarms/policies/new",
    "alarms/many",
    "events",
    "schemes",
    "persons/new",
    "staff",
    "audit",
    "rules",
    "me",
    "me/second-step",
    "again",
    "cuts",
    "cuts/inquiries",
    "messages",
    "suppressions",
    "reports",
    "reports/disconnections",
    "templates",
    "templates/alarm_a/zh/sms",
    "carriers",
    "carriers/sending",
    "carriers/keys",
)
_OURS = ("Anna", "Berg", "Lin", "Ming", "Lamp", "Street", "box", "sandbox", "counter", "CNY")
_FILES = ("Unicode", "CSV", "XLSX", "sms", "voice", "email", "zh", "en", "balance", "meter", "pay", "link")
_COMMAND = ("relight", "kiosk", "enrol")


async def _busy(desk: Desk) -> list[str]:
    """A day at the desk; where it can be looked at."""
    purchase = await desk.purchase(await desk.pays(desk.town.esam, 5000))
    await desk.works()
    wrong = await desk.orders(desk.town.sts, 5000)
    await desk.hears(wrong.ref, 3000)
    await desk.decides(ReviewKind.WRONG_AMOUNT, ReviewAct.REFUND)
    open_one = await desk.orders(desk.town.sts, 5000)
    await desk.hears(open_one.ref, 2000)
    review = await desk.review(ReviewKind.WRONG_AMOUNT)
    return [
        f"purchases/{purchase.ref}", f"payments/{wrong.ref}", f"reviews/{review.id}", f"cash/{desk.town.esam.number}",
        f"customers/{desk.town.account.number}", *await _sends(desk),
        *await _told(desk),
    ]  # fmt: skip


async def _sends(desk: Desk) -> list[str]:
    """A bulk send that is written, with a file behind it, and one that is under way."""
    async with desk.begin() as db:
        rows = [await drafts.new(db, "Lamp Street", desk.staff_id, desk.clock()) for _ in range(2)]
        for row in rows:
            await drafts.add_found(db, row.id, CustomerFilter(), desk.clock())
        broken = recipients.read(b"meter,address\n12,\n,12\n", "CN")
        await files.take(db, rows[0].id, broken, desk.staff_id, desk.clock())
        await acts.start(db, rows[1].id, Go(2, None, None, desk.staff_id), desk.clock())
    one, other = (f"campaigns/{row.id}" for row in rows)
    return [one, f"{one}/confirm", f"{one}/recipients", other]


async def _told(desk: Desk) -> list[str]:
    """A warning that came, a home without money, an address that is left alone, a colleague."""
    warning = draft(Telling(MessageKind.ALARM_A, uuid4(), "warned", "somebody", "sms", "zh"), desk.clock())
    warning.contact_id, warning.meter_id = desk.town.contact.id, desk.town.esam.id
    warning.state, warning.delivered_at, warning.body = MessageState.DELIVERED, desk.clock(), "余额不足"
    home = Disconnection(id=uuid4(), meter_id=desk.town.esam.id, began_at=desk.clock(), balance_minor=-20)
    async with desk.begin() as db:
        db.add_all([warning, home])
        left = Entry(ChannelName.SMS, "+8613800000001", SuppressionScope.REMINDERS, SuppressionReason.STAFF)
        await suppressions.add(db, left, desk.clock())
    return [f"messages/{warning.id}", f"disconnections/{home.id}", f"staff/{desk.staff_id}"]


@pytest.mark.parametrize(
    ("phone", "rules"),
    [(Phone(width=1280, height=900), ()), (Phone("zh-CN", dark=True, width=640, height=450), CONTRAST)],
    ids=str,
)
async def test_nothing_is_wrong_with_any_page_of_the_console(page: Page, desk: Desk, rules: tuple[str, ...]) -> None:
    await bring_axe(page.context)
    paths = [*await _busy(desk), *_LISTS]
    await page.goto("/console/sign-in")
    wrong = [f"sign-in: {each}" for each in await faults(page, *rules)]
    await sign_in(page, "/console/reviews")
    for path in paths:
        await page.goto(f"/console/{path}")
        words = _FILES if path.startswith(("campaigns", "customers", "templates")) else ()
        wrong += [f"{path}: {each}" for each in await faults(page, *rules, known=_OURS + words)]
    await page.goto("/console/kiosks")
    await page.locator("main input[name=name]").fill("Lamp Street box")
    await page.locator("main select[name=place]").select_option(index=0)
    await page.locator("main form button[type=submit]").last.click()
    await page.wait_for_url(re.compile("/console/kiosks"))
    wrong += [f"kiosk: {each}" for each in await faults(page, *rules, known=_OURS + _COMMAND)]
    assert not wrong, "\n".join(wrong)
