"""The pay page: what an amount would do, the brake, and the way to the provider's page."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.domain.money import AmountError, Limits, parse_amount
from app.domain.offer import Wallet, offers
from app.domain.payment import PaymentState
from app.i18n import translations
from app.models import Payment
from app.ports import PaymentProvider, ProviderDown, ProviderRefused
from app.services.brake import Unresolved
from app.services.checkout import Braked, begin_or_brake, under_way
from app.services.lookup import MeterView
from app.services.payments import FormReused, PaymentWish, order_of, remember_page
from app.web.forms import fields, query
from app.web.headers import policy
from app.web.marking import N_
from app.web.pages import page, see_other
from app.web.portal.labels import public_address
from app.web.portal.meters import meter_in_path
from app.web.state import deps, nonce, reader

_LONGEST_TOKEN = 64
_SUBJECT = N_("Electricity for meter %(number)s")


@dataclass(frozen=True, slots=True)
class _Form:
    """The form as it stands: what was typed, what is wrong with it, and what the payer must know of first."""

    token: str
    typed: str = ""
    code: str = ""
    provider: str = ""
    unresolved: tuple[Unresolved, ...] = ()
    anyway: bool = False


def _fresh_token() -> str:
    return secrets.token_urlsafe(24)


async def show_pay(request: Request) -> Response:
    """GET /m/{number}/pay: amounts to choose from; first of all, what is still on its way."""
    meter = await meter_in_path(request)
    known = deps(request)
    async with known.begin() as db:
        unresolved = await under_way(db, meter.id, known.now())
    form = _Form(
        _fresh_token(), query(request, "amount"), unresolved=unresolved, anyway=query(request, "anyway") == "1"
    )
    return _show(request, meter, form)


async def begin(request: Request) -> Response:
    """POST /m/{number}/pay: begin the payment and lead to the provider's page, or say why not; what was typed stays."""
    meter = await meter_in_path(request)
    form = _read(await fields(request))
    try:
        provider = _provider(request, form.provider)
        amount_minor = parse_amount(form.typed, limits(request))
    except AmountError as error:
        return _show(request, meter, replace(form, code=error.code), HTTPStatus.UNPROCESSABLE_ENTITY)
    known = deps(request)
    wish = PaymentWish(
        meter_id=meter.id,
        amount_minor=amount_minor,
        provider=provider.name,
        currency=known.settings.currency,
        idempotency_key=form.token,
        lasts=timedelta(minutes=known.settings.payment_minutes),
    )
    begun = await _begin(request, wish, anyway=form.anyway)
    if isinstance(begun, Braked):
        again = replace(form, token=_fresh_token(), unresolved=begun.unresolved)
        return _show(request, meter, again, HTTPStatus.CONFLICT)
    await known.bell.ring_quietly()
    return await _lead_to_page(request, meter, form, begun)


async def _begin(request: Request, wish: PaymentWish, *, anyway: bool) -> Payment | Braked:
    """A form that was sent before with another amount is a new wish, and its first one is money under way."""
    known = deps(request)
    try:
        async with known.begin() as db:
            return await begin_or_brake(db, wish, known.now(), anyway=anyway)
    except FormReused:
        async with known.begin() as db:
            return Braked(await under_way(db, wish.meter_id, known.now()))


async def _lead_to_page(request: Request, meter: MeterView, form: _Form, payment: Payment) -> Response:
    """Open the order with the provider, in no transaction, remember its page and go there."""
    if payment.state != PaymentState.WAITING:
        return see_other(f"/payments/{payment.ref}")
    if payment.pay_url:
        return RedirectResponse(payment.pay_url, HTTPStatus.SEE_OTHER)
    known = deps(request)
    words = translations(reader(request))
    subject = words.gettext(_SUBJECT) % {"number": meter.number}
    order = order_of(payment, subject, public_address(request, f"/payments/{payment.ref}"))
    try:
        url = (await _provider(request, payment.provider).begin(order)).url
    except (ProviderDown, ProviderRefused):
        return _show(request, meter, replace(form, code="provider_down"), HTTPStatus.SERVICE_UNAVAILABLE)
    async with known.begin() as db:
        await remember_page(db, payment.id, url)
    return RedirectResponse(url, HTTPStatus.SEE_OTHER)


def limits(request: Request) -> Limits:
    """The smallest and the largest purchase of this utility."""
    settings = deps(request).settings
    return Limits(settings.purchase_least, settings.purchase_most)


def _providers(request: Request) -> Mapping[str, PaymentProvider]:
    return deps(request).providers or {}


def _provider(request: Request, name: str) -> PaymentProvider:
    """The provider of that name; where there is only one, nobody was asked. HTTPException 400 for another name."""
    offered = _providers(request)
    if not name and len(offered) == 1:
        return next(iter(offered.values()))
    if name not in offered:
        raise HTTPException(400)
    return offered[name]


def _read(sent: Mapping[str, str]) -> _Form:
    token = sent.get("form_token", "")
    return _Form(
        token=token if 0 < len(token) <= _LONGEST_TOKEN else _fresh_token(),
        typed=sent.get("preset") or sent.get("amount", ""),
        provider=sent.get("provider", ""),
        anyway=sent.get("anyway") == "1",
    )


def _show(request: Request, meter: MeterView, form: _Form, status: int = HTTPStatus.OK) -> Response:
    wallet = Wallet(meter.balance_minor, meter.arrears_minor, meter.reclose_limit_minor, meter.daily_use_minor)
    context = {
        "meter": meter,
        "form": form,
        "offers": offers(wallet, limits(request)),
        "limits": limits(request),
        "providers": list(_providers(request)),
        "braked": bool(form.unresolved) and not form.anyway,
    }
    answer = page(request, "portal/pay.html", context, status=status)
    places = {origin for provider in _providers(request).values() for origin in provider.page_origins}
    answer.headers["content-security-policy"] = policy(nonce(request), " ".join(sorted(places)))
    return answer
