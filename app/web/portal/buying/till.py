"""What the pay page works with: ways that are offered, who pays, and the step from a wish to the provider."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.domain.money import Limits
from app.domain.payment import PaymentState, Way, subject_of
from app.models import Payment
from app.ports import Checkout, Payer, PaymentProvider
from app.services.checkout import Braked, begin_or_brake, under_way
from app.services.payments import FormReused, PaymentWish, order_of, remember_page
from app.web import browser
from app.web.headers import policy
from app.web.pages import see_other
from app.web.portal.labels import public_address
from app.web.portal.wechat_in import known_openid, way_in
from app.web.state import deps, nonce


@dataclass(frozen=True, slots=True)
class Choice:
    """One way that is offered: a provider and how it is met."""

    provider: str
    way: Way


def limits(request: Request) -> Limits:
    """The smallest and the largest purchase of this utility."""
    settings = deps(request).settings
    return Limits(settings.purchase_least, settings.purchase_most)


async def choices(request: Request) -> tuple[Choice, ...]:
    """The ways that work where this page is looked at. Inside WeChat its own needs an openid; without one, a code."""
    knows = bool(await known_openid(request))
    found = (Choice(name, way) for name, way in browser.offered(request))
    return tuple(each if knows or each.way is not Way.IN_APP else _instead(request, each) for each in found)


async def way_into_wechat(request: Request, place: str) -> str:
    """The way to being known to WeChat, which its payment inside WeChat needs; empty where that is not offered."""
    offered = any(way is Way.IN_APP for _, way in browser.offered(request))
    return await way_in(request, place) if offered else ""


def _instead(request: Request, choice: Choice) -> Choice:
    ways = providers(request)[choice.provider].ways
    return replace(choice, way=Way.QR) if Way.QR in ways else choice


def providers(request: Request) -> Mapping[str, PaymentProvider]:
    """The providers that are switched on."""
    return deps(request).providers or {}


def lead_to_providers(request: Request, answer: Response) -> Response:
    """Let the form on this page end at a provider's page, and nowhere else."""
    places = {origin for provider in providers(request).values() for origin in provider.page_origins}
    answer.headers["content-security-policy"] = policy(nonce(request), " ".join(sorted(places)))
    return answer


async def begin(request: Request, wish: PaymentWish, *, anyway: bool) -> Payment | Braked:
    """Begin what is wished, unless other money is under way.

    A form that was sent before with another wish is a new one: its first payment brakes it if money can come of that.
    Where the first provider could not be reached none can, and the new wish gets a key of its own, the same for a
    second click.
    """
    known = deps(request)
    try:
        async with known.begin() as db:
            return await begin_or_brake(db, wish, known.now(), anyway=anyway)
    except FormReused:
        async with known.begin() as db:
            unresolved = await under_way(db, wish.meter_id, known.now())
    if unresolved:
        return Braked(unresolved)
    told = f"{wish.idempotency_key}|{wish.meter_id}|{wish.amount_minor}|{wish.provider}|{wish.way}"
    async with known.begin() as db:
        fresh = replace(wish, idempotency_key=sha256(told.encode()).hexdigest())
        return await begin_or_brake(db, fresh, known.now(), anyway=anyway)


async def lead(request: Request, payment: Payment, number: str) -> Response:
    """Go where the payment is paid. Raises ProviderDown and ProviderRefused; the wire is used in no transaction."""
    if payment.state != PaymentState.WAITING:
        return see_other(f"/payments/{payment.ref}")
    if payment.way == Way.PAGE and payment.pay_url:
        return RedirectResponse(payment.pay_url, HTTPStatus.SEE_OTHER)
    if payment.way != Way.PAGE and payment.pay_url is not None:
        return see_other(f"/payments/{payment.ref}/pay")
    place = (await open_order(request, payment, number)).place
    async with deps(request).begin() as db:
        await remember_page(db, payment.id, place)
    if payment.way == Way.PAGE:
        return RedirectResponse(place, HTTPStatus.SEE_OTHER)
    return see_other(f"/payments/{payment.ref}/pay")


async def open_order(request: Request, payment: Payment, number: str) -> Checkout:
    """Open the order with its provider, or find it open. Raises ProviderDown and ProviderRefused."""
    payer = Payer(openid=await known_openid(request), address=request.client.host if request.client else "")
    order = order_of(payment, subject_of(number), public_address(request, f"/payments/{payment.ref}"), payer)
    return await providers(request)[payment.provider].begin(order)
