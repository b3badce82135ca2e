"""The receipt: printable, and proved by its own address."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.services.receipts import ReceiptView, view_receipt
from app.web.forms import ref_in_path
from app.web.pages import page
from app.web.portal.labels import draw, public_address
from app.web.state import deps


def _path(ref: str) -> str:
    return f"/purchases/{ref}/receipt"


async def show_receipt(request: Request) -> Response:
    """GET /purchases/{ref}/receipt."""
    receipt = await _receipt(request)
    address = public_address(request, _path(receipt.purchase_ref))
    return page(request, "portal/receipt.html", {"receipt": receipt, "address": address})


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
