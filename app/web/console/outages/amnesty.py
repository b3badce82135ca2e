"""Amnesties: those that hold, those that are over, beginning one and ending one (SPEC M-5)."""

from collections.abc import Mapping
from http import HTTPStatus
from uuid import UUID
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.models import Amnesty
from app.services import amnesties, grid
from app.services.amnesties import AmnestyError, Wish
from app.web.console.outages.notices import uuid_or_none
from app.web.console.outages.typed import EVERYWHERE, WrongTime, local_time
from app.web.console.pages import Desk, console_page
from app.web.forms import fields
from app.web.pages import see_other
from app.web.state import deps

_NOWHERE = UUID(int=0)


async def show_amnesties(request: Request, desk: Desk) -> Response:
    """GET /console/cuts/amnesties."""
    return await _page(request, desk, {})


async def begin_amnesty(request: Request, desk: Desk) -> Response:
    """POST /console/cuts/amnesties: nobody there is cut from now on."""
    known, form = deps(request), await fields(request)
    try:
        wish = await _wish(request, form)
        async with known.begin() as db:
            await amnesties.begin_amnesty(db, wish, desk.officer.id, known.now())
    except WrongTime:
        return await _page(request, desk, form, "until_bad")
    except AmnestyError as wrong:
        return await _page(request, desk, form, wrong.code)
    return see_other("/console/cuts/amnesties")


async def _wish(request: Request, form: Mapping[str, str]) -> Wish:
    until, place = form.get("until_at", "").strip(), form.get("place", "").strip()
    zone = ZoneInfo(deps(request).settings.timezone)
    return Wish(await _node(request, place), form.get("reason", ""), local_time(until, zone) if until else None)


async def _node(request: Request, place: str) -> UUID | None:
    """A place by its id or by its one exact name; empty: everywhere. What is neither is nowhere, and refused."""
    if place in ("", EVERYWHERE):
        return None
    if (known := uuid_or_none(place)) is not None:
        return known
    async with deps(request).begin() as db:
        return await grid.named(db, place) or _NOWHERE


async def end_amnesty(request: Request, desk: Desk) -> Response:
    """POST /console/cuts/amnesties/{id}/end."""
    known, amnesty_id = deps(request), request.path_params["amnesty_id"]
    async with known.begin() as db:
        if await db.get(Amnesty, amnesty_id) is None:
            raise HTTPException(404)
        await amnesties.end_amnesty(db, amnesty_id, desk.officer.id, known.now())
    return see_other("/console/cuts/amnesties")


async def _page(request: Request, desk: Desk, form: Mapping[str, str], wrong: str = "") -> Response:
    known = deps(request)
    async with known.begin() as db:
        views = await amnesties.list_amnesties(db, known.now())
        names = await grid.names(db)
    context = {"views": views, "names": names, "form": form, "wrong": wrong}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return console_page(request, "outages/amnesties.html", context, desk=desk, status=status)
