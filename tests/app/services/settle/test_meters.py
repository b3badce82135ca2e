"""Purchases that no rule could carry on: nothing goes back that a meter may hold, nothing is sent twice."""

import pytest
from sqlmodel import col, select

from app.domain.purchase import PurchaseState
from app.domain.review import ReviewAct, ReviewKind
from app.domain.settling import Bar, CannotSettle
from app.models import Meter, Note, Purchase, Review, Token
from app.outbox import Job
from app.ports import Done, Recharge, Refused, Target, Trace, Unknown
from app.services import overdue
from app.tasks import sweep
from tests.desk import Desk
from tests.fakes import Bench


async def open_jobs(desk: Desk) -> list[str]:
    async with desk.begin() as db:
        return sorted(await db.exec(select(Note.job).where(col(Note.done_at).is_(None))))


async def refusal(desk: Desk, kind: ReviewKind, act: ReviewAct) -> Bar:
    with pytest.raises(CannotSettle) as refused:
        await desk.decides(kind, act)
    return refused.value.bar


class Surprise(Bench):
    """Takes a recharge, and somebody else's right after it, before its count is read back."""

    async def send_purchase(self, target: Target, recharge: Recharge, trace: Trace) -> Done | Refused | Unknown:
        said = await super().send_purchase(target, recharge, trace)
        self.count += 1
        return said


@pytest.fixture
def bench(request: pytest.FixtureRequest) -> Bench:
    return Surprise() if "surprise" in request.node.name else Bench()


async def test_a_refused_purchase_is_sent_again_once_the_meter_takes_it(desk: Desk, bench: Bench) -> None:
    bench.refuses = "over_hoard_limit"
    purchase_id = await desk.pays(desk.town.esam)
    await desk.works()
    bench.refuses = ""

    await desk.decides(ReviewKind.METER_REFUSED, ReviewAct.RETRY)
    await desk.works()

    assert (await desk.purchase(purchase_id)).state == PurchaseState.CREDITED
    assert (bench.credits, (await desk.meter(desk.town.esam.id)).purchase_count) == ([5000], 1)


async def test_a_refused_purchase_may_be_refunded_because_the_read_back_proved_that_it_is_not_there(
    desk: Desk, bench: Bench
) -> None:
    bench.refuses = "over_hoard_limit"
    purchase_id = await desk.pays(desk.town.esam)
    await desk.works()
    await desk.decides(ReviewKind.METER_REFUSED, ReviewAct.REFUND)
    await desk.works()

    assert (await desk.purchase(purchase_id)).state == PurchaseState.REFUNDED
    assert await desk.books() == {"provider:sandbox": 5000, "refunds_due": -5000}
    assert bench.credits == []


async def test_a_refund_leaves_settled_arrears_settled(desk: Desk, bench: Bench) -> None:
    async with desk.begin() as db:
        desk.town.account.arrears_minor = 1200
        db.add(desk.town.account)
    bench.refuses = "over_hoard_limit"
    await desk.pays(desk.town.esam)
    await desk.works()
    await desk.decides(ReviewKind.METER_REFUSED, ReviewAct.REFUND)
    assert await desk.books() == {"provider:sandbox": 5000, "arrears": -1200, "refunds_due": -3800}


async def test_nobody_can_have_seen_what_the_meter_itself_denies(desk: Desk, bench: Bench) -> None:
    bench.refuses = "over_hoard_limit"
    await desk.pays(desk.town.esam)
    await desk.works()
    assert await refusal(desk, ReviewKind.METER_REFUSED, ReviewAct.LANDED) is Bar.COUNT_SAYS_NO


async def test_a_purchase_that_was_never_sent_goes_under_the_next_number_of_the_meter(desk: Desk, bench: Bench) -> None:
    bench.count = 7
    purchase_id = await desk.pays(desk.town.esam)
    await desk.works()

    await desk.decides(ReviewKind.COUNT_CONFUSED, ReviewAct.RETRY)
    await desk.works()

    purchase = await desk.purchase(purchase_id)
    assert (purchase.state, purchase.number) == (PurchaseState.CREDITED, 8)
    assert (bench.orders, bench.credits) == (["recharge 8"], [5000])
    assert (await desk.meter(desk.town.esam.id)).purchase_count == 8


