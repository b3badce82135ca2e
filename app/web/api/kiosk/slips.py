"""What a terminal prints of a purchase: its receipt, and the code to type while it is not in the meter."""

from http import HTTPStatus

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.responses import JSONResponse, Response

from app.services.receipts import ref_of_receipt, view_receipt
from app.services.tracker import tracker
from app.web.api.kiosk.door import Call, refusal
from app.web.api.kiosk.shapes import Plain, plain
from app.web.state import deps


async def show(call: Call) -> Response:
    """GET /slips/{purchase}."""
    async with deps(call.request).begin() as db:
        return await _slip(call, db, call.request.path_params["purchase"])


async def show_by_receipt(call: Call) -> Response:
    """GET /slips/by-receipt/{number}: whoever holds the paper may have it again, at the box of the meter.

    Numbers can be guessed, references cannot: other boxes' receipts are not found here.
    """
    async with deps(call.request).begin() as db:
        ref = await ref_of_receipt(db, call.request.path_params["number"], call.kiosk.concentrator_id)
        return await _slip(call, db, ref) if ref else refusal("not_found", HTTPStatus.NOT_FOUND)


async def _slip(call: Call, db: AsyncSession, ref: str) -> Response:
    settings, now = deps(call.request).settings, deps(call.request).now()
    story = await tracker(db, ref, now)
    if story is None or story.purchase_ref is None:
        return refusal("not_found", HTTPStatus.NOT_FOUND)
    receipt = await view_receipt(db, story.purchase_ref)
    slip: dict[str, Plain] = {
        "receipt": story.receipt_number or "",
        "issued_at": plain(receipt.issued_at if receipt else now),
        "meter": story.meter_number,
        "amount_minor": story.amount_minor,
        "arrears_minor": story.arrears_minor,
        "credit_minor": story.credit_minor,
        "energy_kwh": story.energy_kwh,
        "void": receipt.credit_note if receipt else "",
        "balance_after_minor": story.balance_after_minor,
        "tokens": list(receipt.tokens if receipt else story.tokens),
        "address": f"{settings.public_url.rstrip('/')}/purchases/{story.purchase_ref}",
        "utility": settings.utility_name,
    }
    return JSONResponse(slip, headers={"cache-control": "no-store"})
