"""Paying at a terminal: a QR code for the payer's phone, or the payer's code before the scanner (SPEC K-3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

from starlette.responses import JSONResponse, Response

from app.charging import charge_code
from app.domain.access import NumberError
from app.domain.money import AmountError, Limits, parse_amount
from app.domain.payer_code import NotAPayersCode
from app.domain.payment import PaymentState, Way, subject_of
from app.models import Payment
from app.ports import PaymentProvider, ProviderDown, ProviderRefused
from app.services.checkout import Braked, begin_or_brake
from app.services.kiosks.tills import payment_state, walk_away
from app.services.lookup import MeterView, view_meter
from app.services.payments import FormReused, Origin, PaymentWish, order_of, remember_page
from app.services.tracker import Tracker, tracker
from app.web.api.kiosk.door import BadBody, Call, refusal
from app.web.api.kiosk.meters import meter_number, under_way_told
from app.web.api.kiosk.shapes import Plain, plain
from app.web.state import deps

_LONGEST_TOKEN = 64
_MOST_MINOR = 2**40
_BARCODE_STATES = {PaymentState.PAID: "paid", PaymentState.FAILED: "refused"}


@dataclass(frozen=True, slots=True)
class _Wanted:
    amount_minor: int
    form_token: str
    provider: str
    payer_code: str
    anyway: bool


async def begin(call: Call) -> Response:
    """POST /meters/{number}/payments."""
    wanted = _read(call.fields())
    try:
        number = meter_number(call.request.path_params["number"])
        _check_amount(call, wanted.amount_minor)
    except (NumberError, AmountError) as error:
        return refusal(error.code, HTTPStatus.UNPROCESSABLE_ENTITY)
    known = deps(call.request)
    async with known.begin() as db:
        meter = await view_meter(db, number, known.now())
    if meter is None:
        return refusal("number_unknown", HTTPStatus.NOT_FOUND)
    if meter.not_for_sale:
        return refusal(meter.not_for_sale, HTTPStatus.CONFLICT)
    try:
        return await (_by_code if wanted.payer_code else _by_qr)(call, meter, wanted)
    except FormReused as error:
        return refusal(error.code, HTTPStatus.CONFLICT)
    except NotAPayersCode as error:
        return refusal("not_a_payer_code", HTTPStatus.UNPROCESSABLE_ENTITY, why=error.code)


def _read(said: Mapping[str, object]) -> _Wanted:
    amount, token, code = said.get("amount_minor"), said.get("form_token"), said.get("payer_code", "")
    if not isinstance(amount, int) or isinstance(amount, bool) or not 0 < amount < _MOST_MINOR:
        raise BadBody("amount_minor")
    if not isinstance(token, str) or not 0 < len(token) <= _LONGEST_TOKEN or not isinstance(code, str):
        raise BadBody("form_token")
    if (said.get("way") == Way.BARCODE) != bool(code):
        raise BadBody("way")
    return _Wanted(amount, token, str(said.get("provider", "")), code, said.get("anyway") is True)


def _check_amount(call: Call, amount_minor: int) -> None:
    """Terminals sell what the portal sells: whole units within the limits. Raises AmountError."""
    settings = deps(call.request).settings
    whole, rest = divmod(amount_minor, 100)
    parse_amount(f"{whole}.{rest:02d}" if rest else str(whole), Limits(settings.purchase_least, settings.purchase_most))


def _wish(call: Call, meter: MeterView, wanted: _Wanted, provider: str) -> PaymentWish:
    settings = deps(call.request).settings
    return PaymentWish(
        meter_id=meter.id,
        amount_minor=wanted.amount_minor,
        provider=provider,
        currency=settings.currency,
        idempotency_key=f"{call.kiosk.id.hex[:12]}:{wanted.form_token}"[:_LONGEST_TOKEN],
        lasts=timedelta(minutes=settings.payment_minutes),
        way=Way.BARCODE if wanted.payer_code else Way.QR,
        origin=Origin(kiosk_id=call.kiosk.id),
    )


async def _by_code(call: Call, meter: MeterView, wanted: _Wanted) -> Response:
    """Take the money with the payer's code, which goes to its provider and nowhere else."""
    known = deps(call.request)
    wish = _wish(call, meter, wanted, "")
    begun = await charge_code(known, wish, wanted.payer_code, subject_of(meter.number), anyway=wanted.anyway)
    if isinstance(begun, Braked):
        return _braked(begun)
    return JSONResponse({"ref": begun.ref, "state": _BARCODE_STATES.get(PaymentState(begun.state), "checking")})


