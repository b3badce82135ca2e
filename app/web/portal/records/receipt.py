"""The receipt: a page, a document and a mail, proved by its own address."""

import asyncio

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.standing import Sight, may_see
from app.i18n import translations
from app.services.kept_meters import standing
from app.services.lookup import view_meter
from app.services.receipt_mail import MailError, MailWish, mail_receipt, mailbox_of
from app.services.receipts import ReceiptView, count_print, view_receipt
from app.web.format import Format
from app.web.forms import fields, ref_in_path
from app.web.pages import format_for, page, see_other
from app.web.portal.labels import draw, public_address
from app.web.portal.records.receipt_pdf import Slip, draw_slip
from app.web.resident import signed_in
from app.web.state import deps, reader

_TEMPLATE = "portal/receipt.html"


def _path(ref: str) -> str:
    return f"/purchases/{ref}/receipt"


async def show_receipt(request: Request) -> Response:
    """GET /purchases/{ref}/receipt."""
    return await _show(request, await _receipt(request))


async def mail(request: Request) -> Response:
    """POST /purchases/{ref}/receipt/mail: to the address in the form, or, for people of the house, to the account's."""
    receipt, form = await _receipt(request), await fields(request)
    own = "own" in form
    if own and not await _inside(request, receipt):
        raise HTTPException(404)
    wish = MailWish(receipt.purchase_ref, None if own else form.get("address", ""), reader(request))
    known = deps(request)
    try:
        async with known.begin() as db:
            await mail_receipt(db, wish, known.now())
    except MailError as error:
        return await _show(request, receipt, wrong=error.code, address=form.get("address", ""))
    await known.bell.ring_quietly()
    return see_other(f"{_path(receipt.purchase_ref)}?mailed=1")


async def document(request: Request) -> Response:
    """GET /purchases/{ref}/receipt.pdf: the first is the original, each later one says that it is a copy."""
    receipt = await _receipt(request)
    async with deps(request).begin() as db:
        number = await count_print(db, receipt.purchase_ref)
    slip = _slip(request, receipt, number or 1)
    drawn = await asyncio.to_thread(draw_slip, slip)
    name = f'inline; filename="receipt-{receipt.number}.pdf"'
    headers = {"content-disposition": name, "cache-control": "no-store"}
    return Response(drawn, media_type="application/pdf", headers=headers)


async def draw_receipt_code(request: Request) -> Response:
    """GET /purchases/{ref}/receipt/qr.svg: the address of the receipt, for whoever holds the paper."""
    receipt = await _receipt(request)
    return Response(draw(public_address(request, _path(receipt.purchase_ref))), media_type="image/svg+xml")


async def _receipt(request: Request) -> ReceiptView:
    async with deps(request).begin() as db:
        receipt = await view_receipt(db, ref_in_path(request))
    if receipt is None:
        raise HTTPException(404)
    return receipt


async def _show(request: Request, receipt: ReceiptView, wrong: str = "", address: str = "") -> Response:
    given = {
        "receipt": receipt,
        "address": public_address(request, _path(receipt.purchase_ref)),
        "mailed": request.query_params.get("mailed") == "1",
        "wrong": wrong,
        "typed": address,
        "own_mailbox": await _inside(request, receipt),
    }
    return page(request, _TEMPLATE, given, status=422 if wrong else 200)


async def _inside(request: Request, receipt: ReceiptView) -> bool:
    """Is it somebody of the house, whose account has a mailbox?"""
    me, known = await signed_in(request), deps(request)
    if me is None:
        return False
    async with known.begin() as db:
        meter = await view_meter(db, receipt.meter_number, known.now())
        if meter is None or not may_see(await standing(db, me.id, meter.id), Sight.HISTORY):
            return False
        return await mailbox_of(db, meter.id) is not None


def _slip(request: Request, receipt: ReceiptView, number: int) -> Slip:
    """The same facts as on the page, in the reader's words."""
    settings, _ = deps(request).settings, translations(reader(request)).gettext
    fmt = format_for(request, settings)
    stamp = _("Void: this sale was reversed") if receipt.credit_note else ""
    if receipt.void and not stamp:
        stamp = _("Void: this money was paid back")
    if not stamp and number > 1:
        stamp = _("Copy %(number)s") % {"number": number - 1}
    phone = _("Questions? %(phone)s") % {"phone": settings.utility_phone} if settings.utility_phone else ""
    issued = f"{_('Issued on')} {fmt.full(receipt.issued_at)}"
    return Slip(
        utility=settings.utility_name,
        title=_("Receipt"),
        number=receipt.number,
        stamp=stamp,
        lines=tuple(_lines(request, receipt, fmt)),
        sum_line=(_("Amount paid"), fmt.money(receipt.amount_minor)),
        codes=tuple((_("Code for the meter"), code.digits) for code in receipt.codes),
        address=public_address(request, _path(receipt.purchase_ref)),
        foot=tuple(text for text in (_("Scan to check that this receipt is genuine"), issued, phone) if text),
    )


def _lines(request: Request, receipt: ReceiptView, fmt: Format) -> list[tuple[str, str]]:
    _ = translations(reader(request)).gettext
    energy = fmt.kwh(receipt.energy_kwh) if receipt.energy_kwh is not None else ""
    credit = [
        (_("Owed from before, settled"), receipt.arrears_minor or None),
        (_("Credit for the meter"), receipt.credit_minor),
    ]
    money = [
        (_("Rounded up in your favour"), receipt.rounding_minor or None),
        (_("Balance before"), receipt.balance_before_minor),
        (_("Balance after"), receipt.balance_after_minor),
    ]
    times = [
        (_("Paid on"), receipt.paid_at),
        (_("Credited since") if receipt.in_ledger else _("In the meter since"), receipt.credited_at),
    ]
    return [
        *([(_("Credit note"), receipt.credit_note)] if receipt.credit_note else []),
        (_("Meter"), " ".join(fmt.blocks(receipt.meter_number))),
        *((name, fmt.full(at)) for name, at in times if at),
        *((name, fmt.money(amount)) for name, amount in credit if amount is not None),
        *([(_("Energy bought"), energy)] if energy else []),
        *((name, fmt.money(amount)) for name, amount in money if amount is not None),
    ]
