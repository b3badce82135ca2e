"""The cash desk: find the meter, say what an amount does, take cash or the payer's code, give the receipt."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from http import HTTPStatus
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.charging import charge_code
from app.domain.access import NumberError, parse_number
from app.domain.clock import day_start
from app.domain.money import AmountError, Limits, parse_amount
from app.domain.offer import offers
from app.domain.payer_code import NotAPayersCode
from app.domain.payment import CASH_DESK, Way
from app.models import Payment
from app.services.brake import Unresolved
from app.services.checkout import Braked, under_way
from app.services.counter import Given, find_taken, take_cash, takings
from app.services.lookup import MeterView, find_meters, view_meter
from app.services.payments import FormReused, Origin, PaymentWish
from app.web.console.pages import Desk, console_page
from app.web.forms import fields, query, ref_in_path
from app.web.pages import see_other
from app.web.state import deps

_LONGEST_TOKEN = 64


@dataclass(frozen=True, slots=True)
class _Sale:
    """The form as it stands. A payer's code is never put back into the page."""

    token: str
    typed: str = ""
    wrong: str = ""
    unresolved: tuple[Unresolved, ...] = ()
    anyway: bool = False
    keep: bool = False


async def show_desk(request: Request, desk: Desk) -> Response:
    """GET /console/cash?q=...: one meter leads to its sale."""
    typed, known = query(request, "q").strip(), deps(request)
    found: list[str] = []
    wrong = ""
    async with known.begin() as db:
        if typed:
            try:
                found = await find_meters(db, parse_number(typed))
            except NumberError:
                wrong = "number_unknown"
        since = day_start(known.now(), ZoneInfo(known.settings.timezone))
        day = await takings(db, since, since + timedelta(days=1))
    if len(found) == 1:
        return see_other(f"/console/cash/{found[0]}")
    context = {"asked": typed, "found": found, "wrong": wrong, "takings": day, "open": _is_open(request)}
    return console_page(request, "cash.html", context, desk=desk)


async def show_sale(request: Request, desk: Desk) -> Response:
    """GET /console/cash/{number}."""
    meter, known = await _meter(request), deps(request)
    async with known.begin() as db:
        held = await under_way(db, meter.id, known.now())
    return _show(request, desk, meter, _Sale(secrets.token_urlsafe(24), unresolved=held))


async def take(request: Request, desk: Desk) -> Response:
    """POST /console/cash/{number}: take cash, or charge a payer's code, once for each form.

    A scanner ends a code with Enter, and so may a thumb an amount: it charges a code that is there, and takes no cash.
    """
    meter, sent = await _meter(request), await fields(request)
    sale = _read(sent)
    if sent.get("by") not in ("cash", "code") and not sent.get("payer_code", "").strip():
        return _show(request, desk, meter, replace(sale, keep=True))
    if meter.not_for_sale:
        return _show(request, desk, meter, sale, HTTPStatus.CONFLICT)
    try:
        amount_minor = parse_amount(sale.typed, _limits(request))
        begun = await _take(request, desk, sent, _wish(request, desk, meter, sale, amount_minor))
    except (AmountError, NotAPayersCode) as error:
        wrong = replace(sale, wrong=error.code)
        return _show(request, desk, meter, wrong, HTTPStatus.UNPROCESSABLE_ENTITY)
    if isinstance(begun, Braked):
        again = replace(sale, token=secrets.token_urlsafe(24), unresolved=begun.unresolved)
        return _show(request, desk, meter, again, HTTPStatus.CONFLICT)
    await deps(request).bell.ring_quietly()
    return see_other(f"/console/cash/taken/{begun.ref}")


def _wish(request: Request, desk: Desk, meter: MeterView, sale: _Sale, amount_minor: int) -> PaymentWish:
    return PaymentWish(
        meter_id=meter.id,
        amount_minor=amount_minor,
        provider=CASH_DESK,
        currency=deps(request).settings.currency,
        idempotency_key=sale.token,
        origin=Origin(staff_id=desk.officer.id),
    )


async def _take(request: Request, desk: Desk, sent: Mapping[str, str], wish: PaymentWish) -> Payment | Braked:
    known, anyway = deps(request), sent.get("anyway") == "1"
    try:
        if sent.get("by") == "code" or sent.get("payer_code", "").strip():
            subject = known.settings.utility_name
            return await charge_code(known, wish, sent.get("payer_code", ""), subject, anyway=anyway)
        if not _is_open(request):
            raise HTTPException(400)
        given = Given(wish.meter_id, wish.amount_minor, wish.currency, str(wish.idempotency_key), desk.officer.id)
        async with known.begin() as db:
            return await take_cash(db, given, known.now(), anyway=anyway)
    except FormReused:
        async with known.begin() as db:
            return Braked(await under_way(db, wish.meter_id, known.now()))


async def show_taken(request: Request, desk: Desk) -> Response:
    """GET /console/cash/taken/{ref}: what became of the payment, and where its receipt is."""
    async with deps(request).begin() as db:
        taken = await find_taken(db, ref_in_path(request))
    if taken is None:
        raise HTTPException(404)
    return console_page(request, "cash_taken.html", {"taken": taken}, desk=desk)


def _read(sent: Mapping[str, str]) -> _Sale:
    token = sent.get("form_token", "")
    return _Sale(
        token=token if 0 < len(token) <= _LONGEST_TOKEN else secrets.token_urlsafe(24),
        typed=sent.get("amount", "").strip() or sent.get("preset", ""),
        anyway=sent.get("anyway") == "1",
    )


def _show(request: Request, desk: Desk, meter: MeterView, sale: _Sale, status: int = HTTPStatus.OK) -> Response:
    providers = (deps(request).providers or {}).values()
    context = {
        "meter": meter,
        "sale": sale,
        "offers": offers(meter.wallet, _limits(request)),
        "limits": _limits(request),
        "cash": _is_open(request),
        "codes": any(Way.BARCODE in provider.ways for provider in providers),
    }
    return console_page(request, "cash_sale.html", context, desk=desk, status=status)


def _is_open(request: Request) -> bool:
    return CASH_DESK in (deps(request).providers or {})


def _limits(request: Request) -> Limits:
    settings = deps(request).settings
    return Limits(settings.purchase_least, settings.purchase_most)


async def _meter(request: Request) -> MeterView:
    number, known = ref_in_path(request, "number"), deps(request)
    async with known.begin() as db:
        meter = await view_meter(db, number, known.now())
    if meter is None:
        raise HTTPException(404)
    return meter