async def test_a_purchase_that_was_never_sent_may_be_refunded_and_frees_its_number(desk: Desk, bench: Bench) -> None:
    bench.count = 7
    first = await desk.pays(desk.town.esam)
    await desk.works()
    await desk.decides(ReviewKind.COUNT_CONFUSED, ReviewAct.REFUND)
    bench.count = 0
    second = await desk.pays(desk.town.esam, 3000)
    await desk.works()

    assert ((await desk.purchase(first)).state, (await desk.purchase(second)).number) == (PurchaseState.REFUNDED, 1)
    assert await desk.books() == {"provider:sandbox": 8000, "refunds_due": -5000, "delivered": -3000}


async def test_after_a_surprise_what_may_be_in_the_meter_is_not_refunded(desk: Desk, bench: Bench) -> None:
    purchase_id = await desk.pays(desk.town.esam)
    await desk.works()
    assert (await desk.purchase(purchase_id)).sends == 1

    assert await refusal(desk, ReviewKind.COUNT_CONFUSED, ReviewAct.REFUND) is Bar.MAYBE_IN_METER
    assert await desk.books() == {"provider:sandbox": 5000, "owed_to_meters": -5000}


async def test_after_a_surprise_trying_again_only_asks_the_meter(desk: Desk, bench: Bench) -> None:
    purchase_id = await desk.pays(desk.town.esam)
    await desk.works()
    first = await desk.review(ReviewKind.COUNT_CONFUSED)
    await desk.decides(ReviewKind.COUNT_CONFUSED, ReviewAct.RETRY)
    await desk.works()

    again = await desk.review(ReviewKind.COUNT_CONFUSED)  # asked anew, with what the meter says now
    assert again.id != first.id
    assert (bench.orders, bench.credits) == (["recharge 1"], [5000])
    assert (await desk.purchase(purchase_id)).number == 1


async def test_after_a_surprise_a_person_who_saw_it_settles_it_with_the_meters_count(desk: Desk, bench: Bench) -> None:
    purchase_id = await desk.pays(desk.town.esam)
    await desk.works()
    await desk.decides(ReviewKind.COUNT_CONFUSED, ReviewAct.LANDED)

    purchase, meter = await desk.purchase(purchase_id), await desk.meter(desk.town.esam.id)
    assert (purchase.state, purchase.credited_at) == (PurchaseState.CREDITED, desk.clock())
    assert (meter.purchase_count, meter.balance_minor) == (2, 5000)
    assert await desk.books() == {"provider:sandbox": 5000, "delivered": -5000}
    assert await open_jobs(desk) == ["announce_credit", "ask_provider", "check_relay", "read_balance", "render_receipt"]

    bench.__class__ = Bench
    second = await desk.pays(desk.town.esam, 1000)
    await desk.works()
    assert (await desk.purchase(second)).number == 3


async def test_a_count_that_went_back_gives_no_new_number_but_the_money_may_go_back(desk: Desk, bench: Bench) -> None:
    for _ in range(2):
        await desk.pays(desk.town.esam, 1000)
        await desk.works()
        desk.clock.forward(seconds=3)
    bench.count = 0  # somebody changed the meter
    third = await desk.pays(desk.town.esam)
    await desk.works()

    await desk.decides(ReviewKind.COUNT_CONFUSED, ReviewAct.RETRY)
    await desk.works()
    assert ((await desk.purchase(third)).number, bench.orders[2:]) == (3, [])
    await desk.decides(ReviewKind.COUNT_CONFUSED, ReviewAct.REFUND)
    assert await desk.books() == {"provider:sandbox": 7000, "delivered": -2000, "refunds_due": -5000}


