"""The second step at the door, and proving once more before staff are changed."""

import re
from dataclasses import replace

import pyotp
import pytest
from httpx2 import Response
from starlette.applications import Starlette

from tests.app.web.conftest import Browser
from tests.app.web.console.conftest import PASSWORD, open_browser, sign_in
from tests.desk import Desk

_SECRET = re.compile(r'class="secret" lang="en">([A-Z2-7 ]+)<')
_SEALED = re.compile(r'name="sealed" value="([^"]+)"')
_CODES = re.compile(r'<li class="secret" lang="en">([A-Z2-7-]+)</li>')


def device_on(page: Response) -> tuple[pyotp.TOTP, str]:
    """The device that somebody sets up with what a page shows, and the page's own sealed secret."""
    secret, sealed = _SECRET.search(page.text), _SEALED.search(page.text)
    assert secret and sealed
    return pyotp.TOTP(secret[1].replace(" ", "")), sealed[1]


@pytest.fixture
def strict(console: Starlette) -> Starlette:
    """The console of a utility where everybody needs a second step."""
    known = console.state.deps
    console.state.deps = replace(known, settings=known.settings.model_copy(update={"second_step": "required"}))
    return console


async def test_where_it_is_required_the_first_sign_in_leads_to_setting_a_device_up(
    strict: Starlette, guest: Browser, desk: Desk
) -> None:
    answer = await sign_in(guest, wanted="/console/purchases")
    assert answer.headers["location"] == "/console/second-step?next=%2Fconsole%2Fpurchases"
    half = guest.client.cookies["staff"]
    inside = await guest.client.get("/console/reviews")
    assert inside.headers["location"].startswith("/console/second-step")

    page = await guest.open("/console/second-step?next=/console/purchases")
    device, sealed = device_on(page)
    assert "data:image/svg+xml;base64," in page.text
    wrong = await guest.send("/console/second-step", page, sealed=sealed, code="000000")
    assert (wrong.status_code, device_on(wrong)[0].secret) == (422, device.secret)
    done = await guest.send("/console/second-step", page, sealed=sealed, code=device.at(desk.clock()))
    assert len(_CODES.findall(done.text)) == 10
    assert (await guest.client.get("/console/reviews")).status_code == 200
    async with open_browser(strict) as other:
        other.cookies.set("staff", half)
        assert (await other.get("/console/reviews")).status_code == 303


async def _with_device(browser: Browser, desk: Desk) -> tuple[pyotp.TOTP, list[str]]:
    page = await browser.open("/console/me/second-step")
    device, sealed = device_on(page)
    done = await browser.send(
        "/console/me/second-step", page, act="device", sealed=sealed, code=device.at(desk.clock())
    )
    desk.clock.forward(minutes=1)
    return device, _CODES.findall(done.text)


async def test_who_has_a_device_is_half_open_until_it_has_spoken(officer: Browser, guest: Browser, desk: Desk) -> None:
    device, codes = await _with_device(officer, desk)
    await sign_in(guest)
    page = await guest.open("/console/reviews")
    assert "recovery code" in page.text
    wrong = await guest.send("/console/second-step", page, code="123456")
    assert wrong.status_code == 422
    right = await guest.send("/console/second-step", page, code=device.at(desk.clock()), next="/console/kiosks")
    assert right.headers["location"] == "/console/kiosks"
    assert (await guest.client.get("/console/kiosks")).status_code == 200
    assert len(codes) == 10


async def test_a_half_open_session_is_over_after_ten_minutes(officer: Browser, guest: Browser, desk: Desk) -> None:
    device, _ = await _with_device(officer, desk)
    await sign_in(guest)
    page = await guest.open("/console/second-step")
    desk.clock.forward(minutes=11)
    answer = await guest.send("/console/second-step", page, code=device.at(desk.clock()))
    assert answer.headers["location"] == "/console/sign-in"


async def test_wrong_codes_lock_with_a_message_that_says_until_when(
    officer: Browser, guest: Browser, desk: Desk
) -> None:
    await _with_device(officer, desk)
    await sign_in(guest)
    page = await guest.open("/console/second-step")
    answers = [await guest.send("/console/second-step", page, code="000000") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [422] * 4 + [429]
    assert "The next try is possible at 09:06:00" in answers[-1].text


async def test_staff_are_changed_by_somebody_who_has_just_proved_who_they_are(officer: Browser, desk: Desk) -> None:
    desk.clock.forward(minutes=11)
    page = await officer.open("/console/staff")
    form = {"login": "wei", "name": "Wei", "role_service": "on"}
    asked = await officer.client.post(
        "/console/staff", data=form | {"csrf": _csrf(page)}, headers={"referer": "http://relight.test/console/staff"}
    )
    assert asked.headers["location"] == "/console/again?next=%2Fconsole%2Fstaff"
    again = await officer.open("/console/again?next=/console/staff")
    assert (await officer.send("/console/again", again, password="wrong")).status_code == 422
    back = await officer.send("/console/again", again, password=PASSWORD, next="/console/staff")
    assert back.headers["location"] == "/console/staff"
    assert "/console/join/" in (await officer.send("/console/staff", page, **form)).text


def _csrf(page: Response) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found
    return found[1]
