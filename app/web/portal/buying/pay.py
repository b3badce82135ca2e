"""The pay page: what an amount would do, the brake, the ways, and the step to the provider (SPEC L-3, M-3, M-4)."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.money import AmountError, parse_amount
from app.domain.offer import Offer, offer, offers, stretches
from app.ports import ProviderDown, ProviderRefused
from app.services import buyers, links
from app.services.brake import Unresolved
from app.services.checkout import Braked, under_way
from app.services.kept_meters import my_meter
from app.services.links import OpenLink
from app.services.lookup import MeterView, view_meter
from app.services.payments import Origin, PaymentWish
from app.services.reach import Advice, advice_for
from app.web.forms import fields, query
from app.web.pages import page
from app.web.portal.buying.till import (
    Choice,
    begin,
    choices,
    lead,
    lead_to_providers,
    limits,
    way_into_wechat,
)
from app.web.portal.meters import meter_in_path
from app.web.resident import signed_in
from app.web.state import deps

_LONGEST_TOKEN = 64
_TEMPLATE = "portal/buying/pay.html"


@dataclass(frozen=True, slots=True)
class Form:
    """The form as it stands: what was typed, what is wrong with it, and what the payer must know of first.

    `link`: the secret of the pay link that it was opened by. `told`: the payer wants to see what the amount does.
    """

    token: str
    typed: str = ""
    code: str = ""
    provider: str = ""
    link: str = ""
    unresolved: tuple[Unresolved, ...] = ()
    anyway: bool = False
    wait: bool = False
    told: bool = False


@dataclass(frozen=True, slots=True)
class _Buyer:
    """Who pays, as far as anybody is known, and what they call this meter."""

    origin: Origin = field(default_factory=Origin)
    nickname: str = ""
    usual: buyers.Usual | None = None
    link: OpenLink | None = None
    advance_minor: int = 0


async def show_pay(request: Request) -> Response:
    """GET /m/{number}/pay: amounts to choose from; first of all, what is still on its way."""
    meter = await meter_in_path(request)
    asked = Form(_fresh_token(), query(request, "amount"), anyway=query(request, "anyway") == "1")
    return await _open(request, meter, replace(asked, link=query(request, "link")))


async def show_link(request: Request) -> Response:
    """GET /p/{secret}: the pay page that somebody was sent, filled in: what every guest sees, and a greeting."""
    known, secret = deps(request), str(request.path_params["secret"])
    async with known.begin() as db:
        link = await links.follow_link(db, secret, known.now())
        meter = await view_meter(db, link.meter_number, known.now()) if link else None
    if link is None or meter is None:
        context: dict[str, object] = {}
        return page(request, "portal/buying/link_over.html", context, status=HTTPStatus.NOT_FOUND)
    typed = str(link.amount_minor // 100) if link.amount_minor else ""
    answer = await _open(request, meter, Form(_fresh_token(), typed, link=secret))
    answer.headers["referrer-policy"] = "no-referrer"
    return answer


async def _open(request: Request, meter: MeterView, form: Form) -> Response:
    known = deps(request)
    async with known.begin() as db:
        unresolved = await under_way(db, meter.id, known.now())
    return await _show(request, meter, replace(form, unresolved=unresolved))


async def pay(request: Request) -> Response:
    """POST /m/{number}/pay: begin the payment and lead to where it is paid, or say why not; what was typed stays."""
    meter = await meter_in_path(request)
    form = _read(await fields(request))
    if meter.not_for_sale:
        return await _show(request, meter, form, HTTPStatus.CONFLICT)
    try:
        choice = _chosen(await choices(request), form.provider)
        amount_minor = parse_amount(form.typed, limits(request))
    except AmountError as error:
        return await _show(request, meter, replace(form, code=error.code), HTTPStatus.UNPROCESSABLE_ENTITY)
    if form.told:
        return await _show(request, meter, form)
    buyer = await _buyer(request, meter, form.link)
    advice = await _advice(request, meter)
    if advice.needs_yes and not form.wait:
        return await _show(request, meter, replace(form, code="reach_unsaid"), HTTPStatus.CONFLICT)
    known = deps(request)
    wish = PaymentWish(
        meter_id=meter.id,
        amount_minor=amount_minor,
        provider=choice.provider,
        currency=known.settings.currency,
        idempotency_key=form.token,
        lasts=timedelta(minutes=known.settings.payment_minutes),
        way=choice.way,
        origin=buyer.origin,
    )
    begun = await begin(request, wish, anyway=form.anyway)
    if isinstance(begun, Braked):
        again = replace(form, token=_fresh_token(), unresolved=begun.unresolved)
        return await _show(request, meter, again, HTTPStatus.CONFLICT)
    await known.bell.ring_quietly()
    try:
        return await lead(request, begun, meter.number)
    except (ProviderDown, ProviderRefused):
        down = replace(form, code="provider_down", provider=begun.provider)
        return await _show(request, meter, down, HTTPStatus.SERVICE_UNAVAILABLE)


def _chosen(offered: tuple[Choice, ...], name: str) -> Choice:
    """The way that was chosen; where there is only one, nobody was asked. HTTPException 400 for another name."""
    if not name and len(offered) == 1:
        return offered[0]
    found = next((each for each in offered if each.provider == name), None)
    if found is None:
        raise HTTPException(400)
    return found


async def _buyer(request: Request, meter: MeterView, secret: str) -> _Buyer:
    """A link for another meter, or one that is over, is no link."""
    me, known = await signed_in(request), deps(request)
    async with known.begin() as db:
        link = await links.follow_link(db, secret, known.now()) if secret else None
        link = link if link is not None and link.meter_id == meter.id else None
        mine = await my_meter(db, me.id, meter.number, known.now()) if me else None
        usual = await buyers.usual(db, me.id, meter.id) if me else None
        advance = min(await buyers.open_advance(db, meter.id), meter.arrears_minor)
    origin = Origin(resident_id=me.id if me else None, link_id=link.id if link else None)
    return _Buyer(origin, mine.nickname if mine else "", usual, link, advance)


async def _advice(request: Request, meter: MeterView) -> Advice:
    known = deps(request)
    async with known.begin() as db:
        return await advice_for(db, meter, known.now())


def _read(sent: Mapping[str, str]) -> Form:
    token = sent.get("form_token", "")
    amount, _, provider = sent.get("usual", "").partition(":")
    return Form(
        token=token if 0 < len(token) <= _LONGEST_TOKEN else _fresh_token(),
        typed=amount or sent.get("preset") or sent.get("amount", ""),
        provider=provider or sent.get("provider", ""),
        link=sent.get("link", ""),
        anyway=sent.get("anyway") == "1",
        wait=sent.get("wait") == "1",
        told=sent.get("tell") == "1",
    )


def _fresh_token() -> str:
    return secrets.token_urlsafe(24)


async def _show(request: Request, meter: MeterView, form: Form, status: int = HTTPStatus.OK) -> Response:
    wallet, offered = meter.wallet, await choices(request)
    buyer = await _buyer(request, meter, form.link)
    usual = buyer.usual if buyer.usual and any(c.provider == buyer.usual.provider for c in offered) else None
    context = {
        "meter": meter,
        "form": form,
        "buyer": buyer,
        "usual": usual,
        "offers": offers(wallet, limits(request)),
        "stretches": stretches(wallet, limits(request)),
        "effect": _effect(request, meter, form),
        "limits": limits(request),
        "choices": offered,
        "first": _first(form, offered, usual),
        "wechat_in": await way_into_wechat(request, _again(meter, form)),
        "advice": await _advice(request, meter),
        "braked": bool(form.unresolved) and not form.anyway,
    }
    return lead_to_providers(request, page(request, _TEMPLATE, context, block="effect", status=status))


def _again(meter: MeterView, form: Form) -> str:
    """This page, filled in as it is."""
    kept = {"amount": form.typed, "link": form.link, "anyway": "1" if form.anyway else ""}
    return f"/m/{meter.number}/pay?{urlencode({name: value for name, value in kept.items() if value})}".rstrip("?")


def _first(form: Form, offered: tuple[Choice, ...], usual: buyers.Usual | None) -> str:
    """The way that is ticked: the one chosen, else the usual one, else the first; never one that is just down."""
    names = [choice.provider for choice in offered]
    if form.code == "provider_down":
        names = [name for name in names if name != form.provider] or names
    wanted = form.provider or (usual.provider if usual else "")
    return wanted if wanted in names else next(iter(names), "")


def _effect(request: Request, meter: MeterView, form: Form) -> Offer | None:
    """What the typed amount would do; nothing for what is no amount."""
    try:
        return offer(parse_amount(form.typed, limits(request)), meter.wallet)
    except AmountError:
        return None
