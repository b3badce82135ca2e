"""An old meter leaves: its balance goes on or back, and no purchase is lost or credited twice."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import select

from app.db import Begin
from app.domain.download import Record
from app.domain.meter_life import MeterLife
from app.domain.operation import OperationKind
from app.domain.payment import CASH_DESK
from app.domain.purchase import PurchaseKind, PurchaseState
from app.domain.swapping import CannotSwap, Found, SwapBar, SwapState, SwapWay
from app.models import Meter, MeterSwap, Note, Operation, Purchase, Refund, Token, VoidToken
from app.outbox import Job
from app.services.swaps import beginning
from tests.app.services.swaps.workshop import (
    NEW,
    arrears,
    begun,
    booked,
    finished,
    new_meter,
    purchases_of,
    seen,
    stands,
    works,
)
from tests.clocks import Clock
from tests.desk import Desk, open_desk
from tests.fakes import Bench


@pytest.fixture
def bench(clock: Clock) -> Bench:
    return Bench(balance=4200, count=7, now=clock)


@pytest.fixture
async def desk(begin: Begin, clock: Clock, bench: Bench) -> Desk:
    made = await open_desk(begin, clock, bench)
    async with begin() as db:
        row = await db.get_one(Meter, made.town.esam.id)
        row.purchase_count, row.point, row.overdraft_limit_minor = 7, 5, 800
    return made


def replace_bench(bench: Bench) -> None:
    """The new meter hangs where the old one hung, empty."""
    bench.balance, bench.count, bench.credits = 0, 0, []


async def test_the_balance_is_carried_to_the_new_meter(desk: Desk, bench: Bench) -> None:
    swap_id = await begun(desk, desk.town.esam)
    await works(desk)
    swap = await finished(desk, swap_id)
    assert (swap.state, swap.last_balance_minor, swap.last_count) == (SwapState.DONE, 4200, 7)
    assert await booked(desk, swap_id) == {"delivered": 4200, "owed_to_meters": -4200}
    replace_bench(bench)
    await works(desk)
    new = await new_meter(desk, swap_id)
    (carried,) = await purchases_of(desk, new.id)
    assert (carried.kind, carried.state, carried.number) == (PurchaseKind.TRANSFER, PurchaseState.CREDITED, 1)
    assert (bench.balance, bench.credits, new.purchase_count) == (4200, [4200], 1)
    assert await desk.books() == {}


async def test_the_new_meter_hangs_where_the_old_one_hung_under_its_rules(desk: Desk) -> None:
    swap_id = await begun(desk, desk.town.esam)
    await works(desk)
    await finished(desk, swap_id)
    old, new = await desk.meter(desk.town.esam.id), await new_meter(desk, swap_id)
    assert (new.number, new.point, new.overdraft_limit_minor, new.life) == (NEW, 5, 800, MeterLife.NEW)
    assert (old.life, old.successor_id, old.point, old.balance_minor) == (MeterLife.REMOVED, new.id, None, None)


async def test_a_balance_can_be_given_back_instead(desk: Desk) -> None:
    swap_id = await begun(desk, desk.town.esam, SwapWay.REFUND)
    await works(desk)
    swap = await finished(desk, swap_id)
    async with desk.begin() as db:
        refund = (await db.exec(select(Refund))).one()
    assert (refund.id, refund.amount_minor, refund.provider) == (swap.refund_id, 4200, CASH_DESK)
    assert await booked(desk, swap_id) == {"delivered": 4200, "refunds_due": -4200}
    assert await purchases_of(desk, (await new_meter(desk, swap_id)).id) == []


async def test_what_the_old_meter_gave_on_credit_is_owed(desk: Desk, bench: Bench) -> None:
    bench.balance = -300
    swap_id = await begun(desk, desk.town.esam)
    await works(desk)
    await finished(desk, swap_id)
    assert await arrears(desk) == 300
    assert await booked(desk, swap_id) == {"arrears": 300, "delivered": -300}


async def test_money_that_comes_meanwhile_goes_to_the_new_meter(desk: Desk, bench: Bench) -> None:
    swap_id = await begun(desk, desk.town.esam)
    purchase_id = await desk.pays(desk.town.esam, 6000)
    await works(desk)
    assert bench.credits == []  # nothing new is sent to a meter that is leaving
    await finished(desk, swap_id)
    replace_bench(bench)
    for _ in range(2):
        desk.clock.forward(minutes=2)
        await works(desk)
    moved = await desk.purchase(purchase_id)
    assert (moved.meter_id, moved.state) == ((await new_meter(desk, swap_id)).id, PurchaseState.CREDITED)
    assert sorted(bench.credits) == [4200, 6000]


async def test_money_for_the_old_meter_that_comes_afterwards_goes_to_the_new_one(desk: Desk, bench: Bench) -> None:
    late = await desk.orders(desk.town.esam, 2500)
    swap_id = await begun(desk, desk.town.esam)
    await works(desk)
    await finished(desk, swap_id)
    replace_bench(bench)
    await desk.hears(late.ref, 2500)
    for _ in range(2):  # one after the other, whichever is first
        desk.clock.forward(minutes=2)
        await works(desk)
    assert sorted(each.credit_minor for each in await purchases_of(desk, (await new_meter(desk, swap_id)).id)) == [
        2500,
        4200,
    ]
    assert sorted(bench.credits) == [2500, 4200]


async def test_a_lost_answer_is_settled_by_the_last_count(desk: Desk, bench: Bench) -> None:
    purchase_id = await desk.pays(desk.town.esam, 1000)
    bench.deaf = True
    await desk.works()
    assert (await desk.purchase(purchase_id)).state == PurchaseState.SENDING
    bench.hear()
    bench.unreachable = True
    swap_id = await begun(desk, desk.town.esam)
    await seen(desk, swap_id, 5200, 8)
    (waiting,) = (await stands(desk, swap_id)).waiting
    assert waiting.found is Found.IN_METER
    await finished(desk, swap_id)
    landed = await desk.purchase(purchase_id)
    assert (landed.state, landed.meter_id) == (PurchaseState.CREDITED, desk.town.esam.id)
    (carried,) = await purchases_of(desk, (await new_meter(desk, swap_id)).id)
    assert carried.credit_minor == 5200  # its thousand is in there, and nowhere else


async def test_what_the_count_says_is_missing_goes_on_to_the_new_meter(desk: Desk, bench: Bench) -> None:
    purchase_id = await desk.pays(desk.town.esam, 1000)
    bench.deaf = True
    await desk.works()
    bench.unreachable = True
    swap_id = await begun(desk, desk.town.esam)
    await seen(desk, swap_id, 4200, 7)
    await finished(desk, swap_id)
    moved = await desk.purchase(purchase_id)
    assert (moved.state, moved.sends, moved.number) == (PurchaseState.PAID, 0, None)
    assert moved.meter_id == (await new_meter(desk, swap_id)).id


async def test_without_a_count_a_person_says_where_a_purchase_is(desk: Desk, bench: Bench) -> None:
    purchase_id = await desk.pays(desk.town.esam, 1000)
    bench.deaf = True
    await desk.works()
    bench.unreachable = True
    swap_id = await begun(desk, desk.town.esam)
    await seen(desk, swap_id, 4200)
    with pytest.raises(CannotSwap) as refused:
        await finished(desk, swap_id)
    assert refused.value.bar is SwapBar.IN_DOUBT
    await finished(desk, swap_id, {purchase_id: Found.NOT_IN_METER})
    assert (await desk.purchase(purchase_id)).state == PurchaseState.PAID


async def test_a_token_of_the_old_meter_is_void_and_the_new_one_gets_its_own(desk: Desk, bench: Bench) -> None:
    bench.unreachable = True
    purchase_id = await desk.pays(desk.town.sts, 5000)
    await desk.works()
    swap_id = await begun(desk, desk.town.sts)
    await seen(desk, swap_id, 100)
    await finished(desk, swap_id, {purchase_id: Found.NOT_IN_METER})
    desk.clock.forward(minutes=40)
    await works(desk)
    new = await new_meter(desk, swap_id)
    async with desk.begin() as db:
        void = (await db.exec(select(VoidToken).where(VoidToken.purchase_id == purchase_id))).one()
        made = (await db.exec(select(Token).where(Token.purchase_id == purchase_id))).one()
    assert (void.meter_id, made.meter_id) == (desk.town.sts.id, new.id)
    assert void.digits != made.digits
    assert (new.sgc, new.krn) == ("201457", 2)


async def test_a_purchase_that_is_being_sent_at_this_moment_is_waited_for(desk: Desk, bench: Bench) -> None:
    await desk.pays(desk.town.esam, 1000)
    swap_id = await begun(desk, desk.town.esam)
    await seen(desk, swap_id, 4200, 7)
    async with desk.begin() as db:
        note = (await db.exec(select(Note).where(Note.job == Job.DOWNLOAD_PURCHASE))).one()
        note.taken_until = desk.clock() + timedelta(minutes=1)
    with pytest.raises(CannotSwap) as refused:
        await finished(desk, swap_id)
    assert refused.value.bar is SwapBar.IN_HANDS


async def test_an_exchange_is_finished_once(desk: Desk) -> None:
    swap_id = await begun(desk, desk.town.esam)
    await works(desk)
    await finished(desk, swap_id)
    with pytest.raises(CannotSwap) as refused:
        await finished(desk, swap_id)
    assert refused.value.bar is SwapBar.NOT_NOW


async def test_a_called_off_exchange_leaves_everything_as_it_was(desk: Desk, bench: Bench) -> None:
    swap_id = await begun(desk, desk.town.esam)
    await desk.pays(desk.town.esam, 1000)
    async with desk.begin() as db:
        await beginning.cancel(db, swap_id, desk.staff_id, desk.clock())
    desk.clock.forward(minutes=2)
    await works(desk)
    assert bench.credits == [1000]
    async with desk.begin() as db:
        assert (await db.get_one(MeterSwap, swap_id)).state == SwapState.CANCELLED
    await begun(desk, desk.town.esam)  # and it may begin again


async def test_a_meter_is_in_one_exchange_at_a_time_and_numbers_are_nobody_elses(desk: Desk) -> None:
    await begun(desk, desk.town.esam)
    with pytest.raises(CannotSwap) as refused:
        await begun(desk, desk.town.esam)
    assert refused.value.bar is SwapBar.OPEN_ALREADY


async def _lost(desk: Desk, bench: Bench, number: int = 4) -> UUID:
    """A purchase went to the old meter under a number, and nothing came back: the meter never heard it."""
    bench.keeps_records = True
    purchase_id = await desk.pays(desk.town.esam, 6000)
    async with desk.begin() as db:
        purchase = await db.get_one(Purchase, purchase_id)
        purchase.number, purchase.sends, purchase.state = number, 1, PurchaseState.SENDING
        purchase.sending_since = desk.clock()
        for note in await db.exec(select(Note).where(Note.job == Job.DOWNLOAD_PURCHASE)):
            note.due_at = desk.clock() + timedelta(days=1)
    return purchase_id


async def test_somebody_elses_recharge_under_our_number_is_told_from_ours_by_the_meters_own_record(
    desk: Desk, bench: Bench
) -> None:
    purchase_id = await _lost(desk, bench)
    bench.count, bench.balance = 4, 4900
    bench.credits = [1000, 1000, 2200, 700]
    swap_id = await begun(desk, desk.town.esam)
    await works(desk)

    stands_now = await stands(desk, swap_id)
    assert stands_now.read is not None
    assert ([each.found for each in stands_now.waiting], stands_now.bar) == ([Found.NOT_IN_METER], None)
    assert (stands_now.read.records, stands_now.waiting[0].record_minor) == ((Record(4, 700),), 700)
    await finished(desk, swap_id)
    moved = await desk.purchase(purchase_id)
    assert (moved.meter_id, moved.number) == ((await new_meter(desk, swap_id)).id, None)


@pytest.mark.parametrize(("ours", "found"), [(6000, Found.IN_METER), (700, Found.NOT_IN_METER)])
async def test_an_older_record_says_where_a_purchase_is_whose_number_others_have_passed(
    desk: Desk, bench: Bench, ours: int, found: Found
) -> None:
    await _lost(desk, bench)
    bench.count, bench.credits = 6, [1000, 1000, 2200, ours, 300, 300]
    swap_id = await begun(desk, desk.town.esam)
    await works(desk)
    assert [each.found for each in (await stands(desk, swap_id)).waiting] == [found]


async def test_an_old_meter_that_keeps_no_records_is_believed_its_count(desk: Desk, bench: Bench) -> None:
    await _lost(desk, bench)
    bench.keeps_records, bench.count = False, 4
    swap_id = await begun(desk, desk.town.esam)
    await works(desk)
    assert [each.found for each in (await stands(desk, swap_id)).waiting] == [Found.IN_METER]


async def test_a_recharge_that_lands_while_the_old_meter_is_read_is_in_its_balance_too(
    desk: Desk, bench: Bench
) -> None:
    await _lost(desk, bench)
    bench.count, bench.credits = 3, [1000, 1000, 2200]

    async def overtaken() -> None:
        bench.while_reading = None
        bench.count, bench.balance, bench.credits = 4, 4200 + 6000, [*bench.credits, 6000]

    bench.while_reading = overtaken
    swap_id = await begun(desk, desk.town.esam)
    await works(desk)
    desk.clock.forward(minutes=1)
    await works(desk)

    stands_now = await stands(desk, swap_id)
    assert stands_now.read is not None
    assert [each.found for each in stands_now.waiting] == [Found.IN_METER]
    assert stands_now.read.balance_minor == 4200 + 6000


async def test_a_purchase_that_is_about_to_leave_has_the_old_meters_records_read_too(desk: Desk, bench: Bench) -> None:
    purchase_id = await _lost(desk, bench)
    async with desk.begin() as db:
        (await db.get_one(Purchase, purchase_id)).sends = 0  # it has its number, and leaves at this moment
    swap_id = await begun(desk, desk.town.esam)
    async with desk.begin() as db:
        swap = await db.get_one(MeterSwap, swap_id)
        assert (await db.get_one(Operation, swap.operation_id)).kind == OperationKind.READ_RECORDS