async def test_a_token_that_exists_is_never_refunded_because_a_hand_may_type_it(desk: Desk, bench: Bench) -> None:
    bench.refuses, bench.counts = "overflow", False
    await desk.pays(desk.town.sts)
    await desk.works()
    assert await refusal(desk, ReviewKind.METER_REFUSED, ReviewAct.REFUND) is Bar.TOKEN_OUT


async def test_a_refused_token_is_sent_again_as_the_same_token(desk: Desk, bench: Bench) -> None:
    bench.refuses, bench.counts = "overflow", False
    purchase_id = await desk.pays(desk.town.sts)
    await desk.works()
    bench.refuses = ""
    await desk.decides(ReviewKind.METER_REFUSED, ReviewAct.RETRY)
    await desk.works()

    assert (await desk.purchase(purchase_id)).state == PurchaseState.CREDITED
    async with desk.begin() as db:
        assert len(list(await db.exec(select(Token)))) == 1


async def test_a_token_that_somebody_typed_is_credited_without_a_count(desk: Desk, bench: Bench) -> None:
    bench.refuses, bench.counts = "overflow", False
    purchase_id = await desk.pays(desk.town.sts)
    await desk.works()
    await desk.decides(ReviewKind.METER_REFUSED, ReviewAct.LANDED)
    assert (await desk.purchase(purchase_id)).state == PurchaseState.CREDITED
    assert (await desk.books())["delivered"] == -5000


async def no_token(desk: Desk) -> None:
    async with desk.begin() as db:
        (await db.get_one(Meter, desk.town.sts.id)).sgc = None
    await desk.pays(desk.town.sts)
    await desk.works()


async def test_a_token_that_could_not_be_issued_is_issued_when_the_cause_is_mended(desk: Desk, bench: Bench) -> None:
    bench.counts = False
    await no_token(desk)
    async with desk.begin() as db:
        (await db.get_one(Meter, desk.town.sts.id)).sgc = "201457"
    await desk.decides(ReviewKind.TOKEN_NOT_ISSUED, ReviewAct.RETRY)
    await desk.works()
    assert bench.credits == [5000]


async def test_without_a_token_the_money_may_go_back(desk: Desk) -> None:
    await no_token(desk)
    await desk.decides(ReviewKind.TOKEN_NOT_ISSUED, ReviewAct.REFUND)
    await desk.works()
    assert await desk.books() == {"provider:sandbox": 5000, "refunds_due": -5000}


async def test_the_relay_is_looked_at_once_more(desk: Desk, bench: Bench) -> None:
    bench.relay_open = bench.lazy_relay = True
    await desk.pays(desk.town.esam)
    for _ in range(7):
        await desk.works()
        desk.clock.forward(hours=1)
    bench.lazy_relay = False
    await desk.decides(ReviewKind.RELAY_NOT_PROVED, ReviewAct.RETRY)
    await desk.works()
    assert not bench.relay_open


async def no_link(desk: Desk, bench: Bench) -> None:
    bench.unreachable = True
    await desk.pays(desk.town.esam)
    for _ in range(3):
        await desk.works()
        desk.clock.forward(minutes=1)
    bench.unreachable = False


async def test_a_work_order_is_tried_at_once(desk: Desk, bench: Bench) -> None:
    await no_link(desk, bench)
    async with desk.begin() as db:
        for note in await db.exec(select(Note).where(Note.job == Job.DOWNLOAD_PURCHASE)):
            note.due_at = desk.clock.forward(seconds=0).replace(year=2027)
    await desk.decides(ReviewKind.WORK_ORDER, ReviewAct.RETRY)
    await desk.works()
    assert bench.credits == [5000]


