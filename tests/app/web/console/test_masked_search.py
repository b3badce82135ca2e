"""Whoever sees personal data masked cannot guess it back piece by piece: they find whom they know already."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from starlette.applications import Starlette

from app.domain.notice import MessageKind
from app.domain.roles import Role
from app.domain.suppression import SuppressionReason, SuppressionScope
from app.models.account import ChannelName
from app.services import staff, suppressions
from app.services.drafts import Telling, draft
from app.services.staff import NewStaff
from app.services.suppressions import Entry
from tests.app.web.conftest import Browser
from tests.app.web.console.conftest import PASSWORD, open_browser, sign_in
from tests.desk import Desk

NUMBER = "+8613811112222"


@pytest.fixture
async def operator(console: Starlette, desk: Desk) -> AsyncIterator[Browser]:
    """Of the master station, who sees no addresses."""
    async with desk.begin() as db:
        await staff.create(db, NewStaff("wei", "Wei", frozenset({Role.OPERATOR})), PASSWORD, desk.clock())
        entry = Entry(ChannelName.SMS, NUMBER, SuppressionScope.REMINDERS, SuppressionReason.STOP_WORD)
        await suppressions.add(db, entry, desk.clock())
    async with open_browser(console) as client:
        browser = Browser(client)
        await sign_in(browser, login="wei")
        yield browser


@pytest.mark.parametrize(("asked", "found"), [("8613811112222", False), ("1111", False), ("%2B8613811112222", True)])
async def test_an_address_left_alone_is_found_whole(operator: Browser, asked: str, *, found: bool) -> None:
    page = await operator.open(f"/console/suppressions?q={asked}")
    assert ("•••• 2222" in page.text) is found


@pytest.mark.parametrize(("asked", "found"), [("00001", False), ("0001", True), ("%2B8613800000001", True)])
async def test_a_message_is_found_by_the_digits_that_a_mask_leaves(
    operator: Browser, desk: Desk, asked: str, *, found: bool
) -> None:
    message = draft(Telling(MessageKind.ALARM_A, uuid4(), str(uuid4()), "somebody", "sms", "en"), desk.clock())
    message.contact_id, message.meter_id = desk.town.contact.id, desk.town.esam.id
    async with desk.begin() as db:
        db.add(message)
    page = await operator.open(f"/console/messages?q={asked}")
    assert (str(message.id) in page.text) is found


@pytest.mark.parametrize("asked", ["name=L", "name=L%25", "address=4", "address=%25502%25"])
async def test_a_name_and_a_door_are_not_guessed_letter_by_letter(operator: Browser, desk: Desk, asked: str) -> None:
    assert desk.town.esam.number in (await operator.open("/console/customers")).text
    assert desk.town.esam.number not in (await operator.open(f"/console/customers?{asked}")).text
