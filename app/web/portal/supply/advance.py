"""Emergency credit: what it costs is said first, and a second click changes nothing (SPEC R-10)."""

from datetime import timedelta
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.advance import AdvanceRefused, Refusal, Terms
from app.domain.standing import Standing
from app.services.advances import grant_advance, offer_advance, terms_at
from app.services.kept_meters import standing
from app.services.lookup import MeterView
from app.settings import Settings
from app.web.pages import page, see_other
from app.web.portal.meters import meter_in_path
from app.web.resident import SIGN_IN, sign_in_path, signed_in
from app.web.state import deps


def terms(settings: Settings) -> Terms:
    """What this utility allows where no amnesty holds."""
    return Terms(settings.emergency_credit_minor, timedelta(days=settings.emergency_credit_rest_days))


async def show_advance(request: Request) -> Response:
    """GET /m/{number}/advance: what it would do and cost, or why there is none."""
    return await _show(request, await meter_in_path(request))


async def take_advance(request: Request) -> Response:
    """POST /m/{number}/advance: grant it and lead to its story."""
    meter = await meter_in_path(request)
    if not await _may(request, meter):
        return see_other(SIGN_IN)
    known = deps(request)
    try:
        async with known.begin() as db:
            allowed = await terms_at(db, meter.id, terms(known.settings), known.now())
            purchase = await grant_advance(db, meter, allowed, known.now())
    except AdvanceRefused as error:
        if error.refusal is Refusal.SWITCHED_OFF:
            raise HTTPException(404) from error
        return await _show(request, meter, HTTPStatus.CONFLICT)
    await known.bell.ring_quietly()
    return see_other(f"/purchases/{purchase.ref}")


async def _show(request: Request, meter: MeterView, status: int = HTTPStatus.OK) -> Response:
    known = deps(request)
    usual, may = terms(known.settings), await _may(request, meter)
    async with known.begin() as db:
        allowed = await terms_at(db, meter.id, usual, known.now())
        if not allowed.amount_minor:
            raise HTTPException(404)
        offer = await offer_advance(db, meter, allowed, known.now())
    context = {"meter": meter, "offer": offer, "may": may, "sign_in": sign_in_path(request), "rest": allowed.rest.days}
    context |= {"opened": allowed != usual}
    return page(request, "portal/supply/advance.html", context, status=status)


async def _may(request: Request, meter: MeterView) -> bool:
    """Whoever answers for the account; where the utility says so, whoever stands at the meter."""
    known = deps(request)
    if known.settings.emergency_credit_guests:
        return True
    me = await signed_in(request)
    if me is None:
        return False
    async with known.begin() as db:
        return await standing(db, me.id, meter.id) is Standing.HOLDER
