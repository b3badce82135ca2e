"""Keys of other programs: made and shown once, and revoked."""

from http import HTTPStatus
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.sending import SendMode
from app.services import api_keys
from app.services.api_keys import KeyNameWrong
from app.web.console.pages import Desk, console_page
from app.web.forms import fields
from app.web.pages import see_other
from app.web.state import deps

PATH = "/console/carriers/keys"


async def show_keys(request: Request, desk: Desk) -> Response:
    """GET /console/carriers/keys."""
    return await _page(request, desk)


async def _page(request: Request, desk: Desk, *, secret: str = "", wrong: str = "", name: str = "") -> Response:
    async with deps(request).begin() as db:
        lines = await api_keys.list_keys(db)
    context = {"lines": lines, "modes": tuple(SendMode), "secret": secret, "wrong": wrong, "name": name}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return console_page(request, "carriers/keys.html", context, desk=desk, status=status)


async def make_key(request: Request, desk: Desk) -> Response:
    """POST: make a key; its secret is on this one page and never again."""
    known, form = deps(request), await fields(request)
    mode = form.get("mode", "")
    if mode not in tuple(SendMode):
        raise HTTPException(400)
    try:
        async with known.begin() as db:
            secret = await api_keys.make(db, form.get("name", ""), SendMode(mode), desk.officer.id, known.now())
    except KeyNameWrong as error:
        return await _page(request, desk, wrong=error.code, name=form.get("name", "")[:100])
    return await _page(request, desk, secret=secret)


async def revoke_key(request: Request, desk: Desk) -> Response:
    """POST: take a key out of use."""
    known, key_id = deps(request), request.path_params["key_id"]
    if not isinstance(key_id, UUID):
        raise HTTPException(404)
    async with known.begin() as db:
        await api_keys.revoke(db, key_id, desk.officer.id, known.now())
    return see_other(PATH)
