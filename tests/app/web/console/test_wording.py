"""Templates on the console: looked at while they are typed, kept only when they are right, approved by another."""

import re

from httpx2 import Response
from starlette.applications import Starlette

from app.db import Begin
from app.domain.notice import MessageKind
from app.domain.roles import Role
from app.domain.sending import Script
from app.domain.template import TemplateState, variables
from app.services import staff
from app.services.staff import NewStaff
from app.services.wording.check import Fault
from app.web.console.terms import TERMS
from tests.app.web.conftest import Browser
from tests.app.web.console.conftest import PASSWORD, open_browser, sign_in
from tests.clocks import Clock
from tests.desk import Desk
from tests.notifier.stories import read

PATH = "/console/templates/alarm_a/en/sms"
GOOD = "Low: {{ balance }} in meter {{ meter }}, pay {{ pay_link }}"
_VERSION = re.compile(r"/console/templates/versions/([0-9a-f-]{36})/")


async def post(officer: Browser, act: str, **typed: str) -> Response:
    page = await officer.open(PATH)
    return await officer.send(PATH, page, act=act, **typed)


async def test_the_list_leads_to_every_wording(officer: Browser) -> None:
    page = (await officer.open("/console/templates")).text
    assert f'href="{PATH}"' in page
    assert "/console/templates/receipt/en/sms" not in page


async def test_words_are_shown_as_they_would_go_out_with_their_cost(officer: Browser) -> None:
    page = (await post(officer, "look", body=GOOD)).text
    assert "Low: ¥1,234.56 in meter 201000000014" in page
    assert "1 SMS" in page
    assert "¥0.045" in page
    assert "<ins>" in page


async def test_htmx_gets_the_half_that_changed(officer: Browser) -> None:
    page = await officer.open(PATH)
    officer.client.headers["hx-request"] = "true"
    sent = await officer.send(PATH, page, act="look", body=GOOD)
    assert sent.text.strip().startswith('<section id="shown"')


async def test_a_real_meter_lends_its_figures(officer: Browser, desk: Desk, begin: Begin, clock: Clock) -> None:
    number = desk.town.esam.number
    assert "is known of this meter" in (await post(officer, "look", body=GOOD, account=number)).text
    await read(begin, desk.town.esam, 777, clock())
    assert f"Low: ¥7.77 in meter {number}" in (await post(officer, "look", body=GOOD, account=number)).text
    wrong = (await post(officer, "look", body=GOOD, account="123")).text
    assert "Please count again" in wrong
    assert "Sample figures are shown" in wrong


async def test_an_unknown_variable_is_said_and_nothing_is_kept(officer: Browser) -> None:
    said = await post(officer, "save", body="Low: {{ ballance }}")
    assert said.status_code == 422
    assert "ballance" in said.text
    assert "Did you mean" in said.text
    assert not _VERSION.search((await officer.open(PATH)).text)


async def test_a_character_that_nobody_sees_is_named(officer: Browser) -> None:
    page = (await post(officer, "look", body=GOOD + "\u00a0" + "x" * 60)).text
    assert "space that does not break" in page


async def test_a_provider_is_given_variables_that_we_know(officer: Browser) -> None:
    said = await post(officer, "save", body=GOOD, code="SMS_1 ballance")
    assert said.status_code == 422
    sent = await post(officer, "save", body=GOOD, code="SMS_1, balance")
    assert 'value="SMS_1 balance"' in (await officer.open(sent.headers["location"])).text


async def test_a_version_is_approved_by_another_and_nobody_approves_their_own(
    officer: Browser, console: Starlette, begin: Begin, clock: Clock
) -> None:
    page = await officer.open((await post(officer, "save", body=GOOD)).headers["location"])
    found = _VERSION.search(page.text)
    assert found
    steps = f"/console/templates/versions/{found[1]}"
    page = await officer.open((await officer.send(f"{steps}/ask", page)).headers["location"])
    assert "Somebody else must approve your words" in page.text
    assert (await officer.send(f"{steps}/decide", page, act="approve")).status_code == 409
    async with begin() as db:
        await staff.create(db, NewStaff("bert", "Bert Li", frozenset({Role.ADMIN})), PASSWORD, clock())
    async with open_browser(console) as client:
        other = Browser(client)
        await sign_in(other, login="bert")
        page = await other.open(PATH)
        sent = await other.send(f"{steps}/decide", page, act="approve")
        page = await other.open(sent.headers["location"])
    assert "in use" in page.text
    assert "Bert Li" in page.text


async def test_what_is_not_told_this_way_is_not_found(officer: Browser) -> None:
    for path in ("receipt/en/sms", "alarm_a/fr/sms", "nothing/en/sms"):
        assert (await officer.client.get(f"/console/templates/{path}")).status_code == 404


def test_everything_that_words_may_speak_of_has_words() -> None:
    names = {name for kind in MessageKind for name in variables(kind)}
    assert [name for name in sorted(names) if f"variable_{name}" not in TERMS] == []
    assert [fault for fault in Fault if f"fault_{fault}" not in TERMS] == []
    assert [state for state in TemplateState if f"template_{state}" not in TERMS] == []
    assert [script for script in Script if f"script_{script}" not in TERMS] == []
