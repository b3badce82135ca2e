"""Emergency credit on the page: for whom, at what cost, once (SPEC R-10)."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from sqlmodel import select

from app.db import Begin
from app.domain.amnesty import Trouble
from app.domain.relay import Supply
from app.domain.rules import CutRules
from app.models import Advance, Amnesty, Purchase
from app.services.residents import sign_in_with_phone
from app.services.rulebook import save
from app.settings import Settings
from tests import build
from tests.app.web.conftest import Browser
from tests.app.web.test_balance import learn
from tests.app.web.world import make_settings
from tests.clocks import Clock


@pytest.fixture
def settings() -> Settings:
    """A utility that lends 20 at a time."""
    return make_settings().model_copy(update={"emergency_credit_minor": 2000})


@pytest.fixture
async def dark(begin: Begin, utility: build.Utility, clock: Clock) -> AsyncIterator[str]:
    """The page of a meter that has run out."""
    await learn(begin, utility.esam.id, clock, -300, supply=Supply.OFF, supply_read_at=clock())
    yield f"/m/{utility.esam.number}"


async def sign_in(browser: Browser, begin: Begin, phone: str, clock: Clock) -> None:
    async with begin() as db:
        _, secret = await sign_in_with_phone(db, phone, clock())
    browser.client.cookies.set("resident", secret)


async def test_the_cost_is_said_before_and_a_guest_must_sign_in(browser: Browser, begin: Begin, dark: str) -> None:
    balance = await browser.open(dark)
    page = await browser.open(f"{dark}/advance")
    sent = await browser.send(f"{dark}/advance", balance)

    assert f"{dark}/advance" in balance.text
    assert "¥17.00" in page.text
    assert "Your next payment repays it first" in page.text
    assert sent.headers["location"] == "/sign-in"
    async with begin() as db:
        assert list(await db.exec(select(Advance))) == []


async def test_the_holder_takes_it_once_however_often_it_is_clicked(
    browser: Browser, begin: Begin, dark: str, utility: build.Utility, clock: Clock
) -> None:
    await sign_in(browser, begin, utility.contact.address, clock)
    page = await browser.open(f"{dark}/advance")

    sent = [await browser.send(f"{dark}/advance", page) for _ in range(2)]
    after = await browser.open(f"{dark}/advance?lang=en")

    async with begin() as db:
        (purchase,) = list(await db.exec(select(Purchase)))
    assert [answer.headers["location"] for answer in sent] == [f"/purchases/{purchase.ref}"] * 2
    assert (await browser.open(f"/purchases/{purchase.ref}")).status_code == 200
    assert "Your account has emergency credit already." in after.text


async def test_another_signed_in_person_cannot_take_it(browser: Browser, begin: Begin, dark: str, clock: Clock) -> None:
    await sign_in(browser, begin, "+8613900000009", clock)

    answer = await browser.send(f"{dark}/advance", await browser.open(dark))

    assert answer.headers["location"] == "/sign-in"
    async with begin() as db:
        assert list(await db.exec(select(Advance))) == []


async def test_a_meter_with_money_is_told_so(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    await learn(begin, utility.esam.id, clock, 3000, supply=Supply.ON, supply_read_at=clock())

    page = await browser.open(f"/m/{utility.esam.number}/advance")
    balance = await browser.open(f"/m/{utility.esam.number}")

    assert "you do not need it now" in page.text
    assert "/advance" not in balance.text


class TestWhereItIsSwitchedOff:
    """A utility that lends nothing, until it cannot sell."""

    @pytest.fixture
    def settings(self) -> Settings:
        return make_settings()

    async def test_an_amnesty_opens_it_on_the_page_by_itself(
        self, browser: Browser, begin: Begin, dark: str, clock: Clock
    ) -> None:
        assert (await browser.open(f"{dark}/advance")).status_code == 404
        async with begin() as db:
            db.add(Amnesty(id=uuid4(), reason=Trouble.PAYMENTS_DOWN, from_at=clock()))
            await save(db, CutRules(amnesty_advance_minor=2000), None, clock())
        assert f"{dark}/advance" in (await browser.open(dark)).text
        assert "emergency credit is open to whoever has none left" in (await browser.open(f"{dark}/advance")).text
