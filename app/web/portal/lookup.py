"""The first page: which meter is it?"""

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.access import NumberError, NumberKind, parse_number
from app.services.lookup import find_meters
from app.web.forms import query
from app.web.pages import page, see_other
from app.web.state import deps

_ASKED = "number"


async def show_lookup(request: Request) -> Response:
    """GET /: ask for a number; GET /?number=...: lead to its meter, or say what is wrong with it."""
    if _ASKED not in request.query_params:
        return _ask(request)
    typed = query(request, _ASKED)
    try:
        number = parse_number(typed)
        async with deps(request).begin() as db:
            meters = await find_meters(db, number)
    except NumberError as error:
        return _ask(request, typed, error.code)
    if number.kind is NumberKind.METER or len(meters) == 1:
        return see_other(f"/m/{meters[0]}")
    return see_other(f"/accounts/{number.digits}")


def _ask(request: Request, typed: str = "", code: str = "") -> Response:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if code else HTTPStatus.OK
    return page(request, "portal/lookup.html", {"typed": typed, "code": code}, status=status)


async def show_account(request: Request) -> Response:
    """GET /accounts/{number}: the meters of one account."""
    try:
        number = parse_number(request.path_params["number"])
        async with deps(request).begin() as db:
            meters = await find_meters(db, number)
    except NumberError as error:
        raise HTTPException(404) from error
    return page(request, "portal/account.html", {"number": number.digits, "meters": meters})