async def test_a_work_order_comes_back_if_trying_again_did_not_help_and_not_if_somebody_noted_it(
    desk: Desk, bench: Bench
) -> None:
    await no_link(desk, bench)
    bench.unreachable = True
    seen = []
    for act in (ReviewAct.RETRY, ReviewAct.NOTE):
        await desk.decides(ReviewKind.WORK_ORDER, act)
        for minutes in (5, 70):
            desk.clock.forward(minutes=minutes)
            async with desk.begin() as db:
                await overdue.find_overdue_purchases(db, desk.clock())
                seen.append(len(list(await db.exec(select(Review).where(col(Review.settled_at).is_(None))))))
    assert seen == [0, 1, 0, 0]


async def test_a_work_order_of_a_purchase_that_moved_on_is_refused_politely(desk: Desk, bench: Bench) -> None:
    await no_link(desk, bench)
    async with desk.begin() as db:
        for purchase in await db.exec(select(Purchase)):
            purchase.state = PurchaseState.REFUNDED
    assert await refusal(desk, ReviewKind.WORK_ORDER, ReviewAct.RETRY) is Bar.MOVED_ON


async def test_a_promise_that_nothing_kept_is_tried_at_once_and_counted_anew(desk: Desk, bench: Bench) -> None:
    await no_link(desk, bench)
    async with desk.begin() as db:
        for note in await db.exec(select(Note).where(Note.job == Job.DOWNLOAD_PURCHASE)):
            note.attempts = overdue.MOST_ATTEMPTS + 1
    async with desk.begin() as db:
        await overdue.find_spent_notes(db, desk.clock())
    await desk.decides(ReviewKind.ATTEMPTS_SPENT, ReviewAct.RETRY)
    async with desk.begin() as db:
        assert await overdue.find_spent_notes(db, desk.clock()) == 0
    await desk.works()
    assert bench.credits == [5000]


async def test_a_promise_that_was_kept_after_all_leaves_no_question_behind(desk: Desk, bench: Bench) -> None:
    await no_link(desk, bench)
    async with desk.begin() as db:
        for note in await db.exec(select(Note).where(Note.job == Job.DOWNLOAD_PURCHASE)):
            note.attempts = overdue.MOST_ATTEMPTS + 1
    await sweep.check_deadlines(desk.deps)
    wanted = select(Review).where(Review.kind == ReviewKind.ATTEMPTS_SPENT)
    async with desk.begin() as db:
        assert (await db.exec(wanted)).one().settled_at is None
    bench.unreachable = False
    desk.clock.forward(hours=2)
    await desk.works()
    await sweep.check_deadlines(desk.deps)
    async with desk.begin() as db:
        asked = (await db.exec(wanted)).one()
    assert (bench.credits, asked.act, asked.settled_by) == ([5000], "note", None)
    assert asked.settled_at is not None


async def test_a_note_closes_a_question_and_changes_nothing_else(desk: Desk, bench: Bench) -> None:
    await no_link(desk, bench)
    settled = await desk.decides(ReviewKind.WORK_ORDER, ReviewAct.NOTE, "the feeder is down until noon")
    assert (settled.act, settled.remark) == ("note", "the feeder is down until noon")
    assert await desk.books() == {"provider:sandbox": 5000, "owed_to_meters": -5000}


async def test_an_older_purchase_sent_again_waits_for_the_one_that_has_begun(desk: Desk, bench: Bench) -> None:
    bench.refuses = "over_hoard_limit"
    older = await desk.pays(desk.town.esam, 1000)
    await desk.works()
    bench.refuses, bench.deaf = "", True
    desk.clock.forward(seconds=1)
    younger = await desk.pays(desk.town.esam, 2000)
    await desk.works()
    assert (await desk.purchase(younger)).state == PurchaseState.SENDING

    await desk.decides(ReviewKind.METER_REFUSED, ReviewAct.RETRY)
    await desk.works()
    bench.hear()
    for _ in range(3):
        desk.clock.forward(minutes=5)
        await desk.works()

    numbers = [(await desk.purchase(each)).number for each in (younger, older)]
    assert (numbers, bench.credits) == ([1, 2], [2000, 1000])
