"""The receipt (SPEC L-7)."""

from io import BytesIO

import pytest
import zxingcpp
from PIL import Image
from qrcode import QRCode
from sqlmodel import select

from app import outbox
from app.context import Deps
from app.db import Begin
from app.models import Account, Receipt
from app.outbox import Job
from app.services.receipts import view_receipt
from app.tasks.receipts import render_receipt
from app.web.portal.labels import draw
from tests import build
from tests.app.web import stories
from tests.app.web.conftest import Browser
from tests.app.web.world import Work
from tests.clocks import Clock
from tests.fakes import Bench


async def test_a_credited_purchase_has_a_receipt_that_adds_up(
    browser: Browser, begin: Begin, utility: build.Utility, bench: Bench, work: Work, clock: Clock
) -> None:
    bench.balance = -1235
    async with begin() as db:
        (await db.get_one(Account, utility.account.id)).arrears_minor = 2400
        purchase = await stories.paid(db, utility.sts, 10000, clock())
    await work()

    page = await browser.open(f"/purchases/{purchase.ref}/receipt")

    for figure in ("¥100.00", "¥24.00", "¥76.00", "-¥12.35", "20260302-" + purchase.ref[-8:].upper()):
        assert figure in page.text
    assert "<span>0000</span><span>0001</span>" in page.text
    assert f"/purchases/{purchase.ref}/receipt/qr.svg" in page.text


async def test_a_receipt_is_issued_once(
    begin: Begin, deps: Deps, utility: build.Utility, work: Work, clock: Clock
) -> None:
    async with begin() as db:
        purchase = await stories.paid(db, utility.esam, 5000, clock())
    await work()
    async with begin() as db:
        first = await view_receipt(db, purchase.ref)
        await outbox.promise(db, Job.RENDER_RECEIPT, purchase.id, clock())
    clock.forward(days=1)
    await work()

    async with begin() as db:
        assert await view_receipt(db, purchase.ref) == first
        assert len(list(await db.exec(select(Receipt)))) == 1


async def test_a_taken_number_gives_way_to_another(
    begin: Begin, deps: Deps, utility: build.Utility, work: Work, clock: Clock
) -> None:
    async with begin() as db:
        first = await stories.paid(db, utility.esam, 5000, clock())
        second = await stories.paid(db, utility.sts, 5000, clock())
        second.ref = second.ref[:-8] + first.ref[-8:]
        db.add(second)
    await work()

    async with begin() as db:
        numbers = list(await db.exec(select(Receipt.number)))
    assert len(set(numbers)) == 2


async def test_a_note_that_is_not_ours_to_take_does_nothing(deps: Deps, begin: Begin) -> None:
    await render_receipt({"deps": deps}, 4711)


async def test_before_the_credit_there_is_no_receipt(
    browser: Browser, begin: Begin, utility: build.Utility, clock: Clock
) -> None:
    async with begin() as db:
        purchase = await stories.paid(db, utility.esam, 5000, clock())

    for path in (f"/purchases/{purchase.ref}/receipt", f"/purchases/{purchase.ref}/receipt/qr.svg"):
        assert (await browser.open(path)).status_code == 404


async def test_codes_are_drawn_as_pictures_that_nobody_can_script(browser: Browser, utility: build.Utility) -> None:
    answer = await browser.open(f"/m/{utility.esam.number}/qr.svg")

    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.text.lstrip().startswith("<?xml") or answer.text.startswith("<svg")
    assert "<script" not in answer.text


@pytest.mark.parametrize("text", ["http://relight.test/m/201000000012", "http://relight.test/purchases/" + "a" * 24])
def test_a_drawn_code_holds_what_it_was_drawn_from(text: str) -> None:
    """The same modules as the SVG's, painted by Pillow and read by an independent reader."""
    code = QRCode(border=4)
    code.add_data(text)
    picture = BytesIO()
    code.make_image().save(picture)

    found = zxingcpp.read_barcodes(Image.open(picture).convert("L"))

    assert [each.text for each in found] == [text]
    assert draw(text).count(b"<path") == 1
