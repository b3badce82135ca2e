"""Accounts with several card meters, arrears that come late, and meters that are not for sale (SPEC H-7, H-13)."""

from uuid import UUID

import pytest
from sqlmodel import select

from app.db import Begin
from app.domain.meter_life import MeterLife, NotForSale
from app.domain.purchase import PurchaseState
from app.domain.purchase_control import CountedIn
from app.domain.review import ReviewAct, ReviewKind
from app.domain.rules import SaleRules
from app.domain.settling import Bar, CannotSettle
from app.models import Account, Meter, MeterGroup, Purchase, Tariff
from app.services import rulebook
from app.services.energy_sold import Sold, sold
from app.services.lookup import view_meter
from app.services.settle import Decision, settle
from tests import build
from tests.clocks import Clock
from tests.desk import Desk, open_desk
from tests.fakes import Bench

SECOND = build.numbered("20100000002")


@pytest.fixture
def bench(clock: Clock) -> Bench:
    return Bench(now=clock)


@pytest.fixture
async def desk(begin: Begin, clock: Clock, bench: Bench) -> Desk:
    """An account with two meters that hold their money themselves, and one with tokens."""
    made = await open_desk(begin, clock, bench)
    first = made.town.esam
    async with begin() as db:
        db.add(beside(first, SECOND))
    return made


def beside(first: Meter, number: str) -> Meter:
    """Another meter of the same make and account."""
    return Meter(
        number=number,
        address=number,
        model_id=first.model_id,
        account_id=first.account_id,
        concentrator_id=first.concentrator_id,
    )


async def decides(desk: Desk, act: ReviewAct, number: str = "") -> None:
    review = await desk.review(ReviewKind.WHICH_METER)
    async with desk.begin() as db:
        await settle(db, Decision(review.id, act, "the customer says so", desk.staff_id, number), desk.clock())


async def test_a_purchase_waits_for_a_person_who_says_which_meter(desk: Desk, bench: Bench) -> None:
    purchase_id = await desk.pays(desk.town.esam)
    await desk.works()
    assert bench.orders == []
    assert (await desk.purchase(purchase_id)).state == PurchaseState.REVIEW
    await decides(desk, ReviewAct.RETRY)
    await desk.works()
    assert bench.credits == [5000]


async def test_it_goes_into_the_meter_that_staff_choose(desk: Desk) -> None:
    purchase_id = await desk.pays(desk.town.esam)
    with pytest.raises(CannotSettle) as refused:
        await decides(desk, ReviewAct.MOVE, desk.town.sts.number)
    assert refused.value.bar is Bar.NOT_THAT_METER
    await decides(desk, ReviewAct.MOVE, SECOND)
    await desk.works()
    done = await desk.purchase(purchase_id)
    assert done.state == PurchaseState.CREDITED
    assert (await desk.meter(done.meter_id)).number == SECOND


async def test_moved_to_where_a_terminal_counts_kwh_it_is_said_in_kwh_there_and_only_there(desk: Desk) -> None:
    async with desk.begin() as db:
        second = (await db.exec(select(Meter).where(Meter.number == SECOND))).one()
        row = MeterGroup(meter_id=second.id, concentrator_id=second.concentrator_id, number=1, rounds=1)
        row.counted_in = CountedIn.ENERGY
        db.add(row)
        (await db.exec(select(Tariff))).one().price_e4 = 5_283
    there = await desk.pays(desk.town.esam)
    async with desk.begin() as db:
        assert await sold(db, there) is None
    await decides(desk, ReviewAct.MOVE, SECOND)
    async with desk.begin() as db:
        assert await sold(db, there) == Sold(95, 18)
        (await db.get_one(Purchase, there)).state = PurchaseState.CREDITED
    back = await desk.pays(second)
    async with desk.begin() as db:
        assert await sold(db, back) == Sold(95, 18)
    await decides(desk, ReviewAct.MOVE, desk.town.esam.number)
    async with desk.begin() as db:
        assert await sold(db, back) is None


