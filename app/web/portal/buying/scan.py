"""Where a payment is paid that has no page of its own: a QR code to scan, or the app that this page runs in."""

import json
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.domain.payment import UNOPENED, PaymentState, Way
from app.models import Payment
from app.ports import ProviderDown, ProviderRefused
from app.services.buyers import payment_of
from app.services.checkout import begin_or_brake
from app.services.payments import Origin, PaymentWish, close_payment, record_callback
from app.web.forms import ref_in_path
from app.web.pages import page, see_other
from app.web.portal.buying.till import lead, lead_to_providers, open_order, providers
from app.web.portal.labels import draw
from app.web.state import deps


@dataclass(frozen=True, slots=True)
class _Open:
    """A payment that is still to be paid, and the number of its meter."""

    payment: Payment
    number: str


async def show_place(request: Request) -> Response:
    """GET /payments/{ref}/pay: where this payment is paid; its story as soon as it is. Any number of tabs may look."""
    found = await _found(request)
    story = f"/payments/{found.payment.ref}"
    if found.payment.state != PaymentState.WAITING or found.payment.way not in UNOPENED:
        if request.headers.get("hx-request") == "true":
            return Response(status_code=HTTPStatus.NO_CONTENT, headers={"hx-redirect": story})
        return see_other(story)
    if found.payment.way == Way.PAGE and found.payment.pay_url:
        return RedirectResponse(found.payment.pay_url, HTTPStatus.SEE_OTHER)
    if found.payment.way == Way.PAGE or found.payment.pay_url is None:
        return await _open_now(request, found)
    return await _show(request, found)


async def _open_now(request: Request, found: _Open) -> Response:
    try:
        return await lead(request, found.payment, found.number)
    except (ProviderDown, ProviderRefused):
        return await _show(request, found, "provider_down", HTTPStatus.SERVICE_UNAVAILABLE)


async def _show(request: Request, found: _Open, code: str = "", status: int = HTTPStatus.OK) -> Response:
    payment = found.payment
    left = max(int((payment.expires_at - deps(request).now()).total_seconds()), 0)
    call, code = await _call(request, found, code) if payment.way == Way.IN_APP and left else ("", code)
    context = {"payment": payment, "number": found.number, "left_s": left, "call": call, "code": code}
    answer = page(request, "portal/buying/scan.html", context, block="live", status=status)
    answer.headers["cache-control"] = "no-store"
    return lead_to_providers(request, answer)


async def _call(request: Request, found: _Open, code: str) -> tuple[str, str]:
    """What the app is to be called with, signed anew at each look; nothing while its provider is down."""
    try:
        place = await open_order(request, found.payment, found.number)
    except (ProviderDown, ProviderRefused):
        return "", "provider_down"
    return json.dumps(dict(place.call or {})), code


async def draw_code(request: Request) -> Response:
    """GET /payments/{ref}/pay/code.svg: what a phone scans to pay."""
    found = await _found(request)
    if found.payment.way != Way.QR or not found.payment.pay_url or found.payment.state != PaymentState.WAITING:
        raise HTTPException(404)
    return Response(draw(found.payment.pay_url), media_type="image/svg+xml", headers={"cache-control": "no-store"})


async def renew(request: Request) -> Response:
    """POST /payments/{ref}/pay/again: more time. The old order is closed first, so that only one can be paid."""
    found = await _found(request)
    if found.payment.state != PaymentState.WAITING or found.payment.way not in UNOPENED:
        return see_other(f"/payments/{found.payment.ref}")
    known = deps(request)
    try:
        if await _paid_or_closed(request, found.payment) == PaymentState.PAID:
            return see_other(f"/payments/{found.payment.ref}")
    except (ProviderDown, ProviderRefused, KeyError):
        return await _show(request, found, "provider_down", HTTPStatus.SERVICE_UNAVAILABLE)
    wish = _same_again(found.payment, timedelta(minutes=known.settings.payment_minutes))
    async with known.begin() as db:
        begun = await begin_or_brake(db, wish, known.now(), anyway=True)
    await known.bell.ring_quietly()
    if not isinstance(begun, Payment):
        return see_other(f"/m/{found.number}/pay")
    return await _open_now(request, _Open(begun, found.number))


async def _paid_or_closed(request: Request, payment: Payment) -> PaymentState:
    """Query, close, query again: money that came between question and close is still money. Raises ProviderDown."""
    known, provider = deps(request), providers(request)[payment.provider]
    for closes in (True, False):
        fact = await provider.query(payment.ref)
        if fact is not None:
            async with known.begin() as db:
                await record_callback(db, fact, known.now())
            if fact.succeeded:
                await known.bell.ring_quietly()
                return PaymentState.PAID
        if closes:
            await provider.close(payment.ref)
    async with known.begin() as db:
        return PaymentState((await close_payment(db, payment.id)).state)


def _same_again(payment: Payment, lasts: timedelta) -> PaymentWish:
    """A second click finds the payment of the first."""
    return PaymentWish(
        meter_id=payment.meter_id,
        amount_minor=payment.amount_minor,
        provider=payment.provider,
        currency=payment.currency,
        idempotency_key=f"again:{payment.ref}",
        lasts=lasts,
        way=Way(payment.way),
        origin=Origin(resident_id=payment.resident_id, link_id=payment.link_id),
    )


async def _found(request: Request) -> _Open:
    async with deps(request).begin() as db:
        row = await payment_of(db, ref_in_path(request))
    if row is None:
        raise HTTPException(404)
    return _Open(*row)
