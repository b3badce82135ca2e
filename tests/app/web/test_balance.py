"""The balance page and "read now" (SPEC L-2, R-1, R-3)."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from app.db import Begin
from app.domain.relay import Supply
from app.domain.wallet import BalanceSource
from app.models import Account, Concentrator, Customer, Meter, Note
from app.outbox import Job
from app.services.readings import record_balance
from tests import build
from tests.app.web import stories
from tests.app.web.conftest import Browser
from tests.clocks import Clock


async def learn(begin: Begin, meter_id: UUID, clock: Clock, balance_minor: int, **facts: object) -> None:
    """Let a meter have been read, and set what else is known of it."""
    async with begin() as db:
        meter = await db.get_one(Meter, meter_id, with_for_update=True)
        await record_balance(db, meter, balance_minor, BalanceSource.READBACK, clock())
        for name, value in facts.items():
            setattr(meter, name, value)


async def test_the_page_says_the_figure_its_time_and_its_source(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    await learn(begin, utility.esam.id, clock, 4250, daily_use_minor=1000, supply=Supply.ON)

    page = await browser.open(f"/m/{utility.esam.number}")

    assert "¥42.50" in page.text
    assert "read from the meter" in page.text
    assert ">09:00</time>" in page.text
    assert "Lasts about 4 days at present use." in page.text
    assert "Power is on" in page.text
    assert "This figure is old" not in page.text


async def test_an_old_figure_is_called_old(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    await learn(begin, utility.esam.id, clock, 4250)
    clock.forward(days=2)

    page = await browser.open(f"/m/{utility.esam.number}")

    assert "This figure is old." in page.text
    assert "2 Mar 09:00" in page.text


async def test_a_meter_that_was_never_read_claims_nothing(browser: Browser, utility: build.Utility) -> None:
    page = await browser.open(f"/m/{utility.esam.number}")

    assert "not read yet" in page.text
    assert "Whether the power is on is not known" in page.text
    assert "¥" not in page.text


@pytest.mark.parametrize(
    ("supply", "balance_minor", "sentence"),
    [
        (Supply.OFF, -300, "Pay ¥4 or more and the light comes back."),
        (Supply.OFF, 3000, "this is not about your balance"),
        (Supply.ARMED, 3000, "hold the button at your meter"),
        (Supply.KEEP_POWER, -300, "Power is on and will not be cut"),
    ],
)
async def test_the_supply_is_said_in_words(
    browser: Browser,
    begin: Begin,
    utility: build.Utility,
    clock: Clock,
    supply: Supply,
    balance_minor: int,
    sentence: str,
) -> None:
    await learn(begin, utility.esam.id, clock, balance_minor, supply=supply)

    page = await browser.open(f"/m/{utility.esam.number}")

    assert sentence in page.text


async def test_arrears_are_shown_before_anybody_pays(browser: Browser, begin: Begin, utility: build.Utility) -> None:
    async with begin() as db:
        (await db.get_one(Account, utility.account.id)).arrears_minor = 1250

    page = await browser.open(f"/m/{utility.esam.number}")

    assert "Owed from before" in page.text
    assert "¥12.50" in page.text


async def test_a_guest_learns_nothing_of_who_lives_there(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    await learn(begin, utility.esam.id, clock, 4250, daily_use_minor=1234)
    async with begin() as db:
        customer = await db.get_one(Customer, utility.account.customer_id)
    secrets = [customer.name, customer.address, utility.contact.address, utility.account.number, "12.34"]

    paths = [f"/m/{utility.esam.number}", f"/m/{utility.esam.number}/pay"]
    texts = [(await browser.open(path)).text for path in paths]

    assert [secret for secret in secrets for text in texts if secret in text] == []


async def test_read_now_promises_one_reading_and_shows_that_it_is_under_way(
    browser: Browser, begin: Begin, utility: build.Utility
) -> None:
    path = f"/m/{utility.esam.number}"
    page = await browser.open(path)

    sent = [await browser.send(f"{path}/read", page) for _ in range(2)]
    asked = await browser.open(path)

    assert [answer.headers["location"] for answer in sent] == [path, path]
    assert "Asking the meter" in asked.text
    assert f'hx-get="{path}"' in asked.text
    assert '<meta http-equiv="refresh" content="3">' in asked.text
    async with begin() as db:
        notes = list(await db.exec(select(Note)))
    assert [(note.job, note.concentrator_id) for note in notes] == [(Job.READ_BALANCE, utility.concentrator.id)]


async def test_the_answer_of_the_meter_ends_the_watching(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    path = f"/m/{utility.esam.number}"
    await browser.send(f"{path}/read", await browser.open(path))

    watching = await browser.open(path, **{"hx-request": "true"})
    clock.forward(seconds=4)
    await learn(begin, utility.esam.id, clock, 4250)
    ended = await browser.open(path, **{"hx-request": "true"})

    assert watching.status_code == 200
    assert ended.status_code == 286
    assert "The meter has answered just now." in ended.text
    assert "<html" not in ended.text
    assert "hx-get" not in ended.text


async def test_a_fresh_figure_is_not_read_again(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    await learn(begin, utility.esam.id, clock, 4250)
    path = f"/m/{utility.esam.number}"

    await browser.send(f"{path}/read", await browser.open(path))

    async with begin() as db:
        assert list(await db.exec(select(Note))) == []


@pytest.mark.parametrize(
    ("later", "kept", "linked", "sentence", "status"),
    [
        (timedelta(seconds=5), False, False, "The line to your meter is down.", 200),
        (timedelta(seconds=61), False, True, "The meter has not answered yet.", 286),
        (timedelta(seconds=20), True, True, "The meter did not answer.", 286),
        (timedelta(minutes=10), False, True, "The meter has not answered yet.", 286),
        (timedelta(minutes=10), True, True, "Balance", 286),
    ],
)
async def test_a_meter_that_does_not_answer_has_an_honest_end(
    browser: Browser,
    begin: Begin,
    utility: build.Utility,
    clock: Clock,
    later: timedelta,
    kept: bool,
    linked: bool,
    sentence: str,
    status: int,
) -> None:
    path = f"/m/{utility.esam.number}"
    await browser.send(f"{path}/read", await browser.open(path))
    clock.forward(seconds=later.total_seconds())
    async with begin() as db:
        (note,) = list(await db.exec(select(Note)))
        note.done_at = clock() if kept else None
        if not linked:
            (await db.get_one(Concentrator, utility.concentrator.id)).front_end = None

    page = await browser.open(path, **{"hx-request": "true"})

    assert sentence in page.text
    assert page.status_code == status


async def test_money_on_its_way_is_told_on_the_balance_page(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    async with begin() as db:
        purchase = await stories.paid(db, utility.esam, 10000, clock())

    page = await browser.open(f"/m/{utility.esam.number}")

    assert "Your ¥100 from 09:00 is still on its way to the meter." in page.text
    assert f'href="/purchases/{purchase.ref}"' in page.text
