"""Before somebody pays again they hear what is on its way already (SPEC M-3)."""

import pytest
from sqlmodel import select

from app.db import Begin
from app.domain.payment import CallbackFact
from app.domain.purchase import PurchaseState
from app.models import Payment, Purchase, Review
from app.services.brake import Hold, Unresolved, unresolved_for_meter
from app.services.payments import close_payment, record_callback, remember_page
from tests import build
from tests.clocks import Clock


@pytest.fixture
async def payment(begin: Begin, clock: Clock) -> Payment:
    async with begin() as db:
        town = await build.utility(db, clock())
        return await build.payment(db, town.esam, 10_000, clock())


async def hear(begin: Begin, payment: Payment, clock: Clock, event_id: str, amount_minor: int = 10_000) -> None:
    fact = CallbackFact("sandbox", event_id, payment.ref, True, amount_minor, "CNY", clock())
    async with begin() as db:
        await record_callback(db, fact, clock())


async def look(begin: Begin, payment: Payment, clock: Clock) -> list[Unresolved]:
    async with begin() as db:
        return await unresolved_for_meter(db, payment.meter_id, clock())


async def holds(begin: Begin, payment: Payment, clock: Clock) -> list[Hold]:
    return [each.hold for each in await look(begin, payment, clock)]


async def test_an_open_pay_page_is_offered_again(begin: Begin, payment: Payment, clock: Clock) -> None:
    async with begin() as db:
        await remember_page(db, payment.id, "https://bank.example/1")
    (found,) = await look(begin, payment, clock)
    assert (found.hold, found.ref, found.amount_minor) == (Hold.PAYING, payment.ref, 10_000)
    assert found.pay_url == "https://bank.example/1"


async def test_a_payment_whose_time_is_over_is_being_checked_until_its_provider_has_spoken(
    begin: Begin, payment: Payment, clock: Clock
) -> None:
    clock.forward(minutes=31)
    assert await holds(begin, payment, clock) == [Hold.BEING_CHECKED]
    async with begin() as db:
        await close_payment(db, payment.id)
    assert await holds(begin, payment, clock) == []


async def test_money_is_on_its_way_until_the_meter_has_it(begin: Begin, payment: Payment, clock: Clock) -> None:
    await hear(begin, payment, clock, "e1")
    assert await holds(begin, payment, clock) == [Hold.ON_ITS_WAY]
    async with begin() as db:
        purchase = (await db.exec(select(Purchase))).one()
        purchase.state = PurchaseState.CREDITED
    assert await holds(begin, payment, clock) == []


async def test_money_that_a_person_must_place_counts_until_it_is_placed(
    begin: Begin, payment: Payment, clock: Clock
) -> None:
    await hear(begin, payment, clock, "e1", 6_000)
    (found,) = await look(begin, payment, clock)
    assert (found.hold, found.amount_minor) == (Hold.WITH_STAFF, 6_000)
    async with begin() as db:
        (await db.exec(select(Review))).one().settled_at = clock()
    assert await holds(begin, payment, clock) == []


async def test_the_second_of_two_payments_counts_beside_the_first(begin: Begin, payment: Payment, clock: Clock) -> None:
    await hear(begin, payment, clock, "e1")
    clock.forward(seconds=1)
    await hear(begin, payment, clock, "e2")
    assert await holds(begin, payment, clock) == [Hold.ON_ITS_WAY, Hold.WITH_STAFF]


async def test_another_meter_is_not_held_up(begin: Begin, payment: Payment, clock: Clock) -> None:
    payment.meter_id = payment.id
    assert await holds(begin, payment, clock) == []
