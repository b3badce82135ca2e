"""Refunds: what is still to be given back and what has been."""

from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.services.refunds import by_hand, hand_out, list_refunds
from app.web.console.pages import Desk, console_page
from app.web.forms import query
from app.web.pages import see_other
from app.web.state import deps


async def show_refunds(request: Request, desk: Desk) -> Response:
    """GET /console/refunds?state=done."""
    done = query(request, "state") == "done"
    async with deps(request).begin() as db:
        found = await list_refunds(db, done=done)
    return console_page(request, "refunds.html", {"refunds": found, "done": done, "by_hand": by_hand}, desk=desk)


async def cash_handed_out(request: Request, desk: Desk) -> Response:
    """POST /console/refunds/{id}/handed-out: it was given back by a hand; a second click changes nothing."""
    refund_id = request.path_params["refund_id"]
    if not isinstance(refund_id, UUID):
        raise HTTPException(404)
    known = deps(request)
    async with known.begin() as db:
        await hand_out(db, refund_id, desk.officer.id, known.now())
    return see_other("/console/refunds")
