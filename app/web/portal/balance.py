"""The balance page, and "read now"."""

from starlette.requests import Request
from starlette.responses import Response

from app.domain.asking import UNDER_WAY, worth_asking
from app.services.checkout import under_way
from app.services.lookup import ask_reading
from app.web.pages import STOP_POLLING, page, see_other
from app.web.portal.meters import meter_in_path
from app.web.state import deps


async def show_balance(request: Request) -> Response:
    """GET /m/{number}: what the meter's QR opens. While the meter is being asked, the page looks again by itself."""
    meter = await meter_in_path(request)
    known = deps(request)
    async with known.begin() as db:
        unresolved = await under_way(db, meter.id, known.now())
    watching = meter.asking in UNDER_WAY
    context = {
        "meter": meter,
        "watching": watching,
        "fresh": not worth_asking(meter.read_at, known.now()),
        "under_way": unresolved,
    }
    return page(request, "portal/balance.html", context, block="live", status=200 if watching else STOP_POLLING)


async def read_now(request: Request) -> Response:
    """POST /m/{number}/read: promise to ask the meter, ring, and show how it goes."""
    meter = await meter_in_path(request)
    known = deps(request)
    async with known.begin() as db:
        await ask_reading(db, meter, known.now())
    await known.bell.ring_quietly()
    return see_other(f"/m/{meter.number}")
