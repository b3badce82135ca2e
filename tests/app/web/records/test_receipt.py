"""The receipt (SPEC L-7, B-10)."""

import re
import zlib
from base64 import a85decode
from io import BytesIO

import pytest
import zxingcpp
from PIL import Image, ImageDraw
from qrcode import QRCode
from sqlmodel import select

from app import outbox
from app.context import Deps
from app.db import Begin
from app.domain.notice import MessageKind
from app.domain.purchase import PurchaseState
from app.models import Account, Message, Note, Purchase, Receipt
from app.outbox import Job
from app.services.receipt_mail import MOST_MAILS
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


@pytest.fixture
async def bought(begin: Begin, utility: build.Utility, work: Work, clock: Clock) -> Purchase:
    """A token meter's purchase with its receipt."""
    async with begin() as db:
        purchase = await stories.paid(db, utility.sts, 5000, clock())
    await work()
    return purchase


def painted(document: bytes) -> Image.Image:
    """The filled rectangles of a PDF's page, as a printer sets them; codes are made of nothing else."""
    scale, (wide, high) = 5, (float(side) for side in re.findall(rb"/MediaBox \[ 0 0 (\S+) (\S+) \]", document)[0])
    paper = Image.new("L", (int(wide * scale), int(high * scale)), 255)
    pen = ImageDraw.Draw(paper)
    for packed in re.findall(rb"ASCII85Decode /FlateDecode.*?stream\r?\n(.*?)endstream", document, re.DOTALL):
        drawn = zlib.decompress(a85decode(packed.strip(), adobe=False) if b"~>" not in packed else _adobe(packed))
        for x, y, w, h in re.findall(rb"([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+) re f", drawn):
            left, low = float(x) * scale, (high - float(y)) * scale
            pen.rectangle((left, low - float(h) * scale, left + float(w) * scale - 1, low - 1), fill=0)
    return paper


def _adobe(packed: bytes) -> bytes:
    return a85decode(b"<~" + packed.strip(), adobe=True)


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_the_document_holds_its_own_font_and_codes_that_are_read_from_paper(
    browser: Browser, begin: Begin, bought: Purchase, language: str
) -> None:
    answer = await browser.open(f"/purchases/{bought.ref}/receipt.pdf?lang={language}")

    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    assert b"/FontFile2" in answer.content
    assert len(answer.content) < 80_000
    found = {each.text for each in zxingcpp.read_barcodes(painted(answer.content))}
    assert found == {f"http://relight.test/purchases/{bought.ref}/receipt", "0" * 19 + "1"}


async def test_only_the_first_document_is_an_original(browser: Browser, begin: Begin, bought: Purchase) -> None:
    path = f"/purchases/{bought.ref}/receipt"
    before = await browser.open(path)

    first, second = [await browser.open(f"{path}.pdf") for _ in range(2)]
    after = await browser.open(path)

    assert "taken out" not in before.text
    assert len(second.content) > len(first.content)  # it bears a stamp
    assert "taken out 2 times" in after.text


async def test_money_that_went_back_makes_the_receipt_void(browser: Browser, begin: Begin, bought: Purchase) -> None:
    async with begin() as db:
        (await db.get_one(Purchase, bought.id)).state = PurchaseState.REFUNDED

    page = await browser.open(f"/purchases/{bought.ref}/receipt")

    assert "Void: this money was paid back" in page.text


async def test_a_reversed_sale_shows_its_receipt_as_void_beside_its_credit_note(
    browser: Browser, begin: Begin, bought: Purchase, clock: Clock
) -> None:
    path, number = f"/purchases/{bought.ref}", f"C20260302-{bought.ref[-8:].upper()}"
    assert (await browser.open(f"{path}/credit-note")).status_code == 404
    async with begin() as db:
        await stories.undone(db, bought, clock())

    receipt, note, track = [await browser.open(path + part) for part in ("/receipt", "/credit-note", "")]
    assert "Void: this sale was reversed" in receipt.text
    assert number in receipt.text
    assert "20260302-" + bought.ref[-8:].upper() in note.text
    assert "-¥50.00" in note.text
    assert f"{path}/credit-note" in track.text
    for part in ("/receipt.pdf", "/credit-note.pdf?lang=zh"):
        assert (await browser.open(path + part)).content.startswith(b"%PDF")
    assert "taken out once" in (await browser.open(f"{path}/credit-note?lang=en")).text


