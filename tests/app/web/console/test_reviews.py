"""Reviews as staff see and settle them."""

import re
from uuid import uuid4

import pytest
from sqlmodel import select
from starlette.applications import Starlette

from app.domain.purchase import PurchaseState
from app.domain.review import ReviewKind
from app.models import Audit
from app.services.reviews import Evidence, Question, open_review
from tests.app.web.conftest import Browser
from tests.app.web.console.conftest import open_browser, sign_in
from tests.desk import Desk


async def wrong_amount(desk: Desk) -> str:
    """Money of a wrong amount came; return the page of its review."""
    payment = await desk.orders(desk.town.esam, 5000)
    await desk.hears(payment.ref, 3000)
    return f"/console/reviews/{(await desk.review(ReviewKind.WRONG_AMOUNT)).id}"


async def test_the_list_tells_what_is_open_with_age_meter_amount_and_evidence(officer: Browser, desk: Desk) -> None:
    await wrong_amount(desk)
    desk.clock.forward(minutes=12)
    page = await officer.open("/console/reviews")
    for words in ("Wrong amount", "12 mins", desk.town.esam.number, "¥30.00", "Due", "¥50.00"):
        assert words in page.text, words


async def test_an_empty_list_says_so(officer: Browser) -> None:
    assert "Nothing waits for a person." in (await officer.open("/console/reviews")).text
    assert "Nothing has been settled yet." in (await officer.open("/console/reviews?state=settled")).text


@pytest.mark.parametrize(
    "query", ["?kind=nonsense", "?skip=-1", "?skip=1e9", "?skip=99999999", "?state=x", "?skip=%00"]
)
async def test_a_strange_address_is_no_accident(officer: Browser, query: str) -> None:
    assert (await officer.open(f"/console/reviews{query}")).status_code in (200, 400)


async def test_a_review_is_settled_from_its_page_and_the_page_then_tells_by_whom(officer: Browser, desk: Desk) -> None:
    path = await wrong_amount(desk)
    page = await officer.open(path)
    assert "Kept in suspense" in page.text
    answer = await officer.send(path, page, act="refund", remark="asked by phone")
    assert (answer.status_code, answer.headers["location"]) == (303, path)

    after = await officer.open(path)
    for words in ("Refund", "Anna Berg", "asked by phone", "Settled"):
        assert words in after.text, words
    assert "textarea" not in after.text
    assert await desk.books() == {"provider:sandbox": 3000, "refunds_due": -3000}
    async with desk.begin() as db:
        assert "review_settled" in list(await db.exec(select(Audit.act)))


async def test_a_second_decision_is_refused_politely_and_changes_nothing(officer: Browser, desk: Desk) -> None:
    path = await wrong_amount(desk)
    page = await officer.open(path)
    await officer.send(path, page, act="refund", remark="first")
    again = await officer.send(path, page, act="accept", remark="second")
    assert again.status_code == 409
    assert "Somebody has settled this already." in again.text
    assert await desk.books() == {"provider:sandbox": 3000, "refunds_due": -3000}


async def test_a_decision_without_a_reason_comes_back_with_what_was_typed(officer: Browser, desk: Desk) -> None:
    path = await wrong_amount(desk)
    page = await officer.open(path)
    answer = await officer.send(path, page, act="refund", remark="   ")
    assert (answer.status_code, "Say why" in answer.text) == (409, True)
    strange = await officer.send(path, page, act="set_fire", remark="kept <b>words</b>")
    assert "kept &lt;b&gt;words&lt;/b&gt;" in strange.text


async def test_what_is_barred_says_why_on_the_page(officer: Browser, desk: Desk) -> None:
    desk.bench.refuses, desk.bench.counts = "overflow_error", False
    await desk.pays(desk.town.sts)
    await desk.works()
    page = await officer.open(f"/console/reviews/{(await desk.review(ReviewKind.METER_REFUSED)).id}")
    assert re.search(r'value="refund"[^>]* disabled', page.text)
    assert "Whoever has its digits can type it at any time" in page.text
    assert "the credit would overflow the meter" in page.text