async def test_it_may_be_given_back_instead(desk: Desk) -> None:
    purchase_id = await desk.pays(desk.town.esam)
    await decides(desk, ReviewAct.REFUND)
    assert (await desk.purchase(purchase_id)).state == PurchaseState.REFUNDED


async def test_a_meter_with_tokens_is_no_card_meter(desk: Desk, bench: Bench) -> None:
    await desk.pays(desk.town.sts)
    await desk.works()
    assert bench.credits == [5000]


async def test_a_utility_may_want_it_in_the_meter_that_was_named(desk: Desk, bench: Bench) -> None:
    async with desk.begin() as db:
        await rulebook.save(db, SaleRules(hold_several=False), desk.staff_id, desk.clock())
    await desk.pays(desk.town.esam)
    await desk.works()
    assert bench.credits == [5000]


async def test_payers_are_told_before_they_pay(desk: Desk) -> None:
    async with desk.begin() as db:
        held = await view_meter(db, desk.town.esam.number, desk.clock())
        typed = await view_meter(db, desk.town.sts.number, desk.clock())
    assert held is not None
    assert typed is not None
    assert (held.held_for_staff, typed.held_for_staff) == (True, False)


async def owes(desk: Desk, amount_minor: int) -> None:
    async with desk.begin() as db:
        (await db.get_one(Account, desk.town.account.id)).arrears_minor = amount_minor


async def remove_second(desk: Desk) -> None:
    async with desk.begin() as db:
        found = await view_meter(db, SECOND, desk.clock())
        assert found is not None
        (await db.get_one(Meter, found.id)).life = MeterLife.REMOVED


async def test_what_is_owed_by_the_time_of_sending_is_settled_first(desk: Desk, bench: Bench) -> None:
    await remove_second(desk)
    purchase_id = await desk.pays(desk.town.esam, 5000)
    await owes(desk, 1200)
    await desk.works()
    done = await desk.purchase(purchase_id)
    assert (done.arrears_minor, done.credit_minor, bench.credits) == (1200, 3800, [3800])
    async with desk.begin() as db:
        assert (await db.get_one(Account, desk.town.account.id)).arrears_minor == 0


async def test_a_purchase_that_arrears_swallow_whole_is_settled(desk: Desk, bench: Bench) -> None:
    await remove_second(desk)
    for meter in (desk.town.esam, desk.town.sts):
        purchase_id = await desk.pays(meter, 5000)
        await owes(desk, 9000)
        await desk.works()
        assert (await desk.purchase(purchase_id)).state == PurchaseState.SETTLED
    assert bench.orders == []


async def test_what_has_been_sent_is_not_taken_apart(desk: Desk, bench: Bench) -> None:
    await remove_second(desk)
    purchase_id = await desk.pays(desk.town.esam, 5000)
    bench.deaf = True
    await desk.works()
    await owes(desk, 1200)
    bench.hear()
    desk.clock.forward(minutes=1)
    await desk.works()
    done = await desk.purchase(purchase_id)
    assert (done.state, done.credit_minor) == (PurchaseState.CREDITED, 5000)


async def lives(desk: Desk, meter_id: UUID, life: MeterLife) -> None:
    async with desk.begin() as db:
        (await db.get_one(Meter, meter_id)).life = life


@pytest.mark.parametrize("life", [MeterLife.NEW, MeterLife.COMMISSIONING, MeterLife.REMOVED])
async def test_nothing_is_sold_to_a_meter_that_is_not_in_service(desk: Desk, life: MeterLife) -> None:
    await lives(desk, desk.town.esam.id, life)
    with pytest.raises(NotForSale):
        await desk.orders(desk.town.esam)


async def test_a_utility_may_sell_before_commissioning(desk: Desk) -> None:
    async with desk.begin() as db:
        await rulebook.save(db, SaleRules(sell_untried=True), desk.staff_id, desk.clock())
    await lives(desk, desk.town.esam.id, MeterLife.NEW)
    await desk.orders(desk.town.esam)