async def test_a_receipt_is_mailed_to_any_address_as_a_link(
    browser: Browser, begin: Begin, bought: Purchase, clock: Clock
) -> None:
    path = f"/purchases/{bought.ref}/receipt"
    page = await browser.open(path)

    answer = await browser.send(f"{path}/mail", page, address=" aunt@example.com ")

    assert answer.headers["location"] == f"{path}?mailed=1"
    async with begin() as db:
        message = (await db.exec(select(Message).where(Message.kind == MessageKind.RECEIPT))).one()
        promised = (await db.exec(select(Note).where(Note.subject_id == message.id))).one()
    assert (message.address, message.contact_id, message.locale) == ("aunt@example.com", None, "en")
    assert promised.job == Job.SEND_MESSAGE


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("", "Type the mail address"),
        ("aunt", "does not look like a mail address"),
        ("aunt@example", "does not look like a mail address"),
        ("a@example.com\r\nBcc: b@example.com", "does not look like a mail address"),
        ("a@example.com,b@example.com", "does not look like a mail address"),
        ("x" * 250 + "@example.com", "does not look like a mail address"),
    ],
)
async def test_what_is_no_address_is_asked_for_again(
    browser: Browser, begin: Begin, bought: Purchase, address: str, words: str
) -> None:
    path = f"/purchases/{bought.ref}/receipt"

    answer = await browser.send(f"{path}/mail", await browser.open(path), address=address)

    assert answer.status_code == 422
    assert words in answer.text
    async with begin() as db:
        assert (await db.exec(select(Message))).first() is None


async def test_a_receipt_cannot_be_used_to_flood_mailboxes(browser: Browser, begin: Begin, bought: Purchase) -> None:
    path = f"/purchases/{bought.ref}/receipt"
    page = await browser.open(path)
    for place in range(MOST_MAILS):
        answer = await browser.send(f"{path}/mail", page, address=f"aunt{place}@example.com")
        assert answer.status_code == 303

    refused = await browser.send(f"{path}/mail", page, address="one-more@example.com")

    assert "mailed often enough" in refused.text


async def test_a_guest_cannot_make_us_write_to_the_account(browser: Browser, begin: Begin, bought: Purchase) -> None:
    path = f"/purchases/{bought.ref}/receipt"
    page = await browser.open(path)

    assert "mailbox of the account" not in page.text
    assert (await browser.send(f"{path}/mail", page, own="1")).status_code == 404


async def test_a_receipt_names_nobody(browser: Browser, begin: Begin, bought: Purchase) -> None:
    page = await browser.open(f"/purchases/{bought.ref}/receipt")

    for secret in ("Lin Ming", "Lamp Street", "13800000001"):
        assert secret not in page.text


async def test_the_codes_of_a_token_are_read_from_their_pictures(
    browser: Browser, begin: Begin, bought: Purchase
) -> None:
    picture = await browser.open(f"/purchases/{bought.ref}/codes/1/bars.svg")
    across = [int(x) for x in re.findall(r"M(\d+),0h1", picture.text)]
    width = int(re.findall(r'viewBox="0 -6 (\d+)', picture.text)[0])
    paper = Image.new("L", (width * 3, 200), 255)
    for x in across:
        paper.paste(0, (x * 3, 20, x * 3 + 3, 180))

    assert [each.text for each in zxingcpp.read_barcodes(paper)] == ["0" * 19 + "1"]
    assert picture.headers["cache-control"] == "no-store"
    assert (await browser.open(f"/purchases/{bought.ref}/codes/1/qr.svg")).status_code == 200
    assert (await browser.open(f"/purchases/{bought.ref}/codes/2/qr.svg")).status_code == 404


async def test_a_code_that_no_page_shows_has_no_picture(
    browser: Browser, begin: Begin, utility: build.Utility, bench: Bench, work: Work, clock: Clock
) -> None:
    async with begin() as db:
        purchase = await stories.paid(db, utility.sts, 5000, clock())

    assert (await browser.open(f"/purchases/{purchase.ref}/codes/1/bars.svg")).status_code == 404