async def test_a_confused_count_says_what_trying_again_would_do(officer: Browser, desk: Desk) -> None:
    desk.bench.count = 7
    purchase_id = await desk.pays(desk.town.esam)
    await desk.works()
    path = f"/console/reviews/{(await desk.review(ReviewKind.COUNT_CONFUSED)).id}"
    page = await officer.open(path)
    assert "the purchase is sent under the next number" in page.text
    await officer.send(path, page, act="retry", remark="their old system sold seven")
    await desk.works()
    assert (await desk.purchase(purchase_id)).state == PurchaseState.CREDITED


@pytest.mark.parametrize("kind", list(ReviewKind))
async def test_every_kind_of_review_has_a_page_in_both_languages(
    officer: Browser, desk: Desk, kind: ReviewKind
) -> None:
    async with desk.begin() as db:
        await open_review(db, Question(kind, uuid4(), {"reason": "no_link", "job": "download_purchase"}), desk.clock())
    path = f"/console/reviews/{(await desk.review(kind)).id}"
    for language in ("en", "zh"):
        page = await officer.open(f"{path}?lang={language}")
        assert page.status_code == 200
        assert f"kind_{kind}" not in page.text
        assert f">{kind}<" not in page.text


async def test_a_review_that_is_not_there_is_not_found(officer: Browser, desk: Desk) -> None:
    missing = f"/console/reviews/{uuid4()}"
    page = await officer.open("/console/reviews")
    assert (await officer.open(missing)).status_code == 404
    assert (await officer.send(missing, page, act="note", remark="x")).status_code == 404
    assert (await officer.open("/console/reviews/7")).status_code == 404


async def test_two_people_who_decide_at_once_leave_one_decision(
    officer: Browser, desk: Desk, console: Starlette
) -> None:
    path = await wrong_amount(desk)
    async with open_browser(console) as client:
        colleague = Browser(client)
        await sign_in(colleague)
        theirs, ours = await colleague.open(path), await officer.open(path)
        first = await officer.send(path, ours, act="accept", remark="mine")
        second = await colleague.send(path, theirs, act="refund", remark="theirs")
    assert (first.status_code, second.status_code) == (303, 409)
    assert await desk.books() == {"provider:sandbox": 3000, "owed_to_meters": -3000}


async def test_moments_in_the_evidence_are_told_as_people_read_them(officer: Browser, desk: Desk) -> None:
    purchase_id, meter = await desk.pays(desk.town.esam), desk.town.esam
    evidence: Evidence = {
        "reason": "another_moment",
        "number": 1,
        "count": 1,
        "own_record_minor": 5000,
        "recorded_at": "2026-03-02T13:30:00+08:00",
        "last_sent_at": "2026-03-02T02:10:00+00:00",
    }
    asked = Question(ReviewKind.COUNT_CONFUSED, purchase_id, evidence, purchase_id=purchase_id, meter_id=meter.id)
    brought = Question(ReviewKind.WALLET_NOT_EMPTY, uuid4(), {"balance_minor": 2000, "count": 7}, meter_id=meter.id)
    async with desk.begin() as db:
        assert await open_review(db, asked, desk.clock()) and await open_review(db, brought, desk.clock())
    page = await officer.open(f"/console/reviews/{(await desk.review(ReviewKind.COUNT_CONFUSED)).id}")
    for words in ("By its own record it took it at", "13:30", "10:10", "nothing of ours was on its way", "¥50.00"):
        assert words in page.text, words
    assert "2026-03-02T" not in page.text.partition("</main>")[0].rpartition("<main")[2].replace('datetime="', "")
    page = await officer.open(f"/console/reviews/{(await desk.review(ReviewKind.WALLET_NOT_EMPTY)).id}")
    for words in ("A new meter did not come empty", "¥20.00", "belongs to no payment here"):
        assert words in page.text, words
