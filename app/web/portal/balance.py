"""The balance page, and "read now"."""

from starlette.requests import Request
from starlette.responses import Response

from app.domain.announcement import Phase
from app.domain.asking import UNDER_WAY, worth_asking
from app.services.advances import terms_at
from app.services.announcements import NoticeView, shown_for
from app.services.checkout import under_way
from app.services.lookup import ask_reading
from app.services.reach import advice_for
from app.web.forms import fields
from app.web.pages import STOP_POLLING, page, see_other
from app.web.portal.meters import find_meter, meter_in_path
from app.web.portal.supply.advance import terms
from app.web.state import deps


async def show_balance(request: Request) -> Response:
    """GET /m/{number}: what the meter's QR opens. While the meter is being asked, the page looks again by itself."""
    known = deps(request)
    async with known.begin() as db:
        meter = await find_meter(request, db)
        unresolved = await under_way(db, meter.id, known.now())
        advice = await advice_for(db, meter, known.now())
        allowed = await terms_at(db, meter.id, terms(known.settings), known.now())
        outages = [view for view in await shown_for(db, meter.id, known.now()) if view.outage and _matters(view)]
    watching = meter.asking in UNDER_WAY
    context = {
        "meter": meter,
        "watching": watching,
        "fresh": not worth_asking(meter.read_at, known.now()),
        "under_way": unresolved,
        "advice": advice,
        "outages": outages,
        "advance": allowed.amount_minor and meter.out_of_credit and not unresolved,
    }
    return page(request, "portal/balance.html", context, block="live", status=200 if watching else STOP_POLLING)


def _matters(view: NoticeView) -> bool:
    return view.in_force or view.phase is Phase.RESTORED


async def read_now(request: Request) -> Response:
    """POST /m/{number}/read: promise to ask the meter, ring, and show how it goes.

    `back=dark`: on the page that says why it is dark.
    """
    meter = await meter_in_path(request)
    known = deps(request)
    async with known.begin() as db:
        await ask_reading(db, meter, known.now())
    await known.bell.ring_quietly()
    back = "/dark" if (await fields(request)).get("back") == "dark" else ""
    return see_other(f"/m/{meter.number}{back}")
