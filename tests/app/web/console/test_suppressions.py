"""The list of addresses that are left alone: filled by hand with a reason, taken off, masked by role."""

import re

import pytest
from sqlmodel import col, select

from app.db import Begin
from app.models import Audit, Suppression
from tests.app.web.conftest import Browser
from tests.desk import Desk

PATH = "/console/suppressions"
GOOD = {"channel": "sms", "scope": "reminders", "address": "13800000001", "remark": "asked on the telephone"}


async def add(officer: Browser, **changed: str) -> str:
    """Fill in the form; return the page that answered."""
    page = await officer.open(PATH)
    answer = await officer.send(PATH, page, **(GOOD | changed))
    return answer.text if answer.status_code == 422 else (await officer.open(PATH)).text


async def test_a_number_goes_on_the_list_as_messages_name_it(officer: Browser, desk: Desk, begin: Begin) -> None:
    assert "asked on the telephone" in await add(officer)
    async with begin() as db:
        row = (await db.exec(select(Suppression))).one()
    assert (row.address, row.scope, row.reason) == ("+8613800000001", "reminders", "staff")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"address": "12"}, "not a whole number or mail address"),
        ({"channel": "email", "address": "nobody"}, "not a whole number or mail address"),
        ({"channel": "pigeon"}, "Choose a way"),
        ({"scope": ""}, "Choose a way"),
        ({"remark": " "}, "Say why"),
    ],
)
async def test_what_cannot_be_put_on_the_list_is_said(
    officer: Browser, desk: Desk, begin: Begin, changed: dict[str, str], said: str
) -> None:
    assert said in await add(officer, **changed)
    async with begin() as db:
        assert (await db.exec(select(Suppression))).first() is None


async def test_an_address_is_on_the_list_once(officer: Browser, desk: Desk) -> None:
    await add(officer)
    assert "on the list already" in await add(officer)


async def test_one_is_taken_off_and_stays_on_record(officer: Browser, desk: Desk, begin: Begin) -> None:
    page = await add(officer)
    found = re.search(r'action="(/console/suppressions/[0-9a-f-]{36}/lift)"', page)
    assert found
    await officer.send(found[1], await officer.open(PATH))
    assert found[1] not in (await officer.open(PATH)).text
    assert "asked on the telephone" in (await officer.open(f"{PATH}?lifted=1")).text
    async with begin() as db:
        acts = (await db.exec(select(Audit.act).where(col(Audit.act).startswith("suppression")))).all()
    assert sorted(acts) == ["suppression_added", "suppression_lifted"]
