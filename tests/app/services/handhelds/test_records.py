"""What a meter wrote down itself settles a carried purchase whose number recharges of others have passed (H-9)."""

from dataclasses import replace
from uuid import UUID

import pytest
from sqlmodel import col, select

from app.domain.purchase import PurchaseState
from app.domain.review import ReviewAct, ReviewKind
from app.domain.settling import Bar, CannotSettle
from app.models import Exchange, Note, Review
from app.outbox import Job
from app.services.handhelds import care
from headend_client.handheld import Result
from tests.app.services.handhelds.conftest import Counter
from tests.desk import Desk
from tests.fakes import Bench
from tests.handheld import carry_out, commands_in

OURS, THEIRS = 5000, 700


async def _out(counter: Counter, desk: Desk) -> tuple[UUID, bytes]:
    """A purchase under number 1 is out with somebody: no link reached its meter."""
    desk.bench.unreachable = desk.bench.keeps_records = True
    purchase_id = await desk.pays(desk.town.esam)
    await desk.works()
    return purchase_id, await counter.hands_out((await counter.makes()).file)


def _others_recharge(bench: Bench, times: int = 1) -> None:
    for _ in range(times):
        bench.count, bench.balance = bench.count + 1, bench.balance + THEIRS
        bench.credits.append(THEIRS)


def _walk(data: bytes, bench: Bench, desk: Desk) -> Result:
    (command,) = commands_in(data)
    return carry_out(command, bench, desk.clock())


async def _questions(desk: Desk) -> list[tuple[str, str | None]]:
    async with desk.begin() as db:
        rows = await db.exec(select(Review).where(Review.kind != ReviewKind.WORK_ORDER).order_by(col(Review.opened_at)))
        return [(row.kind, row.act) for row in rows]


async def test_ours_in_an_older_record_is_credited_by_itself(counter: Counter, desk: Desk, bench: Bench) -> None:
    purchase_id, data = await _out(counter, desk)
    row = replace(_walk(data, bench, desk), count=3, newest_minor=THEIRS)
    _others_recharge(bench, 2)
    await counter.brings([row])
    assert (await desk.purchase(purchase_id)).state == PurchaseState.REVIEW

    bench.unreachable = False
    desk.clock.forward(minutes=1)
    await desk.works()
    assert (await desk.purchase(purchase_id)).state == PurchaseState.CREDITED
    assert await _questions(desk) == [("count_confused", "landed")]
    assert (bench.credits, (await desk.meter(desk.town.esam.id)).purchase_count) == ([OURS, THEIRS, THEIRS], 3)
    async with desk.begin() as db:
        assert (await db.exec(select(Note).where(Note.job == Job.READ_RECORDS))).one().done_at is not None
    second = await desk.pays(desk.town.esam, 1000)
    await desk.works()
    assert (await desk.purchase(second)).number == 4


async def test_another_sum_under_our_number_sends_ours_on_under_the_next_one(
    counter: Counter, desk: Desk, bench: Bench
) -> None:
    purchase_id, data = await _out(counter, desk)
    _others_recharge(bench, 2)
    await counter.brings([_walk(data, bench, desk)])  # the meter refused it: its count is 2
    assert (await desk.review(ReviewKind.COUNT_CONFUSED)).evidence["count"] == 2

    bench.unreachable = False
    desk.clock.forward(minutes=1)
    await desk.works()
    purchase = await desk.purchase(purchase_id)
    assert (purchase.state, purchase.number) == (PurchaseState.CREDITED, 3)
    assert (await _questions(desk), bench.credits) == ([("count_confused", "retry")], [THEIRS, THEIRS, OURS])


async def test_a_meter_whose_records_do_not_reach_back_leaves_it_to_a_person_who_sees_why(
    counter: Counter, desk: Desk, bench: Bench
) -> None:
    purchase_id, data = await _out(counter, desk)
    _others_recharge(bench, 11)
    await counter.brings([_walk(data, bench, desk)])
    bench.unreachable = False
    _others_recharge(bench)
    desk.clock.forward(minutes=1)
    await desk.works()

    evidence = (await desk.review(ReviewKind.COUNT_CONFUSED)).evidence
    assert (evidence["reason"], evidence["count"]) == ("went_beyond", 12)
    assert (await desk.purchase(purchase_id)).state == PurchaseState.REVIEW
    with pytest.raises(CannotSettle) as barred:
        await desk.decides(ReviewKind.COUNT_CONFUSED, ReviewAct.REFUND)
    assert barred.value.bar is Bar.MAYBE_IN_METER


async def test_a_meter_that_is_not_reached_is_asked_again_until_somebody_decides(
    counter: Counter, desk: Desk, bench: Bench
) -> None:
    _, data = await _out(counter, desk)
    _others_recharge(bench, 2)
    await counter.brings([_walk(data, bench, desk)])
    for _ in range(5):
        await desk.works()
        desk.clock.forward(minutes=5)
    assert await _questions(desk) == [("count_confused", None)]
    async with desk.begin() as db:
        note = (await db.exec(select(Note).where(Note.job == Job.READ_RECORDS))).one()
    assert (note.done_at, note.last_error) == (None, "no_link")


async def test_what_was_refused_and_given_back_undone_is_asked_of_the_meter_before_a_person_decides(
    counter: Counter, desk: Desk, bench: Bench
) -> None:
    purchase_id, _ = await _out(counter, desk)
    bench.unreachable, bench.refuses = False, "over_hoard_limit"
    desk.clock.forward(minutes=30)
    await desk.works()
    bench.refuses = ""
    _others_recharge(bench)  # under the number of ours
    desk.clock.forward(hours=1)
    file = (await counter.lines())[0].file_id
    async with desk.begin() as db:
        await care.give_back(db, file, desk.staff_id, "the road is closed", desk.clock())
    desk.clock.forward(minutes=1)
    await desk.works()

    review = await desk.review(ReviewKind.METER_REFUSED)
    assert (review.evidence["count"], review.evidence["own_record_minor"]) == (1, THEIRS)
    async with desk.begin() as db:
        frames = await db.exec(select(Exchange.verb).where(Exchange.purchase_id == purchase_id))
        assert set(frames) <= {"download", "read_records"}
    await desk.decides(ReviewKind.METER_REFUSED, ReviewAct.REFUND)
    assert (await desk.purchase(purchase_id)).state == PurchaseState.REFUNDED
    assert (await desk.books())["refunds_due"] == -OURS


async def test_a_decision_that_came_first_stands(counter: Counter, desk: Desk, bench: Bench) -> None:
    purchase_id, data = await _out(counter, desk)
    _others_recharge(bench, 2)
    await counter.brings([_walk(data, bench, desk)])
    await desk.decides(ReviewKind.COUNT_CONFUSED, ReviewAct.LANDED)
    bench.unreachable = False
    desk.clock.forward(hours=1)
    await desk.works()
    assert (await desk.purchase(purchase_id)).state == PurchaseState.CREDITED
    assert bench.operated == []
