"""Why is it dark, notices, the way to the meter: as a guest sees them (SPEC M-1, M-15, R-1, R-9)."""

from datetime import timedelta

import pytest
from sqlmodel import select

from app.db import Begin
from app.domain.announcement import AnnouncementKind
from app.domain.darkness import Cause
from app.domain.relay import Supply
from app.models import Announcement, Concentrator, Customer, Kiosk, StillOut
from app.models.kiosk import KioskState
from app.services import announcements
from app.services.announcements import Draft, Revision, Words
from app.web.words import SENTENCES
from tests import build
from tests.app.web import stories
from tests.app.web.conftest import Browser
from tests.app.web.test_balance import learn
from tests.clocks import Clock

WORDS = Words("电缆故障", "A cable is damaged", "正在抢修", "We are digging.")


async def outage(begin: Begin, clock: Clock, hours: float = 2) -> Announcement:
    async with begin() as db:
        draft = Draft(AnnouncementKind.UNPLANNED, None, clock(), clock() + timedelta(hours=hours), WORDS)
        return await announcements.publish(db, draft, clock())


def test_every_cause_has_its_own_words() -> None:
    assert [cause for cause in Cause if f"dark_{cause}" not in SENTENCES or f"dark_{cause}_more" not in SENTENCES] == []


async def test_the_balance_page_offers_it_first_when_the_supply_is_off(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    await learn(begin, utility.esam.id, clock, -300, supply=Supply.OFF, supply_read_at=clock())

    balance = await browser.open(f"/m/{utility.esam.number}")

    assert balance.text.index(f'/m/{utility.esam.number}/dark"') < balance.text.index("wallet__figure")


@pytest.mark.parametrize(
    ("balance_minor", "supply", "sentence", "act"),
    [
        (-300, Supply.OFF, "The money in your meter is used up", "The light comes back from ¥4."),
        (3000, Supply.OFF, "There is money in the meter, and it is still off", "Please call us"),
        (3000, Supply.ARMED, "Your meter waits for your hand", "hold the button at the meter"),
        (3000, Supply.ON, "Your meter says that it is switched on", "fuse box"),
        (3000, Supply.UNKNOWN, "We do not know yet", "Ask the meter now"),
    ],
)
async def test_each_cause_says_what_to_do(
    browser: Browser,
    begin: Begin,
    utility: build.Utility,
    clock: Clock,
    balance_minor: int,
    supply: Supply,
    sentence: str,
    act: str,
) -> None:
    await learn(begin, utility.esam.id, clock, balance_minor, supply=supply, supply_read_at=clock())

    page = await browser.open(f"/m/{utility.esam.number}/dark")

    assert sentence in page.text
    assert act in page.text


async def test_who_has_paid_is_not_asked_to_pay(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    await learn(begin, utility.esam.id, clock, -300, supply=Supply.OFF, supply_read_at=clock())
    async with begin() as db:
        purchase = await stories.paid(db, utility.esam, 10000, clock())

    page = await browser.open(f"/m/{utility.esam.number}/dark")

    assert "You have paid, and it is on its way" in page.text
    assert f"/purchases/{purchase.ref}" in page.text
    assert f"/m/{utility.esam.number}/pay" not in page.text


async def test_asking_the_meter_is_watched_and_comes_back_here(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    path = f"/m/{utility.esam.number}/dark"

    sent = await browser.send(f"/m/{utility.esam.number}/read", await browser.open(path), back="dark")
    watching = await browser.open(path, **{"hx-request": "true"})
    clock.forward(seconds=4)
    await learn(begin, utility.esam.id, clock, 500, supply=Supply.ON, supply_read_at=clock())
    ended = await browser.open(path, **{"hx-request": "true"})

    assert sent.headers["location"] == path
    assert "Asking the meter" in watching.text
    assert watching.status_code == 200
    assert ended.status_code == 286
    assert "Your meter says that it is switched on" in ended.text


async def test_an_outage_is_told_with_its_end_and_its_updates(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    told = await outage(begin, clock)
    clock.forward(minutes=30)
    async with begin() as db:
        news = Revision(told.from_at + timedelta(hours=4), "又一处", "A second cable.")
        await announcements.revise(db, told.id, news, clock())

    dark = await browser.open(f"/m/{utility.esam.number}/dark")
    balance = await browser.open(f"/m/{utility.esam.number}")
    everybody = await browser.open("/notices")
    front = await browser.open("/")

    assert "The power is out in your whole area" in dark.text
    assert "Expected back at 13:00." in dark.text
    assert "Outage in your area, expected back at 13:00" in balance.text
    assert "A second cable. Now expected back at 13:00." in " ".join(everybody.text.split())
    assert "A cable is damaged" in front.text
    assert "still without power" not in everybody.text


async def test_still_out_is_asked_after_a_restoration_and_counted_once(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    told = await outage(begin, clock)
    path = f"/m/{utility.esam.number}/notices"
    early = await browser.send(f"{path}/{told.id}/still-out", await browser.open(f"/m/{utility.esam.number}"))
    async with begin() as db:
        await announcements.restore(db, told.id, clock())
    page = await browser.open(path)

    sent = [await browser.send(f"{path}/{told.id}/still-out", page) for _ in range(2)]
    after = await browser.open(path)

    assert early.status_code == 404
    assert "I am still without power" in page.text
    assert [answer.headers["location"] for answer in sent] == [path, path]
    assert "we know that you are still out" in after.text
    async with begin() as db:
        assert len(list(await db.exec(select(StillOut)))) == 1


async def test_a_meter_that_cannot_be_reached_is_told_before_paying(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    async with begin() as db:
        (await db.get_one(Concentrator, utility.concentrator.id)).front_end = None
        place = utility.concentrator.id
        db.add(Kiosk(name="Gate 2", concentrator_id=place, state=KioskState.ACTIVE, beat_at=clock()))

    card = await browser.open(f"/m/{utility.esam.number}")
    token = await browser.open(f"/m/{utility.sts.number}")

    assert "This meter takes no typed codes." in card.text
    assert "Gate 2" not in card.text  # a terminal carries no recharge
    assert "you get a code of 20 digits" in token.text
    assert "needs no line: Gate 2." in token.text


async def test_a_guest_learns_nothing_of_who_lives_there(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    await learn(begin, utility.esam.id, clock, -300, daily_use_minor=1234, supply=Supply.OFF)
    await outage(begin, clock)
    async with begin() as db:
        customer = await db.get_one(Customer, utility.account.customer_id)
    secrets = [customer.name, customer.address, utility.contact.address, utility.account.number, "12.34"]

    paths = [f"/m/{utility.esam.number}{tail}" for tail in ("", "/dark", "/notices")] + ["/", "/notices", "/scan"]
    texts = [(await browser.open(path)).text for path in paths]

    assert [secret for secret in secrets for text in texts if secret in text] == []


@pytest.mark.parametrize("tail", ["dark", "notices", "advance"])
async def test_numbers_that_are_not_ours_are_not_found(browser: Browser, tail: str) -> None:
    numbers = ["123", "abc", build.numbered("29999999999")]

    assert [(await browser.open(f"/m/{number}/{tail}")).status_code for number in numbers] == [404, 404, 404]
