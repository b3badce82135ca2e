"""The demo's phones show what was sent, and only the demo has them."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from httpx2 import ASGITransport, AsyncClient
from sqlmodel import select
from starlette.applications import Starlette

from app.context import Deps
from app.db import Begin
from app.domain.notice import MessageState
from app.domain.proving import login_digits
from app.models import Contact, InboundMessage, Message
from app.services import suppressions
from app.services.sign_in import Asker, ask_code
from app.settings import Settings
from app.web.portal.phone import ROUTES
from app.web.routes import all_routes, exception_handlers, web_middleware
from app.web.words import SENTENCES
from tests import build
from tests.app.web.conftest import Browser
from tests.app.web.world import ADDRESS, make_settings
from tests.clocks import Clock
from tests.fakes import SilentBell


def serve(begin: Begin, clock: Clock, settings: Settings) -> Starlette:
    app = Starlette(
        routes=all_routes(settings), middleware=web_middleware(settings), exception_handlers=exception_handlers()
    )
    app.state.deps = Deps(begin, SilentBell(), clock, settings)
    return app


@pytest.fixture
async def demo(begin: Begin, clock: Clock) -> AsyncIterator[Browser]:
    settings = make_settings().model_copy(update={"demo": True})
    transport = ASGITransport(serve(begin, clock, settings))
    headers = {"accept-language": "en"}
    async with AsyncClient(transport=transport, base_url=ADDRESS, headers=headers) as client:
        yield Browser(client)


async def send(begin: Begin, utility: build.Utility, contact_id: UUID, clock: Clock, body: str) -> None:
    async with begin() as db:
        message = Message(
            contact_id=contact_id,
            meter_id=utility.esam.id,
            kind="purchase_credited",
            cause_id=uuid4(),
            dedupe_key=uuid4().hex,
            channel="sms",
            locale="en",
            state=MessageState.SENT if body else MessageState.QUEUED,
            created_at=clock(),
            not_before=clock(),
            expires_at=clock() + timedelta(days=1),
            sent_at=clock() if body else None,
            body=body,
        )
        db.add(message)


async def test_a_phone_shows_what_was_sent_to_it_in_order(
    begin: Begin, clock: Clock, utility: build.Utility, demo: Browser
) -> None:
    await send(begin, utility, utility.contact.id, clock, "Meter 2010: first")
    clock.forward(minutes=1)
    await send(begin, utility, utility.contact.id, clock, "Meter 2010: <b>second</b>")
    listed = await demo.open("/demo/phone")
    assert utility.contact.address in listed.text
    assert f"/demo/phone/{utility.contact.id}" in listed.text
    assert "&lt;b&gt;second" in listed.text
    assert "first" not in listed.text

    phone = await demo.open(f"/demo/phone/{utility.contact.id}")
    assert 0 < phone.text.index("first") < phone.text.index("second")
    assert "<b>" not in phone.text


async def test_the_newest_phone_comes_first(begin: Begin, clock: Clock, utility: build.Utility, demo: Browser) -> None:
    async with begin() as db:
        other = Contact(account_id=utility.account.id, channel="email", address="lin@example.com", position=1)
        db.add(other)
    await send(begin, utility, utility.contact.id, clock, "older")
    clock.forward(minutes=1)
    await send(begin, utility, other.id, clock, "newer")
    listed = (await demo.open("/demo/phone")).text
    assert listed.index("lin@example.com") < listed.index(utility.contact.address)


async def test_what_waits_is_on_no_phone_yet(begin: Begin, clock: Clock, utility: build.Utility, demo: Browser) -> None:
    await send(begin, utility, utility.contact.id, clock, "")
    assert utility.contact.address not in (await demo.open("/demo/phone")).text
    assert "Nothing has been sent yet" in (await demo.open(f"/demo/phone/{utility.contact.id}")).text


async def test_a_phone_that_looks_again_gets_the_new_part_only(
    begin: Begin, clock: Clock, utility: build.Utility, demo: Browser
) -> None:
    await send(begin, utility, utility.contact.id, clock, "hello")
    part = await demo.open(f"/demo/phone/{utility.contact.id}", **{"hx-request": "true"})
    assert part.text.lstrip().startswith('<div id="live"')


async def test_the_demo_leads_to_its_phones(demo: Browser) -> None:
    assert 'href="/demo/phone"' in (await demo.open("/")).text


@pytest.mark.parametrize("path", ["/demo/phone/1", "/demo/phone/00000000-0000-4000-8000-000000000000"])
@pytest.mark.usefixtures("utility")
async def test_a_phone_that_is_nobodys_is_not_found(demo: Browser, path: str) -> None:
    assert (await demo.open(path)).status_code == 404


async def test_production_has_no_phones(browser: Browser) -> None:
    assert "/demo/phone" not in (await browser.open("/")).text
    assert (await browser.open("/demo/phone")).status_code == 404
    ours = {id(route) for route in ROUTES}
    assert not ours & {id(route) for route in all_routes(make_settings())}


def test_every_state_has_words() -> None:
    assert {f"phone_{state}" for state in MessageState} <= set(SENTENCES)


async def test_the_demos_phones_show_sign_in_codes_whole(
    begin: Begin, demo: Browser, utility: build.Utility, clock: Clock
) -> None:
    key = make_settings().session_secret.get_secret_value()
    for phone in (utility.contact.address, "+8613900000002"):
        async with begin() as db:
            code = await ask_code(db, Asker(phone, "en"), key, clock())
            message = (await db.exec(select(Message).where(Message.cause_id == code))).one()
            message.body = "•••••• is your sign-in code"
        (shown,) = set(
            re.findall(
                rf'href="(/demo/phone/[^"]+)">(?:(?!</a>).)*{re.escape(phone)}',
                (await demo.open("/demo/phone")).text,
                re.DOTALL,
            )
        )
        assert f"{login_digits(key, code)} is your" in (await demo.open(shown)).text


async def test_an_answer_from_a_phone_counts_as_a_text_that_came_in(
    begin: Begin, clock: Clock, utility: build.Utility, demo: Browser
) -> None:
    await send(begin, utility, utility.contact.id, clock, "Meter 2010: low")
    address = f"/demo/phone/{utility.contact.id}"
    phone = await demo.open(address)
    assert (await demo.send(address, phone, text="STOP <3")).status_code == 303
    assert "STOP &lt;3" in (await demo.open(address)).text
    async with begin() as db:
        scope = await suppressions.standing(db, "sms", utility.contact.address)
        kept = (await db.exec(select(InboundMessage))).one()
    assert (scope, kept.understood) == ("reminders", "stop")
    assert (await demo.send(f"/demo/phone/{uuid4()}", phone, text="STOP")).status_code == 404
