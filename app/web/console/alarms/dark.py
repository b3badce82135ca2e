"""A home without light for want of money: what is known, and the word of whoever looked after it."""

from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.disconnection import BY_STAFF, Outcome
from app.models import Disconnection, Meter
from app.services import disconnections
from app.services.disconnections import DisconnectionError, Word
from app.web.console.pages import Desk, console_page
from app.web.forms import fields
from app.web.pages import see_other
from app.web.state import deps

PATH = "/console/disconnections"


async def show_incident(request: Request, desk: Desk) -> Response:
    """GET /console/disconnections/{id}."""
    return await _show(request, desk)


async def _show(request: Request, desk: Desk, wrong: str = "", remark: str = "") -> Response:
    async with deps(request).begin() as db:
        incident = await db.get(Disconnection, request.path_params["incident_id"])
        if incident is None:
            raise HTTPException(404)
        meter = await db.get_one(Meter, incident.meter_id)
    context = {"incident": incident, "meter": meter, "outcomes": BY_STAFF, "wrong": wrong, "remark": remark}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return console_page(request, "alarms/dark.html", context, desk=desk, status=status)


async def end_incident(request: Request, desk: Desk) -> Response:
    """POST /console/disconnections/{id}: say what became of it."""
    known, form = deps(request), await fields(request)
    outcome, remark = form.get("outcome", ""), form.get("remark", "")
    incident_id = request.path_params["incident_id"]
    if outcome not in tuple(Outcome):
        return await _show(request, desk, "outcome", remark)
    try:
        async with known.begin() as db:
            await disconnections.end(db, Word(incident_id, Outcome(outcome), remark, desk.officer.id), known.now())
    except DisconnectionError as error:
        return await _show(request, desk, error.code, remark)
    return see_other(f"{PATH}/{incident_id}")
