""" "My power is out": one cause, what is known with its age, and what to do next (SPEC M-1, R-5)."""

from starlette.requests import Request
from starlette.responses import Response

from app.domain.asking import UNDER_WAY, worth_asking
from app.services.darkness import why_dark
from app.web.pages import STOP_POLLING, page
from app.web.portal.meters import meter_in_path
from app.web.state import deps


async def show_dark(request: Request) -> Response:
    """GET /m/{number}/dark. While the meter is being asked, the page looks again by itself."""
    meter = await meter_in_path(request)
    known = deps(request)
    async with known.begin() as db:
        dark = await why_dark(db, meter, known.now())
    watching = meter.asking in UNDER_WAY
    context = {
        "meter": meter,
        "dark": dark,
        "watching": watching,
        "fresh": not worth_asking(meter.read_at, known.now()),
        "here": f"/m/{meter.number}/dark",
    }
    return page(request, "portal/supply/dark.html", context, block="live", status=200 if watching else STOP_POLLING)
