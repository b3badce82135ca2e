"""Terminals in the console (SPEC K-6): set up, looked at, locked, revoked."""

import re
from uuid import UUID

from sqlmodel import col, select

from app.db import Begin
from app.models import Audit, Kiosk
from tests.app.web.conftest import Browser
from tests.desk import Desk

_CODE = re.compile(r">([A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4})<")


async def set_up(officer: Browser, desk: Desk, name: str = "Lamp Street box") -> tuple[str, str]:
    """Let staff expect a terminal; return its id and its code."""
    page = await officer.open("/console/kiosks")
    answer = await officer.send("/console/kiosks", page, name=name, place=str(desk.town.concentrator.id))
    code = _CODE.search(answer.text)
    found = re.search(r"/console/kiosks/([0-9a-f-]{36})", answer.text)
    assert code
    assert found
    return found[1], code[1]


async def test_a_code_is_shown_once_and_kept_as_a_hash(officer: Browser, desk: Desk, begin: Begin) -> None:
    kiosk_id, code = await set_up(officer, desk)

    again = await officer.open(f"/console/kiosks/{kiosk_id}")

    assert code not in again.text
    async with begin() as db:
        row = (await db.exec(select(Kiosk))).one()
    assert code not in str(row)
    assert row.state == "waiting"


async def test_a_terminal_without_a_name_is_not_set_up(officer: Browser, desk: Desk, begin: Begin) -> None:
    page = await officer.open("/console/kiosks")
    answer = await officer.send("/console/kiosks", page, name=" ", place=str(desk.town.concentrator.id))

    assert answer.status_code == 422
    assert "Give the terminal a name" in answer.text
    async with begin() as db:
        assert (await db.exec(select(Kiosk))).first() is None


async def test_what_staff_do_to_a_terminal_is_on_record(officer: Browser, desk: Desk, begin: Begin) -> None:
    kiosk_id, _ = await set_up(officer, desk)
    async with begin() as db:
        (await db.get_one(Kiosk, UUID(kiosk_id))).state = "active"
    for act in ("lock", "unlock", "revoke", "unlock"):
        page = await officer.open(f"/console/kiosks/{kiosk_id}")
        assert (await officer.send(f"/console/kiosks/{kiosk_id}", page, act=act)).status_code == 303

    async with begin() as db:
        row = (await db.exec(select(Kiosk))).one()
        acts = (await db.exec(select(Audit.act).where(col(Audit.act).startswith("kiosk")))).all()
    assert row.state == "revoked"  # for good: unlocking a revoked one does nothing
    assert sorted(acts) == ["kiosk_active", "kiosk_expected", "kiosk_locked", "kiosk_revoked"]


async def test_settings_are_kept_within_what_can_be_set(officer: Browser, desk: Desk, begin: Begin) -> None:
    kiosk_id, _ = await set_up(officer, desk)
    page = await officer.open(f"/console/kiosks/{kiosk_id}")
    await officer.send(
        f"/console/kiosks/{kiosk_id}", page, act="settings", idle_s="1", warn_s="30", display="keypad", language="xx"
    )

    async with begin() as db:
        kept = (await db.exec(select(Kiosk))).one().settings
    assert (kept["idle_s"], kept["warn_s"], kept["display"], kept["language"]) == (20, 30, "keypad", "zh")
    assert kept["printer"] is False


async def test_an_unknown_terminal_is_not_found(officer: Browser) -> None:
    page = await officer.open("/console/kiosks/00000000-0000-0000-0000-000000000000")
    assert page.status_code == 404
