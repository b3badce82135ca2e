"""The first page: which meter is it?"""

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.access import NumberError, NumberKind, parse_number
from app.services.announcements import shown
from app.services.kept_meters import my_meters
from app.services.lookup import find_meters
from app.web.forms import query
from app.web.pages import page, see_other
from app.web.resident import signed_in
from app.web.state import deps

_ASKED = "number"
_MOST_MINE, _MOST_NOTICES = 5, 3


async def show_lookup(request: Request) -> Response:
    """GET /: ask for a number, with my meters and what holds today.

    GET /?number=...: lead to its meter, or say what is wrong with it.
    """
    if _ASKED not in request.query_params:
        return await _ask(request)
    typed = query(request, _ASKED)
    try:
        number = parse_number(typed)
        async with deps(request).begin() as db:
            meters = await find_meters(db, number)
    except NumberError as error:
        return await _ask(request, typed, error.code)
    if number.kind is NumberKind.METER or len(meters) == 1:
        return see_other(f"/m/{meters[0]}")
    return see_other(f"/accounts/{number.digits}")


async def _ask(request: Request, typed: str = "", code: str = "") -> Response:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if code else HTTPStatus.OK
    known = deps(request)
    me = await signed_in(request)
    async with known.begin() as db:
        mine = await my_meters(db, me.id, known.now()) if me else []
        told = [view for view in await shown(db, known.now()) if view.in_force]
    context: dict[str, object] = {
        "typed": typed,
        "code": code,
        "mine": mine[:_MOST_MINE],
        "notices": told[:_MOST_NOTICES],
        "meter": None,
    }
    return page(request, "portal/lookup.html", context, status=status)


async def show_account(request: Request) -> Response:
    """GET /accounts/{number}: the meters of one account."""
    try:
        number = parse_number(request.path_params["number"])
        async with deps(request).begin() as db:
            meters = await find_meters(db, number)
    except NumberError as error:
        raise HTTPException(404) from error
    return page(request, "portal/account.html", {"number": number.digits, "meters": meters})
