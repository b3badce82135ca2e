"""The list of reviews, and what a person is told before deciding."""

from uuid import uuid4

from app.domain.purchase import PurchaseState
from app.domain.review import ReviewAct, ReviewKind
from app.domain.settling import Again, Bar
from app.services.docket import PAGE, Wanted, count_open, list_reviews, view_review
from app.services.reviews import Question, open_review
from tests.desk import Desk
from tests.fakes import Bench


async def two_questions(desk: Desk) -> None:
    """A refused purchase, and a minute later money of a wrong amount."""
    desk.bench.refuses = "over_hoard_limit"
    await desk.pays(desk.town.esam, 5000)
    await desk.works()
    desk.clock.forward(minutes=1)
    payment = await desk.orders(desk.town.sts, 5000)
    await desk.hears(payment.ref, 3000)


async def test_open_questions_come_oldest_first_with_meter_and_amount(desk: Desk) -> None:
    await two_questions(desk)
    async with desk.begin() as db:
        docket = await list_reviews(db, Wanted())
    assert [(r.kind, r.amount_minor, r.meter_number) for r in docket.lines] == [
        (ReviewKind.METER_REFUSED, 5000, desk.town.esam.number),
        (ReviewKind.WRONG_AMOUNT, 3000, desk.town.sts.number),
    ]
    assert docket.open_by_kind == {ReviewKind.METER_REFUSED: 1, ReviewKind.WRONG_AMOUNT: 1}


async def test_settled_questions_are_kept_apart_newest_first(desk: Desk) -> None:
    await two_questions(desk)
    await desk.decides(ReviewKind.METER_REFUSED, ReviewAct.RETRY)
    desk.clock.forward(minutes=1)
    await desk.decides(ReviewKind.WRONG_AMOUNT, ReviewAct.REFUND)
    async with desk.begin() as db:
        settled = await list_reviews(db, Wanted(settled=True))
        only = await list_reviews(db, Wanted(settled=True, kind=ReviewKind.METER_REFUSED))
        waiting = await count_open(db)
    assert [r.act for r in settled.lines] == [ReviewAct.REFUND, ReviewAct.RETRY]
    assert ([r.kind for r in only.lines], waiting) == ([ReviewKind.METER_REFUSED], 0)


async def test_a_long_list_comes_in_pages(desk: Desk) -> None:
    async with desk.begin() as db:
        for _ in range(PAGE + 2):
            await open_review(db, Question(ReviewKind.NOT_ON_BILL, uuid4()), desk.clock())
    async with desk.begin() as db:
        first, second = await list_reviews(db, Wanted()), await list_reviews(db, Wanted(skip=PAGE))
    assert ((len(first.lines), first.more), (len(second.lines), second.more)) == ((PAGE, True), (2, False))


async def test_the_page_says_beforehand_what_each_act_would_do(desk: Desk, bench: Bench) -> None:
    bench.count = 7
    await desk.pays(desk.town.esam, 5000)
    await desk.works()
    asked = await desk.review(ReviewKind.COUNT_CONFUSED)
    async with desk.begin() as db:
        view = await view_review(db, asked.id)
    assert view is not None
    assert view.outlook is not None
    assert view.meter is not None
    retry, landed, refund, set_back = view.outlook.options
    assert (retry.again, landed.bar, refund.amount_minor, refund.bar) == (Again.NEW_NUMBER, None, 5000, None)
    assert (set_back.act, set_back.bar) == (ReviewAct.SET_BACK, Bar.NOT_SET_BACK)
    assert view.outlook.standing is not None
    assert (view.outlook.standing.count, view.outlook.standing.state) == (7, PurchaseState.REVIEW)
    assert (view.meter.number, view.meter.purchase_count) == (desk.town.esam.number, 0)


async def test_a_barred_act_says_why_before_anybody_tries_it(desk: Desk, bench: Bench) -> None:
    bench.refuses, bench.counts = "overflow_error", False
    await desk.pays(desk.town.sts)
    await desk.works()
    asked = await desk.review(ReviewKind.METER_REFUSED)
    async with desk.begin() as db:
        view = await view_review(db, asked.id)
    assert view is not None
    assert view.outlook is not None
    assert {o.act: o.bar for o in view.outlook.options}[ReviewAct.REFUND] is Bar.TOKEN_OUT


async def test_a_settled_question_offers_no_act_and_names_who_settled_it(desk: Desk) -> None:
    await two_questions(desk)
    settled = await desk.decides(ReviewKind.WRONG_AMOUNT, ReviewAct.REFUND, "wrong meter")
    async with desk.begin() as db:
        view = await view_review(db, settled.id)
    assert view is not None
    assert (view.outlook, view.settled_by, view.remark) == (None, "Lin", "wrong meter")


async def test_the_page_leads_to_what_else_is_open_about_the_meter(desk: Desk) -> None:
    await two_questions(desk)
    payment = await desk.orders(desk.town.esam, 1000)
    await desk.hears(payment.ref, 900)
    asked = await desk.review(ReviewKind.METER_REFUSED)
    async with desk.begin() as db:
        view = await view_review(db, asked.id)
    assert view is not None
    assert [other.kind for other in view.others] == [ReviewKind.WRONG_AMOUNT]


async def test_money_says_what_is_kept_before_it_is_given_back(desk: Desk) -> None:
    await desk.hears("nobodysorder", 4200)
    asked = await desk.review(ReviewKind.UNKNOWN_ORDER)
    async with desk.begin() as db:
        view = await view_review(db, asked.id)
    assert view is not None
    assert view.outlook is not None
    assert (view.outlook.kept_minor, view.outlook.options[0].amount_minor) == (4200, 4200)
