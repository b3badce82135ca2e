"""Finding a purchase, and reading what happened to it."""

from datetime import timedelta

import pytest

from app.domain.review import ReviewAct, ReviewKind
from app.models import Purchase
from tests import wire
from tests.app.web.conftest import Browser
from tests.desk import Desk


async def bought(desk: Desk, *, sts: bool = False) -> Purchase:
    """Somebody has paid."""
    return await desk.purchase(await desk.pays(desk.town.sts if sts else desk.town.esam, 5000))


async def with_frames(desk: Desk) -> Purchase:
    """A credited purchase with the frames that carried it."""
    purchase = await bought(desk)
    await desk.works()
    address, now = desk.town.esam.address, desk.clock()
    frames = (wire.recharge(address, 5000, 1), wire.recharged(address), wire.balance(address, 5000), wire.passed(None))
    async with desk.begin() as db:
        db.add_all(
            wire.kept(frame, purchase.id, now + timedelta(milliseconds=250 * place))
            for place, frame in enumerate(frames)
        )
    return purchase


async def test_one_hit_leads_straight_to_the_purchase(officer: Browser, desk: Desk) -> None:
    purchase = await bought(desk)
    answer = await officer.client.get("/console/purchases", params={"q": f" {desk.town.esam.number} "})
    assert answer.headers["location"] == f"/console/purchases/{purchase.ref}"


async def test_several_hits_are_listed_and_none_is_said_kindly(officer: Browser, desk: Desk) -> None:
    first = await bought(desk)
    second = await bought(desk, sts=True)
    page = await officer.open(f"/console/purchases?q={desk.town.account.number}")
    assert first.ref[:12] in page.text
    assert second.ref[:12] in page.text
    nothing = await officer.open("/console/purchases?q=%3Cscript%3E")
    assert "Nothing has this number." in nothing.text
    assert "<script>" not in nothing.text


async def test_a_payment_without_a_purchase_has_a_page(officer: Browser, desk: Desk) -> None:
    payment = await desk.orders(desk.town.esam, 5000)
    await desk.hears(payment.ref, 3000)
    page = await officer.open(f"/console/purchases?q={payment.ref}")
    for words in ("With staff", "Wrong amount", "Suspense", "Lin Ming", "¥30.00"):
        assert words in page.text, words


async def test_a_payment_that_has_become_a_purchase_leads_to_it(officer: Browser, desk: Desk) -> None:
    purchase = await bought(desk)
    assert purchase.payment_id is not None
    ref = (await desk.payment(purchase.payment_id)).ref
    answer = await officer.client.get(f"/console/payments/{ref}")
    assert answer.headers["location"] == f"/console/purchases/{purchase.ref}"


@pytest.mark.parametrize("path", ["purchases/unknown", "payments/unknown", "purchases/..%2F..", "purchases/%00"])
async def test_what_is_not_there_is_not_found(officer: Browser, path: str) -> None:
    assert (await officer.open(f"/console/{path}")).status_code == 404


async def test_the_timeline_tells_every_frame_in_words_with_its_bytes_folded_away(officer: Browser, desk: Desk) -> None:
    purchase = await with_frames(desk)
    page = await officer.open(f"/console/purchases/{purchase.ref}")
    for words in (
        "Secure command · Recharge · ¥50.00 · Purchase count 1",
        "Answer · Balance · ¥50.00",
        "The meter stayed silent",
        "MAC 1, amount and count",
        "masked",
        "10 data forwarding",
        "09:00:00.250",
        "Proved in the meter",
        "Delivered to meters",
        "<details",
    ):
        assert words in page.text, words
    assert "a1a2a3a4" not in page.text
    assert "d4d5d6d7" not in page.text  # the same bytes with 33H added, as they were on the wire


async def test_the_timeline_is_there_in_chinese_too(officer: Browser, desk: Desk) -> None:
    purchase = await with_frames(desk)
    page = await officer.open(f"/console/purchases/{purchase.ref}?lang=zh")
    for words in ("安全认证命令 · 充值", "电表未应答", "已遮盖", "证实已入表", "集中器报文"):
        assert words in page.text, words


async def test_a_token_stays_covered_until_somebody_asks_for_it_and_that_is_on_record(
    officer: Browser, desk: Desk
) -> None:
    desk.bench.counts, desk.bench.unreachable = False, True
    purchase = await bought(desk, sts=True)
    await desk.works()
    path = f"/console/purchases/{purchase.ref}"
    page = await officer.open(path)
    assert "•••• •••• •••• •••• 0001" in page.text
    whole = await officer.send(f"{path}/token", page)
    assert "0000 0000 0000 0000 0001" in whole.text
    assert whole.headers["cache-control"] == "no-store"
    assert "Anna Berg saw the whole token" in (await officer.open(path)).text


async def test_a_token_that_the_meter_has_taken_is_shown_to_nobody(officer: Browser, desk: Desk) -> None:
    desk.bench.counts = False
    purchase = await bought(desk, sts=True)
    await desk.works()
    path = f"/console/purchases/{purchase.ref}"
    page = await officer.open(path)
    answer = await officer.send(f"{path}/token", page)
    assert "Show the whole token" not in page.text
    assert "0000 0000 0000 0000 0001" not in answer.text


async def test_failed_tries_decisions_and_messages_stand_in_the_timeline(officer: Browser, desk: Desk) -> None:
    desk.bench.refuses = "over_hoard_limit"
    purchase = await bought(desk)
    await desk.works()
    await desk.decides(ReviewKind.METER_REFUSED, ReviewAct.REFUND, "moved <out>")
    page = await officer.open(f"/console/purchases/{purchase.ref}")
    for words in ("more than the meter may hold", "moved &lt;out&gt;", "Refunds due", "Refunded", "To do"):
        assert words in page.text, words
