"""Signing in with a phone: hard to guess, easy to do (SPEC R-1)."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from httpx2 import ASGITransport, AsyncClient
from sqlmodel import select
from starlette.applications import Starlette

from app.db import Begin
from app.domain.code_limits import CodeTrouble
from app.domain.proving import login_digits
from app.models import LoginCode, Message, Resident, ResidentSession
from app.services.residents import resident_of, sign_in_with_openid, sign_in_with_phone
from app.services.sign_in import Asker, CodesSpent, PhoneError, check_code, read_phone
from app.services.sign_in import ask_code as ask_for
from app.web.resident import place_after_sign_in
from tests import build
from tests.app.web.conftest import Browser
from tests.app.web.signing import HOLDER, OTHER, ask_code, digits_sent, send_digits, signed_in
from tests.app.web.world import ADDRESS, make_settings
from tests.clocks import Clock

SECRET = make_settings().session_secret.get_secret_value()


async def test_the_digits_from_the_sms_sign_in(browser: Browser, begin: Begin, utility: build.Utility) -> None:
    asked = await ask_code(browser, "138 0000 0001", "/my?number=5")
    answer = await send_digits(browser, await digits_sent(begin), "/my?number=5")
    mine = await browser.open("/my")

    assert asked.headers["location"] == "/sign-in/code?next=%2Fmy%3Fnumber%3D5"
    assert answer.headers["location"] == "/my?number=5"
    assert "•••• 0001" in mine.text
    assert utility.esam.number[-4:] in mine.text
    assert mine.headers["cache-control"] == "no-store"


async def test_known_and_unknown_phones_get_the_same_answer(browser: Browser, utility: build.Utility) -> None:
    known, unknown = await ask_code(browser, HOLDER), await ask_code(browser, OTHER)

    assert known.status_code == unknown.status_code == 303
    assert known.headers["location"] == unknown.headers["location"]
    assert (await browser.open("/sign-in/code")).text.replace("0002", "0001").count("•••• 0001") == 1


async def test_the_tables_hold_no_digits(browser: Browser, begin: Begin) -> None:
    await ask_code(browser, HOLDER)
    digits = await digits_sent(begin)

    async with begin() as db:
        code, message = (await db.exec(select(LoginCode))).one(), (await db.exec(select(Message))).one()
    assert digits not in f"{code!r} {message!r}"
    assert (message.contact_id, message.meter_id, message.address) == (None, None, HOLDER)


async def test_a_code_serves_once_and_only_the_browser_that_asked(
    browser: Browser, portal: Starlette, begin: Begin
) -> None:
    await ask_code(browser, HOLDER)
    digits = await digits_sent(begin)
    async with AsyncClient(transport=ASGITransport(portal), base_url=ADDRESS) as other:
        stranger = Browser(other)
        elsewhere = await stranger.send("/sign-in/code", await stranger.open("/sign-in"), digits=digits)
    attempt = browser.client.cookies["sign-in"]
    first = await send_digits(browser, digits)
    await browser.send("/sign-out", await browser.open("/my"))
    browser.client.cookies.set("sign-in", attempt, domain="relight.test")
    second = await send_digits(browser, digits)

    assert elsewhere.headers["location"] == "/sign-in"
    assert (first.status_code, second.status_code) == (303, 422)
    assert "This code is over" in second.text


async def test_a_code_is_over_after_five_minutes(browser: Browser, begin: Begin, clock: Clock) -> None:
    await ask_code(browser, HOLDER)
    clock.forward(minutes=5)

    assert (await send_digits(browser, await digits_sent(begin))).status_code == 422


async def test_after_five_wrong_tries_the_right_digits_open_nothing(browser: Browser, begin: Begin) -> None:
    await ask_code(browser, HOLDER)
    digits = await digits_sent(begin)
    wrong = f"{(int(digits) + 1) % 10**6:06d}"

    said = [(await send_digits(browser, wrong)).text for _ in range(5)]

    assert ["These are not the digits" in text for text in said] == [True] * 4 + [False]
    assert "Too many wrong tries" in (await send_digits(browser, digits)).text


async def test_codes_to_one_number_are_one_a_minute_five_an_hour_ten_a_day(begin: Begin, clock: Clock) -> None:
    sent: list[int] = []
    start = clock()
    for _ in range(24 * 6):
        async with begin() as db:
            try:
                await ask_for(db, Asker(HOLDER, "zh"), SECRET, clock())
                sent.append(round((clock() - start).total_seconds() / 60))
            except CodesSpent:
                pass
        clock.forward(minutes=10)

    assert sent == [0, 10, 20, 30, 40, 60, 70, 80, 90, 100]
    async with begin() as db:
        await ask_for(db, Asker(HOLDER, "zh"), SECRET, clock())
    with pytest.raises(CodesSpent):
        async with begin() as db:
            await ask_for(db, Asker(HOLDER, "zh"), SECRET, clock.forward(seconds=59))


async def test_one_address_cannot_text_the_whole_town(begin: Begin, clock: Clock) -> None:
    for n in range(30):
        async with begin() as db:
            await ask_for(db, Asker(f"+86139000001{n:02d}", "zh", "192.0.2.1"), SECRET, clock())

    with pytest.raises(CodesSpent):
        async with begin() as db:
            await ask_for(db, Asker(OTHER, "zh", "192.0.2.1"), SECRET, clock())
    async with begin() as db:
        await ask_for(db, Asker(OTHER, "zh", "192.0.2.2"), SECRET, clock())


async def test_made_up_numbers_from_many_addresses_cost_no_more_than_the_installation_allows(
    begin: Begin, clock: Clock
) -> None:
    async def ask(n: int) -> None:
        async with begin() as db:
            await ask_for(db, Asker(f"+861390000020{n}", "zh", f"192.0.2.{n}"), SECRET, clock(), 3)

    for n in range(3):
        await ask(n)
    with pytest.raises(CodesSpent) as spent:
        await ask(3)
    assert spent.value.until == clock() + timedelta(hours=1)

    clock.forward(minutes=60)
    await ask(3)


async def test_a_second_code_within_a_minute_is_refused_in_words(browser: Browser) -> None:
    await ask_code(browser, HOLDER)
    answer = await ask_code(browser, HOLDER)

    assert answer.status_code == 429
    assert "The next one can be sent at 09:01" in answer.text


@pytest.mark.parametrize("typed", ["", "12", "hello", "+86 138", "9" * 300, "+8613800000001; drop"])
async def test_what_is_no_phone_is_said_so(browser: Browser, typed: str) -> None:
    assert (await ask_code(browser, typed)).status_code == 422


def test_numbers_are_read_as_people_write_them() -> None:
    assert {read_phone(t, "CN") for t in ("13800000001", "+86 138-0000-0001", "１３８００００００01")} == {HOLDER}
    assert read_phone("+44 7400 123456", "CN") == "+447400123456"
    with pytest.raises(PhoneError):
        read_phone("13800000001", "GB")


async def test_a_session_that_was_planted_before_is_not_the_one_after(
    browser: Browser, begin: Begin, clock: Clock
) -> None:
    await signed_in(browser, begin, clock, OTHER)
    planted = browser.client.cookies["resident"]
    async with begin() as db:
        row = (await db.exec(select(ResidentSession))).one()
        mallory = row.resident_id
    await browser.send("/sign-out", await browser.open("/my"))
    await ask_code(browser, HOLDER)
    browser.client.cookies.set("resident", planted, domain="relight.test")

    await send_digits(browser, await digits_sent(begin))

    assert browser.client.cookies.get("resident", domain="relight.test") != planted
    async with begin() as db:
        assert [s.resident_id for s in await db.exec(select(ResidentSession))] != [mallory]


async def test_signing_in_anew_ends_the_session_that_the_browser_had(
    browser: Browser, begin: Begin, clock: Clock
) -> None:
    async with begin() as db:
        _, first = await sign_in_with_phone(db, HOLDER, clock())
        _, second = await sign_in_with_phone(db, HOLDER, clock(), first)
    async with begin() as db:
        assert await resident_of(db, first, clock()) is None
        assert await resident_of(db, second, clock()) is not None


async def test_a_session_lasts_ninety_days_from_its_last_use(browser: Browser, begin: Begin, clock: Clock) -> None:
    await signed_in(browser, begin, clock)
    clock.forward(days=80)
    assert "•••• 0001" in (await browser.open("/my")).text
    clock.forward(days=80)
    assert "•••• 0001" in (await browser.open("/my")).text
    clock.forward(days=90)
    assert (await browser.client.get("/my")).headers["location"] == "/sign-in?next=%2Fmy"


async def test_signing_out_everywhere_ends_every_session(browser: Browser, begin: Begin, clock: Clock) -> None:
    await signed_in(browser, begin, clock)
    await signed_in(browser, begin, clock)

    await browser.send("/sign-out/everywhere", await browser.open("/my"))

    async with begin() as db:
        assert list(await db.exec(select(ResidentSession))) == []


async def test_a_phone_proved_after_wechat_makes_one_resident_of_two(begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        await sign_in_with_phone(db, HOLDER, clock())
        _, by_wechat = await sign_in_with_openid(db, "openid-1", clock())
        both, secret = await sign_in_with_phone(db, HOLDER, clock(), by_wechat)
        same, _ = await sign_in_with_openid(db, "openid-1", clock(), secret)
        new, by_phone = await sign_in_with_phone(db, OTHER, clock())
        joined, _ = await sign_in_with_openid(db, "openid-2", clock(), by_phone)
    async with begin() as db:
        rows = {(r.phone, r.openid) for r in await db.exec(select(Resident))}
    assert rows == {(HOLDER, "openid-1"), (OTHER, "openid-2")}
    assert (both.id, new.id) == (same.id, joined.id)


@pytest.mark.parametrize(
    "wanted",
    ["https://evil.test", "//evil.test", "/\\evil.test", "/my\n", "javascript:x", "my", "/" + "x" * 300, "/sign-in"],
)
def test_next_leads_to_pages_of_ours_only(wanted: str) -> None:
    assert place_after_sign_in(wanted) == "/my"


async def test_a_guests_wish_is_kept_through_the_sign_in(browser: Browser) -> None:
    sent_on = await browser.client.get("/my?number=201000000012")

    assert sent_on.headers["location"] == "/sign-in?next=%2Fmy%3Fnumber%3D201000000012"
    assert (await browser.open("/my", **{"hx-request": "true"})).headers["hx-redirect"].startswith("/sign-in")
    assert place_after_sign_in("/my?number=201000000012") == "/my?number=201000000012"


async def test_language_and_type_are_the_residents_on_every_browser(
    browser: Browser, begin: Begin, clock: Clock
) -> None:
    await signed_in(browser, begin, clock)
    await browser.open("/my?lang=zh")
    await browser.open("/my?type=large")
    browser.client.cookies.delete("lang")
    browser.client.cookies.delete("type")

    page = await browser.open("/my")

    assert '<html lang="zh-Hans" data-type="large">' in page.text
    assert "data-type" not in (await browser.open("/my?type=normal")).text.partition("<body")[0]


@pytest.mark.parametrize("path", ["/sign-in", "/sign-in/code", "/sign-out", "/sign-out/everywhere"])
async def test_every_form_of_signing_in_bears_a_token(browser: Browser, path: str) -> None:
    assert (await browser.client.post(path, data={"phone": HOLDER})).status_code == 403


async def test_over_https_the_session_cookie_cannot_be_set_by_another_host(
    portal: Starlette, begin: Begin, clock: Clock
) -> None:
    portal.state.deps = replace(
        portal.state.deps, settings=make_settings().model_copy(update={"public_url": "https://relight.test"})
    )
    async with AsyncClient(transport=ASGITransport(portal), base_url="https://relight.test") as client:
        browser = Browser(client)
        await ask_code(browser, HOLDER)
        answer = await send_digits(browser, await digits_sent(begin))

    line = next(c for c in answer.headers.get_list("set-cookie") if "resident" in c)
    assert line.startswith("__Host-resident=")
    assert all(word in line for word in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"))
    assert "Domain" not in line


async def test_ten_requests_at_once_are_one_code(begin: Begin, clock: Clock) -> None:
    async def ask() -> bool:
        try:
            async with begin() as db:
                await ask_for(db, Asker(HOLDER, "zh", "192.0.2.1"), SECRET, clock())
        except CodesSpent:
            return False
        return True

    assert sum(await asyncio.gather(*(ask() for _ in range(10)))) == 1


async def test_many_tries_at_once_are_no_more_than_five(begin: Begin, clock: Clock) -> None:
    async with begin() as db:
        code = await ask_for(db, Asker(HOLDER, "zh"), SECRET, clock())
    wrong = f"{(int(login_digits(SECRET, code)) + 1) % 10**6:06d}"

    async def guess() -> CodeTrouble | None:
        async with begin() as db:
            return (await check_code(db, code, wrong, SECRET, clock())).trouble

    said = await asyncio.gather(*(guess() for _ in range(12)))

    assert said.count(CodeTrouble.WRONG) == 4
    async with begin() as db:
        assert (await db.get_one(LoginCode, code)).tries == 5
