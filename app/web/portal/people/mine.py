"""My meters: the list, and one meter's page with its nickname and its family."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.access import NumberError, NumberKind, parse_number
from app.domain.standing import Deed, may_do
from app.ports import ProviderDown, ProviderRefused, SigningProvider
from app.services import agreements, family, inbox, kept_meters
from app.services.family import InvitationError
from app.services.kept_meters import LONGEST_NICKNAME, Mine
from app.services.residents import Me
from app.web.forms import fields, query
from app.web.pages import page, see_other
from app.web.portal.labels import public_address
from app.web.portal.meters import number_in_path
from app.web.resident import MINE, ResidentPage, must_sign_in
from app.web.state import deps

MinePage = Callable[[Request, Me, Mine], Awaitable[Response]]


@must_sign_in
async def show_mine(request: Request, me: Me) -> Response:
    """GET /my: every meter that I keep; what runs out first stands first. `?number=` is one to be kept."""
    return await _list(request, me, query(request, "number"))


async def _list(request: Request, me: Me, typed: str = "", code: str = "") -> Response:
    known = deps(request)
    async with known.begin() as db:
        meters = await kept_meters.my_meters(db, me.id, known.now())
        unread = await inbox.unread(db, [each.meter_id for each in meters if each.inside])
    context = {"me": me, "meters": meters, "unread": unread, "typed": typed, "code": code}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if code else HTTPStatus.OK
    return page(request, "portal/my.html", context, status=status)


@must_sign_in
async def keep(request: Request, me: Me) -> Response:
    """POST /my: keep one more meter, by the number on it."""
    known, typed = deps(request), (await fields(request)).get("number", "")
    try:
        number = parse_number(typed)
        if number.kind is not NumberKind.METER:
            raise NumberError("kept_account")
        async with known.begin() as db:
            await kept_meters.keep(db, me.id, number.digits, known.now())
    except NumberError as error:
        return await _list(request, me, typed, error.code)
    return see_other(f"{MINE}/{number.digits}")


def for_mine(route: MinePage) -> ResidentPage:
    """Wrap `route(request, me, mine)`: a meter that is not in "my meters" is not found, whoever else keeps it."""

    async def guarded(request: Request, me: Me) -> Response:
        known = deps(request)
        async with known.begin() as db:
            mine = await kept_meters.my_meter(db, me.id, number_in_path(request), known.now())
        if mine is None:
            raise HTTPException(404)
        return await route(request, me, mine)

    return guarded


def must_hold(mine: Mine, deed: Deed) -> None:
    """Holders only. HTTPException 404 for payers, who are not to know what there is; 403 for family."""
    if not may_do(mine.standing, deed):
        raise HTTPException(403 if mine.inside else 404)


@must_sign_in
@for_mine
async def show_one(request: Request, me: Me, mine: Mine) -> Response:
    """GET /my/{number}: one of my meters."""
    return await _one(request, mine)


async def _one(request: Request, mine: Mine, *, code: str = "", link: str = "") -> Response:
    known, holds = deps(request), may_do(mine.standing, Deed.INVITE)
    async with known.begin() as db:
        relatives = await family.relatives(db, mine.meter_id) if holds else []
        invitations = await family.open_invitations(db, mine.meter_id, known.now()) if holds else []
        unread = await inbox.unread(db, [mine.meter_id]) if mine.inside else {}
    context = {
        "mine": mine,
        "holds": holds,
        "relatives": relatives,
        "invitations": invitations,
        "unread": unread.get(mine.meter_id, 0),
        "code": code,
        "link": link,
        "longest": LONGEST_NICKNAME,
    }
    return page(request, "portal/my_meter.html", context, status=HTTPStatus.CONFLICT if code else HTTPStatus.OK)


@must_sign_in
@for_mine
async def rename(request: Request, me: Me, mine: Mine) -> Response:
    """POST /my/{number}/nickname: call it something."""
    nickname = (await fields(request)).get("nickname", "")
    async with deps(request).begin() as db:
        await kept_meters.rename(db, me.id, mine.meter_id, nickname)
    return see_other(f"{MINE}/{mine.number}")


@must_sign_in
@for_mine
async def forget(request: Request, me: Me, mine: Mine) -> Response:
    """POST /my/{number}/remove: keep it no longer. Nothing goes on paying for it by itself where no page stops that."""
    known = deps(request)
    async with known.begin() as db:
        stopped = await agreements.stop_rules(db, me.id, mine.meter_id, known.now())
        await kept_meters.forget(db, me.id, mine.meter_id)
    for rule in stopped:
        signer: object = (known.providers or {}).get(rule.provider)
        if rule.agreement_id is not None and isinstance(signer, SigningProvider):
            with suppress(ProviderDown, ProviderRefused):  # we charge nothing more, whatever they know
                await signer.revoke(rule.agreement_id.hex)
    return see_other(MINE)


@must_sign_in
@for_mine
async def invite(request: Request, me: Me, mine: Mine) -> Response:
    """POST /my/{number}/invitations: make a link, which is shown this once."""
    must_hold(mine, Deed.INVITE)
    known = deps(request)
    try:
        async with known.begin() as db:
            secret = await family.invite(db, me.id, mine.meter_id, known.now())
    except InvitationError as error:
        return await _one(request, mine, code=error.code)
    return await _one(request, mine, link=public_address(request, f"/join/{secret}"))


@must_sign_in
@for_mine
async def revoke(request: Request, me: Me, mine: Mine) -> Response:
    """POST /my/{number}/invitations/{id}/revoke: take a link back."""
    must_hold(mine, Deed.INVITE)
    async with deps(request).begin() as db:
        await family.revoke(db, mine.meter_id, request.path_params["id"])
    return see_other(f"{MINE}/{mine.number}")


@must_sign_in
@for_mine
async def show_out(request: Request, me: Me, mine: Mine) -> Response:
    """POST /my/{number}/family/{id}/remove: somebody is family no longer."""
    must_hold(mine, Deed.INVITE)
    async with deps(request).begin() as db:
        await family.show_out(db, mine.meter_id, request.path_params["id"])
    return see_other(f"{MINE}/{mine.number}")


@must_sign_in
async def show_invitation(request: Request, me: Me) -> Response:
    """GET /join/{secret}: what somebody is let into. Looking uses nothing up."""
    known = deps(request)
    async with known.begin() as db:
        welcome = await family.look_at(db, request.path_params["secret"], known.now())
    code = "" if welcome else "invitation_over"
    return _welcome(request, code, welcome.meter_number if welcome else "")


@must_sign_in
async def join(request: Request, me: Me) -> Response:
    """POST /join/{secret}: become family, once."""
    known = deps(request)
    try:
        async with known.begin() as db:
            number = await family.accept(db, me.id, request.path_params["secret"], known.now())
    except InvitationError as error:
        return _welcome(request, error.code)
    return see_other(f"{MINE}/{number}")


def _welcome(request: Request, code: str, number: str = "") -> Response:
    status = HTTPStatus.GONE if code else HTTPStatus.OK
    return page(request, "portal/join.html", {"code": code, "number": number}, status=status)
