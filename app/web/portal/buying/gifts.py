"""Links that somebody gives away, for others to pay by (SPEC R-8)."""

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.money import AmountError, parse_amount
from app.domain.proving import pay_word
from app.models.topup import LinkPurpose
from app.services import links
from app.services.kept_meters import Mine
from app.services.links import LONGEST_GREETING, LinkWish, TooManyLinks
from app.services.residents import Me
from app.web.forms import fields
from app.web.pages import page, see_other
from app.web.portal.buying.till import limits
from app.web.portal.labels import draw, public_address
from app.web.portal.people.mine import for_mine
from app.web.resident import must_sign_in
from app.web.state import deps


@must_sign_in
@for_mine
async def show_gifts(request: Request, me: Me, mine: Mine) -> Response:
    """GET /my/{number}/gift: my links for this meter, whether they were used, and a form for one more."""
    return await _show(request, me, mine)


@must_sign_in
@for_mine
async def make(request: Request, me: Me, mine: Mine) -> Response:
    """POST /my/{number}/gift: one more link, with an amount and a greeting or without."""
    known, sent = deps(request), await fields(request)
    typed, greeting = sent.get("amount", ""), sent.get("greeting", "")
    try:
        amount = parse_amount(typed, limits(request)) if typed.strip() else None
        wish = LinkWish(mine.meter_id, LinkPurpose.GIFT, amount, greeting, made_by=me.id)
        async with known.begin() as db:
            await links.make_gift(db, wish, _key(request), known.now())
    except (AmountError, TooManyLinks) as error:
        return await _show(request, me, mine, {"code": error.code, "typed": typed, "greeting": greeting})
    return see_other(f"/my/{mine.number}/gift")


@must_sign_in
@for_mine
async def stop(request: Request, me: Me, mine: Mine) -> Response:
    """POST /my/{number}/gift/{id}/stop: the link opens nothing any more."""
    known = deps(request)
    async with known.begin() as db:
        await links.stop_link(db, me.id, request.path_params["id"], known.now())
    return see_other(f"/my/{mine.number}/gift")


@must_sign_in
@for_mine
async def draw_link(request: Request, me: Me, mine: Mine) -> Response:
    """GET /my/{number}/gift/{id}.svg: a link of mine as a QR code."""
    known, wanted = deps(request), request.path_params["id"]
    async with known.begin() as db:
        made = await links.gifts_of(db, me.id, mine.meter_id, known.now())
    if all(each.id != wanted for each in made):
        raise HTTPException(404)
    address = public_address(request, f"/p/{pay_word(_key(request), wanted)}")
    return Response(draw(address), media_type="image/svg+xml")


async def _show(request: Request, me: Me, mine: Mine, wrong: dict[str, str] | None = None) -> Response:
    known, key = deps(request), _key(request)
    async with known.begin() as db:
        made = await links.gifts_of(db, me.id, mine.meter_id, known.now())
    context: dict[str, object] = {
        "mine": mine,
        "made": [(each, public_address(request, f"/p/{pay_word(key, each.id)}")) for each in made],
        "longest": LONGEST_GREETING,
        "limits": limits(request),
        **(wrong or {"code": "", "typed": "", "greeting": ""}),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return page(request, "portal/buying/gifts.html", context, status=status)


def _key(request: Request) -> str:
    return deps(request).settings.session_secret.get_secret_value()
