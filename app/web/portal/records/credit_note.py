"""The credit note that voids a receipt: a page and a document, proved by the purchase's own address."""

import asyncio

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.i18n import translations
from app.services.credit_notes import CreditNoteView, count_print, view_note
from app.web.forms import ref_in_path
from app.web.pages import format_for, page
from app.web.portal.labels import public_address
from app.web.portal.records.receipt_pdf import Slip, draw_slip
from app.web.state import deps, reader


async def show_credit_note(request: Request) -> Response:
    """GET /purchases/{ref}/credit-note."""
    return page(request, "portal/credit_note.html", {"note": await _note(request)})


async def document(request: Request) -> Response:
    """GET /purchases/{ref}/credit-note.pdf: the first is the original, each later one says that it is a copy."""
    note = await _note(request)
    async with deps(request).begin() as db:
        number = await count_print(db, note.number)
    drawn = await asyncio.to_thread(draw_slip, _slip(request, note, number))
    name = f'inline; filename="credit-note-{note.number}.pdf"'
    headers = {"content-disposition": name, "cache-control": "no-store"}
    return Response(drawn, media_type="application/pdf", headers=headers)


async def _note(request: Request) -> CreditNoteView:
    async with deps(request).begin() as db:
        note = await view_note(db, ref_in_path(request))
    if note is None:
        raise HTTPException(404)
    return note


def _slip(request: Request, note: CreditNoteView, number: int) -> Slip:
    """The same facts as on the page, in the reader's words."""
    settings, _ = deps(request).settings, translations(reader(request)).gettext
    fmt = format_for(request, settings)
    phone = _("Questions? %(phone)s") % {"phone": settings.utility_phone} if settings.utility_phone else ""
    issued = f"{_('Issued on')} {fmt.full(note.issued_at)}"
    return Slip(
        utility=settings.utility_name,
        title=_("Credit note"),
        number=note.number,
        stamp=_("Copy %(number)s") % {"number": number - 1} if number > 1 else "",
        lines=(
            (_("Voids the receipt"), note.receipt_number),
            (_("That receipt is of"), fmt.full(note.receipt_issued_at)),
            (_("Meter"), " ".join(fmt.blocks(note.meter_number))),
        ),
        sum_line=(_("Amount taken back"), fmt.money(-note.amount_minor)),
        codes=(),
        address=public_address(request, f"/purchases/{note.purchase_ref}/credit-note"),
        foot=tuple(text for text in (issued, phone) if text),
    )
