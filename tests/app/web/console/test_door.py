"""Who gets into the console, and who is sent back to its door."""

import pytest
from starlette.applications import Starlette

from app.web.console.door import place_after_sign_in
from tests.app.web.conftest import Browser
from tests.app.web.console.conftest import open_browser, sign_in
from tests.desk import Desk

INSIDE = "/console/purchases?q=123"


@pytest.mark.parametrize(
    "path",
    [
        "/console/reviews",
        "/console/reviews/00000000-0000-0000-0000-000000000000",
        "/console/purchases",
        "/console/purchases/abc",
        "/console/payments/abc",
    ],
)
async def test_a_guest_is_led_to_the_door(guest: Browser, path: str) -> None:
    answer = await guest.client.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/console/sign-in?next=%2Fconsole")
    assert answer.headers["cache-control"] == "no-store"


async def test_a_guest_can_send_no_form_either(guest: Browser, desk: Desk) -> None:
    page = await guest.open("/console/sign-in")
    for path in ("/console/reviews/00000000-0000-0000-0000-000000000000", "/console/purchases/abc/token"):
        answer = await guest.send(path, page, act="refund", remark="x")
        assert (answer.status_code, answer.headers["location"][:16]) == (303, "/console/sign-in")


async def test_the_right_password_leads_to_where_one_wanted_to_go(guest: Browser) -> None:
    answer = await sign_in(guest, wanted=INSIDE)
    assert (answer.status_code, answer.headers["location"]) == (303, INSIDE)
    page = await guest.open("/console/reviews")
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
    assert "Anna Berg" in page.text


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(guest: Browser) -> None:
    answer = await sign_in(guest)
    (line,) = [each for each in answer.headers.get_list("set-cookie") if each.startswith("staff=")]
    assert "HttpOnly" in line
    assert "SameSite=Lax" in line


async def test_an_unknown_login_and_a_wrong_password_get_the_same_answer(guest: Browser) -> None:
    wrong = await sign_in(guest, password="not this one")
    unknown = await sign_in(guest, login="nobody")
    assert (wrong.status_code, unknown.status_code) == (422, 422)
    assert "Login or password is not right." in wrong.text
    assert _without_secrets(wrong.text) == _without_secrets(unknown.text)


def _without_secrets(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if "csrf" not in line and "nonce" not in line)


@pytest.mark.parametrize("login", ["anna", "nobody"])
async def test_five_failures_lock_with_a_message_that_says_until_when(guest: Browser, login: str) -> None:
    answers = [await sign_in(guest, password="not this one", login=login) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [422] * 4 + [429]
    assert "The next try is possible at 09:05:00" in answers[-1].text
    assert (await sign_in(guest, login=login)).status_code == 429


async def test_a_cookie_that_was_planted_before_the_sign_in_opens_nothing_after_it(
    guest: Browser, console: Starlette
) -> None:
    guest.client.cookies.set("staff", "planted")
    await sign_in(guest)
    async with open_browser(console) as attacker:
        attacker.cookies.set("staff", "planted")
        assert (await attacker.get("/console/reviews")).status_code == 303


async def test_signing_in_again_ends_the_session_before(guest: Browser, console: Starlette) -> None:
    await sign_in(guest)
    before = guest.client.cookies["staff"]
    await sign_in(guest)
    assert guest.client.cookies["staff"] != before
    async with open_browser(console) as other:
        other.cookies.set("staff", before)
        assert (await other.get("/console/reviews")).status_code == 303


async def test_after_signing_out_a_copied_cookie_is_dead(officer: Browser, console: Starlette) -> None:
    copied = officer.client.cookies["staff"]
    page = await officer.open("/console/reviews")
    answer = await officer.send("/console/sign-out", page)
    assert answer.headers["location"] == "/console/sign-in"
    async with open_browser(console) as other:
        other.cookies.set("staff", copied)
        assert (await other.get("/console/reviews")).status_code == 303


async def test_a_session_ends_by_itself(officer: Browser, desk: Desk) -> None:
    desk.clock.forward(minutes=61)
    assert (await officer.client.get("/console/reviews")).status_code == 303


async def test_a_form_without_its_token_signs_nobody_in_or_out(officer: Browser, guest: Browser) -> None:
    assert (await guest.client.post("/console/sign-in", data={"login": "anna"})).status_code == 403
    assert (await officer.client.post("/console/sign-out")).status_code == 403
    assert (await officer.client.get("/console/reviews")).status_code == 200


@pytest.mark.parametrize(
    "wanted",
    [
        "https://elsewhere.test/",
        "//elsewhere.test",
        "/\\elsewhere.test",
        "/console/\\elsewhere",
        "/",
        "/console/sign-in",
        "/console/sign-in?next=/console/reviews",
        "/console/x\r\nset-cookie: a=b",
        "/console/" + "x" * 400,
        "",
    ],
)
def test_the_door_leads_nowhere_else(wanted: str) -> None:
    assert place_after_sign_in(wanted) == "/console/reviews"


async def test_the_console_itself_leads_to_its_first_page(officer: Browser) -> None:
    assert (await officer.client.get("/console")).headers["location"] == "/console/reviews"
