"""At the terminal, with every program its own process: it pays, carries tokens by its own line, and forgets."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlmodel import col, select

from app.context import utc_now
from app.models import Meter, Payment
from app.models.kiosk import KioskState
from app.services.kiosks import enrolment
from app.services.tokens import tokens_of
from tests.journeys.living import Home, Living, Paid, Victim
from tests.journeys.terminal import STREET, Street, Visitor, at_the_terminal, third_street
from tests.journeys.test_told_and_lost import ask_now
from tests.journeys.truth import doubts

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
LOST_ANSWER = "990400000000000001"


@pytest.fixture(scope="module")
async def street(utility: Living) -> AsyncIterator[Street]:
    """The street that the terminal stands in."""
    await utility.up()
    async with third_street(utility) as there:
        yield there


@pytest.fixture
async def visitor(living: Living, street: Street, tmp_path: Path) -> AsyncIterator[Visitor]:
    """Somebody before a terminal; the street's link is whole."""
    await street.mend()
    async with at_the_terminal(living, tmp_path) as somebody:
        yield somebody


async def test_paid_by_the_code_on_the_screen_the_light_comes_on_and_the_screen_says_so(
    living: Living, visitor: Visitor
) -> None:
    home = living.home(STREET)
    await choose(visitor, home)
    await visitor.press("way", "qr:sandbox")
    await visitor.reads("Pay ¥50", "Scan this with your phone")
    paid = await begun_for(living, home)

    await living.press(paid)

    await visitor.reads("Your power is on")
    await living.finished(paid)
    assert await doubts(living, paid) == []


async def test_the_terminal_carries_in_what_the_cut_link_cannot(
    living: Living, street: Street, visitor: Visitor
) -> None:
    home = living.home(STREET)
    await street.cut()
    paid = await living.pay(home)
    await waits_at_terminal(visitor, home)

    await visitor.press("deliver")
    await visitor.press("hand")
    await visitor.reads("The credit is in", "The power is on")

    assert await living.credits(home) == [5000]
    assert (await living.inspect(home))["relay_open"] is False
    await visitor.has_told("token_entered")
    await street.mend()
    await living.finished(paid)
    assert await doubts(living, paid) == []
    assert [each["outcome"] for each in await visitor.told("token_entered")] == ["accepted"]


async def test_cut_off_in_the_middle_of_a_code_it_goes_on_and_tells_once_afterwards(
    living: Living, street: Street, visitor: Visitor
) -> None:
    home = living.home(STREET)
    await street.cut()
    paid = await living.pay(home)
    digits = await token_of(living, paid)
    await waits_at_terminal(visitor, home)
    await visitor.press("ask_token")
    await visitor.type(digits[:11])

    visitor.backhaul.cut()
    await living.kill(Victim.WEB)
    await visitor.type(digits[11:])
    await visitor.enter()
    await visitor.press("hand")
    await visitor.reads("The power is on")
    assert (await living.credits(home), await visitor.told("token_entered")) == ([5000], [])

    visitor.backhaul.mend()
    await visitor.has_told("relay_closed")
    await street.mend()
    await living.finished(paid)
    assert await doubts(living, paid) == []
    assert [each["outcome"] for each in await visitor.told("token_entered")] == ["accepted"]
    assert digits not in str(await visitor.told("token_entered"))


async def test_a_charge_whose_answer_is_lost_is_checked_and_counts_once(living: Living, visitor: Visitor) -> None:
    home = living.home(STREET)
    await choose(visitor, home)
    await visitor.press("way", "barcode")
    await visitor.scan(LOST_ANSWER)
    await visitor.reads("Your payment is being checked")
    paid = await begun_for(living, home)
    assert LOST_ANSWER not in visitor.seen

    await ask_now(living, paid)

    await visitor.reads("Your power is on")
    await living.finished(paid)
    assert await doubts(living, paid) == []
    assert not visitor.holds(LOST_ANSWER)


async def test_a_revoked_terminal_forgets_what_it_kept_and_serves_nobody(
    living: Living, street: Street, visitor: Visitor
) -> None:
    home = living.home(STREET)
    await street.cut()
    paid = await living.pay(home)
    digits = await token_of(living, paid)
    await waits_at_terminal(visitor, home)
    assert visitor.holds(digits)

    async with living.deps.begin() as db:
        await enrolment.move(db, visitor.kiosk_id, KioskState.REVOKED, None, utc_now())

    await visitor.reads("This terminal is out of service")
    await living.until(lambda: forgotten(visitor, digits, home.number), "nothing of it is on the terminal's disk")
    await street.mend()
    await living.finished(paid)
    assert await doubts(living, paid) == []


async def choose(visitor: Visitor, home: Home) -> None:
    """Come as far as "how do you want to pay?" for 50."""
    await visitor.press("look", home.number)
    await visitor.reads("Power is off")
    await visitor.press("pay")
    await visitor.press("amount", "5000")
    await visitor.reads("Pay ¥50: how?")


async def begun_for(living: Living, home: Home) -> Paid:
    """The payment that was begun for a household."""
    number = home.number
    async with living.deps.begin() as db:
        refs = select(Payment.ref).join(Meter, col(Meter.id) == col(Payment.meter_id)).where(Meter.number == number)
        return Paid(home, 50, (await db.exec(refs)).one())


async def waits_at_terminal(visitor: Visitor, home: Home) -> None:
    """Wait until the terminal has what was bought, and show the meter."""

    async def there() -> bool:
        await visitor.press("look", home.number)
        await visitor.reads("Power is off")
        return "Bring what was bought into the meter" in visitor.seen

    await visitor.living.until(there, "the terminal knows what waits")


async def token_of(living: Living, paid: Paid) -> str:
    """The digits that the resident was given."""

    async def issued() -> bool:
        purchase = (await living.story(paid)).purchase
        async with living.deps.begin() as db:
            return purchase is not None and bool(await tokens_of(db, purchase.id))

    await living.until(issued, "the token is there")
    purchase = (await living.story(paid)).purchase
    assert purchase is not None
    async with living.deps.begin() as db:
        (token,) = await tokens_of(db, purchase.id)
    return token.digits


async def forgotten(visitor: Visitor, *texts: str) -> bool:
    """Is none of these on its disk any more?"""
    return not any(map(visitor.holds, texts))
