"""Finding a purchase, and all that happened to it."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.ports import Explain
from app.services import timeline
from app.services.finding import MOST, find_purchases
from app.services.timeline import Timeline
from app.web.console.pages import Desk, console_page
from app.web.forms import query, ref_in_path
from app.web.pages import see_other
from app.web.state import deps


async def show_purchases(request: Request, desk: Desk) -> Response:
    """GET /console/purchases?q=...: one hit leads to its page."""
    typed = query(request, "q").strip()
    async with deps(request).begin() as db:
        found = await find_purchases(db, typed)
    if typed and len(found) == 1:
        only = found[0]
        path = f"purchases/{only.purchase_ref}" if only.purchase_ref else f"payments/{only.payment_ref}"
        return see_other(f"/console/{path}")
    return console_page(request, "purchases.html", {"typed": typed, "found": found, "most": MOST}, desk=desk)


async def show_purchase(request: Request, desk: Desk) -> Response:
    """GET /console/purchases/{ref}: the timeline."""
    async with deps(request).begin() as db:
        told = await timeline.of_purchase(db, ref_in_path(request), _explain(request))
    return _show(request, desk, told)


async def show_token(request: Request, desk: Desk) -> Response:
    """POST /console/purchases/{ref}/token: the same with the whole token, and who saw it on record."""
    ref, known = ref_in_path(request), deps(request)
    async with known.begin() as db:
        allowed = await timeline.note_token_seen(db, ref, desk.officer.id, known.now())
    async with known.begin() as db:
        told = await timeline.of_purchase(db, ref, _explain(request), whole_token=allowed)
    return _show(request, desk, told)


async def show_payment(request: Request, desk: Desk) -> Response:
    """GET /console/payments/{ref}: a payment that has become no purchase; else that purchase."""
    ref = ref_in_path(request)
    async with deps(request).begin() as db:
        purchase_ref = await timeline.purchase_ref_of(db, ref)
        told = None if purchase_ref else await timeline.of_payment(db, ref)
    return see_other(f"/console/purchases/{purchase_ref}") if purchase_ref else _show(request, desk, told)


def _show(request: Request, desk: Desk, told: Timeline | None) -> Response:
    if told is None:
        raise HTTPException(404)
    return console_page(request, "timeline.html", {"told": told}, desk=desk)


def _explain(request: Request) -> Explain:
    explain = deps(request).explain
    if explain is None:
        raise RuntimeError("this process cannot explain frames: its Deps need `explain`")
    return explain
