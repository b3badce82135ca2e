"""The page of providers: what staff see of them and do to them."""

import pytest
from sqlmodel import select
from starlette.applications import Starlette

from app.domain.roles import Role
from app.models import Audit, Carrier
from app.services import staff
from app.services.staff import NewStaff
from tests.app.web.conftest import Browser
from tests.app.web.console.conftest import PASSWORD, open_browser, sign_in
from tests.desk import Desk

PATH = "/console/carriers"
SMS = f"{PATH}/sms/console"


async def row(desk: Desk) -> Carrier:
    async with desk.begin() as db:
        return (await db.exec(select(Carrier).where(Carrier.medium == "sms"))).one()


async def test_a_medium_without_a_provider_is_said_not_to_be_offered(officer: Browser) -> None:
    page = await officer.open(PATH)
    assert page.text.count("Not offered") == 3  # calls, WeChat, webhooks
    assert "Nothing has moved so far" in page.text


async def test_a_provider_is_switched_off_and_on_and_the_log_says_by_whom(officer: Browser, desk: Desk) -> None:
    page = await officer.open(PATH)
    assert (await officer.send(SMS, page, act="stop")).status_code == 303
    page = await officer.open(PATH)
    assert "Every provider of this medium is off" in page.text
    assert "switched off by staff" in page.text
    assert (await row(desk)).off_at is not None
    await officer.send(SMS, page, act="start")
    page = await officer.open(PATH)
    assert (await row(desk)).off_at is None
    assert page.text.count("Anna Berg") >= 3  # the head, and both moves
    async with desk.begin() as db:
        acts = set(await db.exec(select(Audit.act)))
    assert {"carrier_stopped", "carrier_started"} <= acts


@pytest.mark.parametrize(
    ("typed", "status", "share"), [("70", 303, 70), ("101", 422, 100), ("x", 422, 100), ("", 422, 100)]
)
async def test_a_share_is_a_number_from_nought_to_a_hundred(
    officer: Browser, desk: Desk, typed: str, status: int, share: int
) -> None:
    page = await officer.open(PATH)
    answer = await officer.send(SMS, page, act="share", share=typed)
    assert (answer.status_code, (await row(desk)).resting_share) == (status, share)


@pytest.mark.parametrize(
    ("path", "act", "status"),
    [(f"{PATH}/sms/pigeon", "stop", 404), (f"{PATH}/smoke/console", "stop", 404), (SMS, "explode", 400)],
)
async def test_what_is_not_there_cannot_be_changed(officer: Browser, path: str, act: str, status: int) -> None:
    page = await officer.open(PATH)
    assert (await officer.send(path, page, act=act)).status_code == status


async def test_only_whoever_may_change_providers_sees_them(console: Starlette, desk: Desk) -> None:
    async with desk.begin() as db:
        await staff.create(db, NewStaff("wei", "Wei", frozenset({Role.SERVICE})), PASSWORD, desk.clock())
    async with open_browser(console) as client:
        browser = Browser(client)
        await sign_in(browser, login="wei")
        assert (await browser.open(PATH)).status_code == 403
        assert (await client.post(SMS, data={"act": "stop"})).status_code == 403
