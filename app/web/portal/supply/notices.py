"""Planned work, outages and news, for everybody and for one meter's place; and the answer "still out" (SPEC R-9)."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.services.announcements import shown, shown_for
from app.services.still_out import say_still_out
from app.web.pages import page, see_other
from app.web.portal.meters import meter_in_path
from app.web.state import deps


async def show_notices(request: Request) -> Response:
    """GET /notices: what is told to any area."""
    known = deps(request)
    async with known.begin() as db:
        views = await shown(db, known.now())
    return page(request, "portal/supply/notices.html", {"notices": views, "meter": None})


async def show_meter_notices(request: Request) -> Response:
    """GET /m/{number}/notices: what is told to the place of one meter. No address, only the area's name."""
    meter = await meter_in_path(request)
    known = deps(request)
    async with known.begin() as db:
        views = await shown_for(db, meter.id, known.now())
    return page(request, "portal/supply/notices.html", {"notices": views, "meter": meter})


async def still_out(request: Request) -> Response:
    """POST /m/{number}/notices/{notice}/still-out: once per meter; a second time changes nothing."""
    meter = await meter_in_path(request)
    known = deps(request)
    async with known.begin() as db:
        if not await say_still_out(db, request.path_params["notice"], meter.id, known.now()):
            raise HTTPException(404)
    return see_other(f"/m/{meter.number}/notices")
