"""Rules that top up by themselves or remind: the page of one meter, for whoever keeps it (SPEC R-8)."""

from collections.abc import Mapping
from http import HTTPStatus
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.domain.money import AmountError, parse_amount
from app.domain.payment import Way
from app.domain.topup import Terms, TopUpError, TopUpKind
from app.ports import ProviderDown, ProviderRefused, SigningProvider
from app.services import agreements, buyers
from app.services.agreements import RuleView, RuleWish
from app.services.kept_meters import Mine
from app.services.residents import Me
from app.web.forms import fields
from app.web.pages import page, see_other
from app.web.portal.buying.till import lead_to_providers, limits, providers
from app.web.portal.labels import public_address
from app.web.portal.people.mine import for_mine
from app.web.resident import must_sign_in
from app.web.state import deps

_BLANK = {"kind": "low", "amount": "100", "below": "20", "day": "1", "most": "4", "provider": ""}


@must_sign_in
@for_mine
async def show_rules(request: Request, me: Me, mine: Mine) -> Response:
    """GET /my/{number}/topup: my rules for this meter, and a form. Providers send people back here who have signed."""
    for rule in await _rules(request, me, mine):
        if rule.agreement_id is not None and not rule.signed:
            await _learn(request, rule.agreement_id, rule.provider)
    return await _show(request, me, mine)


@must_sign_in
@for_mine
async def make(request: Request, me: Me, mine: Mine) -> Response:
    """POST /my/{number}/topup: one more rule; where it is to pay by itself, go on to sign for that."""
    known, sent = deps(request), {**_BLANK, **await fields(request)}
    try:
        wish = await _wish(request, me, mine, sent)
        async with known.begin() as db:
            rule = await agreements.make_rule(db, wish, known.now())
    except (AmountError, TopUpError) as error:
        return await _show(request, me, mine, sent, error.code)
    return await _lead_to_sign(request, me, mine, rule)


async def _wish(request: Request, me: Me, mine: Mine, sent: Mapping[str, str]) -> RuleWish:
    provider = sent["provider"]
    if provider and provider not in signers(request):
        raise HTTPException(400)
    if sent["kind"] not in list(TopUpKind):
        raise HTTPException(400)
    kind = TopUpKind(sent["kind"])
    amount = parse_amount(sent["amount"], limits(request))
    below = parse_amount(sent["below"], limits(request)) if kind is TopUpKind.LOW else 0
    terms = Terms(kind, below, _number(sent["day"], "topup_day"), _number(sent["most"], "topup_most"))
    async with deps(request).begin() as db:
        if not await buyers.phone_of(db, me.id):
            raise TopUpError("topup_phone")
    return RuleWish(me.id, mine.meter_id, terms, amount, provider)


def _number(typed: str, code: str) -> int:
    if not (typed.strip().isdecimal() and len(typed.strip()) <= 2):
        raise TopUpError(code)
    return int(typed)


@must_sign_in
@for_mine
async def sign(request: Request, me: Me, mine: Mine) -> Response:
    """POST /my/{number}/topup/{id}/sign: to the provider's page, once more."""
    return await _lead_to_sign(request, me, mine, await _mine(request, me, mine))


@must_sign_in
@for_mine
async def stop(request: Request, me: Me, mine: Mine) -> Response:
    """POST /my/{number}/topup/{id}/stop: we charge nothing more, and the provider is told that the agreement ends."""
    known = deps(request)
    async with known.begin() as db:
        rule = await agreements.stop_rule(db, me.id, request.path_params["id"], known.now())
    signer = signers(request).get(rule.provider) if rule else None
    if rule is not None and rule.agreement_id is not None and signer is not None:
        try:
            await signer.revoke(rule.agreement_id.hex)
        except (ProviderDown, ProviderRefused):
            return await _show(request, me, mine, code="topup_not_revoked")
    return see_other(f"/my/{mine.number}/topup")


async def _lead_to_sign(request: Request, me: Me, mine: Mine, rule: RuleView) -> Response:
    signer = signers(request).get(rule.provider)
    if rule.agreement_id is None or rule.signed or signer is None:
        return see_other(f"/my/{mine.number}/topup")
    back = public_address(request, f"/my/{mine.number}/topup")
    try:
        place = await signer.sign(rule.agreement_id.hex, rule.most_minor, back)
    except (ProviderDown, ProviderRefused):
        return await _show(request, me, mine, code="topup_sign_down")
    return RedirectResponse(place.url, HTTPStatus.SEE_OTHER)


async def _learn(request: Request, agreement_id: UUID, provider: str) -> None:
    """Ask whether the payer has signed; a provider that is down is asked at the next look."""
    signer = signers(request).get(provider)
    try:
        name = await signer.agreed(agreement_id.hex) if signer else None
    except (ProviderDown, ProviderRefused):
        return
    if name:
        async with deps(request).begin() as db:
            await agreements.sign(db, agreement_id, name)


def signers(request: Request) -> dict[str, SigningProvider]:
    """The providers that a payer can sign an agreement with."""
    offered = providers(request).items()
    return {name: p for name, p in offered if Way.AGREEMENT in p.ways and isinstance(p, SigningProvider)}


async def _rules(request: Request, me: Me, mine: Mine) -> list[RuleView]:
    async with deps(request).begin() as db:
        return await agreements.rules_of(db, me.id, mine.meter_id)


async def _mine(request: Request, me: Me, mine: Mine) -> RuleView:
    found = next((rule for rule in await _rules(request, me, mine) if rule.id == request.path_params["id"]), None)
    if found is None:
        raise HTTPException(404)
    return found


async def _show(request: Request, me: Me, mine: Mine, sent: Mapping[str, str] = _BLANK, code: str = "") -> Response:
    context = {
        "mine": mine,
        "rules": await _rules(request, me, mine),
        "sent": sent,
        "code": code,
        "signers": list(signers(request)),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if code else HTTPStatus.OK
    return lead_to_providers(request, page(request, "portal/buying/topups.html", context, status=status))