async def _by_qr(call: Call, meter: MeterView, wanted: _Wanted) -> Response:
    known = deps(call.request)
    provider = _qr_provider(known.providers or {}, wanted.provider)
    if provider is None:
        return refusal("provider_unknown", HTTPStatus.UNPROCESSABLE_ENTITY)
    async with known.begin() as db:
        wish = _wish(call, meter, wanted, provider.name)
        begun = await begin_or_brake(db, wish, known.now(), anyway=wanted.anyway)
    if isinstance(begun, Braked):
        return _braked(begun)
    await known.bell.ring_quietly()
    try:
        code = begun.pay_url or await _open(call, provider, begun, subject_of(meter.number))
    except (ProviderDown, ProviderRefused):
        return refusal("provider_down", HTTPStatus.SERVICE_UNAVAILABLE)
    return JSONResponse({"ref": begun.ref, "qr": code, "expires_at": plain(begun.expires_at)}, HTTPStatus.CREATED)


def _qr_provider(providers: Mapping[str, PaymentProvider], name: str) -> PaymentProvider | None:
    offered = [p for p in providers.values() if Way.QR in p.ways and (not name or p.name == name)]
    return offered[0] if offered else None


async def _open(call: Call, provider: PaymentProvider, payment: Payment, subject: str) -> str:
    known = deps(call.request)
    back = f"{known.settings.public_url.rstrip('/')}/payments/{payment.ref}"
    code = (await provider.begin(order_of(payment, subject, back))).code
    async with known.begin() as db:
        await remember_page(db, payment.id, code)
    return code


def _braked(found: Braked) -> Response:
    return refusal("braked", HTTPStatus.CONFLICT, under_way=under_way_told(found.unresolved))


async def show(call: Call) -> Response:
    """GET /payments/{ref}: where the money is, as the tracker tells it; codes, no sentences."""
    known = deps(call.request)
    async with known.begin() as db:
        story = await tracker(db, call.request.path_params["ref"], known.now())
        state = await payment_state(db, story.payment_ref) if story and story.payment_ref else None
    if story is None:
        return refusal("not_found", HTTPStatus.NOT_FOUND)
    told = {**_told(story), "state": (state or PaymentState.PAID).value}
    return JSONResponse(told, headers={"cache-control": "no-store"})


def _told(story: Tracker) -> dict[str, Plain]:
    return {
        "ref": story.payment_ref or story.purchase_ref,
        "headline": story.headline.value,
        "meter": story.meter_number,
        "amount_minor": story.amount_minor,
        "arrears_minor": story.arrears_minor,
        "credit_minor": story.credit_minor,
        "lines": [plain(line) for line in story.lines],
        "purchase": story.purchase_ref,
        "tokens": list(story.tokens),
        "balance_after_minor": story.balance_after_minor,
        "supply": plain(story.supply),
        "receipt": story.receipt_number,
        "look_again_s": story.look_again_s,
    }


async def close(call: Call) -> Response:
    """POST /payments/{ref}/close: somebody has walked away from an order of this terminal; its provider is asked first.

    Nothing is closed here: the promise that asks after the payment is made due, with the order's time over.
    """
    known = deps(call.request)
    async with known.begin() as db:
        await walk_away(db, call.request.path_params["ref"], call.kiosk.id, known.now())
    await known.bell.ring_quietly()
    return JSONResponse({"ok": True})
