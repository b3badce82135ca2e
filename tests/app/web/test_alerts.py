"""The page of alerts: what is chosen there is what is kept (SPEC R-7)."""

from datetime import time
from uuid import uuid4

from sqlmodel import select

from app.db import Begin
from app.domain.proving import link_word
from app.models import AddressProof, AlertRule, Contact
from tests import build
from tests.app.web.conftest import Browser
from tests.app.web.signing import signed_in
from tests.app.web.world import make_settings
from tests.clocks import Clock

SECRET = make_settings().session_secret.get_secret_value()


async def test_levels_and_cycle_are_kept_and_shown(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    await signed_in(browser, begin, clock)
    path = f"/my/{utility.esam.number}/alerts"
    page = await browser.open(path)

    answer = await browser.send(path, page, unit="days", level_1="7", level_2="2", cycle="daily", hour="18")

    assert 'value="20"' in page.text  # the utility's own level
    assert answer.headers["location"] == path
    async with begin() as db:
        rule = (await db.exec(select(AlertRule))).one()
    assert (rule.unit, *rule.figures, rule.cycle, rule.hour) == ("days", 7, 2, "daily", 18)
    assert 'value="7"' in (await browser.open(path)).text


async def test_what_makes_no_sense_is_said_and_changes_nothing(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    await signed_in(browser, begin, clock)
    path = f"/my/{utility.esam.number}/alerts"
    page = await browser.open(path)
    levels = {"level_1": "1"}, {"level_1": "x"}, {"level_1": "9" * 9}, {"level_1": ""}, {"level_3": "1"}
    for wrong in (*levels, {"unit": "volts"}, {"hour": "24"}, {"cycle": ""}):
        form = {"unit": "money", "level_1": "9", "level_2": "5", "cycle": "once", "hour": "9"} | wrong
        assert (await browser.send(path, page, **form)).status_code == 422

    async with begin() as db:
        assert list(await db.exec(select(AlertRule))) == []


async def test_a_contact_is_stopped_quietened_and_started_again(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    await signed_in(browser, begin, clock)
    path = f"/my/{utility.esam.number}/ways"
    way = f"{path}/{utility.contact.id}"
    page = await browser.open(path)

    await browser.send(way, page, locale="zh", quiet_from="22", quiet_to="7")
    async with begin() as db:
        stopped = await db.get_one(Contact, utility.contact.id)
    await browser.send(way, page, locale="xx", on="1", quiet_from="99", quiet_to="")
    async with begin() as db:
        started = await db.get_one(Contact, utility.contact.id)

    assert (stopped.stopped_at, stopped.locale) == (clock(), "zh")
    assert (stopped.quiet_from, stopped.quiet_to) == (time(22), time(7))
    assert (started.stopped_at, started.quiet_from) == (None, None)
    assert (await browser.send(f"{path}/{uuid4()}", page)).status_code == 404


async def test_a_mail_address_is_added_by_the_link_that_was_sent_there(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    await signed_in(browser, begin, clock)
    path = f"/my/{utility.esam.number}/ways"
    asked = await browser.send(f"{path}/mail", await browser.open(path), address="lin@example.com")
    async with begin() as db:
        proof = (await db.exec(select(AddressProof))).one()
    link = f"/mail/{proof.id}/{link_word(SECRET, proof.id)}"
    browser.client.cookies.clear()
    looked = await browser.open(link, **{"accept-language": "en"})
    forged = await browser.open(f"/mail/{proof.id}/{link_word(SECRET, uuid4())}")
    without_token = await browser.client.post(link)
    done = await browser.send(link, looked)
    again = await browser.send(link, looked)

    assert "We have written to this address" in asked.text
    assert [a.status_code for a in (looked, forged, without_token, done, again)] == [200, 404, 403, 200, 410]
    async with begin() as db:
        assert sorted(c.address for c in await db.exec(select(Contact))) == ["+8613800000001", "lin@example.com"]
