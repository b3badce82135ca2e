"""What leaves the house, and keys of other programs, on the console."""

import re

from sqlmodel import select

from app.db import Begin
from app.domain.rules import SendingRules
from app.domain.sending import SendMode
from app.models import ApiKey
from app.services import rulebook
from tests.app.web.conftest import Browser

SENDING, KEYS = "/console/carriers/sending", "/console/carriers/keys"
_SECRET = re.compile(r"relight_test_[\w-]{43}")


async def test_a_trial_is_set_and_said_on_every_page(officer: Browser, begin: Begin) -> None:
    page = await officer.open(SENDING)
    assert "notlive" not in page.text
    listed = "+8613900000001\r\n\r\nme@example.com\r\n"
    sent = await officer.send(SENDING, page, mode="trial", listed=listed, trial_a_day="9")
    assert sent.status_code == 303
    async with begin() as db:
        held = await rulebook.rules(db, SendingRules)
    assert held == SendingRules(SendMode.TRIAL, ("+8613900000001", "me@example.com"), 9)
    assert "messages go to 2 listed addresses only" in (await officer.open("/console/reviews")).text


async def test_a_line_that_is_no_address_is_named_and_nothing_changes(officer: Browser, begin: Begin) -> None:
    page = await officer.open(SENDING)
    for wrong in ({"listed": "13900000001"}, {"trial_a_day": "many"}, {"trial_a_day": "10001"}, {"mode": "loud"}):
        said = await officer.send(SENDING, page, **({"mode": "trial", "listed": "", "trial_a_day": "9"} | wrong))
        assert said.status_code == 422
        assert 'role="alert"' in said.text
    async with begin() as db:
        assert await rulebook.rules(db, SendingRules) == SendingRules()


async def test_a_key_is_shown_once_and_revoked(officer: Browser, begin: Begin) -> None:
    page = await officer.open(KEYS)
    made = await officer.send(KEYS, page, name="Billing", mode="test")
    found = _SECRET.search(made.text)
    assert found
    page = await officer.open(KEYS)
    assert "Billing" in page.text
    assert found[0] not in page.text
    async with begin() as db:
        (key,) = await db.exec(select(ApiKey))
    await officer.send(f"{KEYS}/{key.id}/revoke", page)
    assert "revoked" in (await officer.open(KEYS)).text


async def test_a_key_without_a_name_is_not_made(officer: Browser, begin: Begin) -> None:
    page = await officer.open(KEYS)
    assert (await officer.send(KEYS, page, name=" ", mode="test")).status_code == 422
    async with begin() as db:
        assert list(await db.exec(select(ApiKey))) == []
