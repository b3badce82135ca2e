"""Events: the list, one of them, and taking one in hand."""

from urllib.parse import urlencode
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.bookmark import read_bookmark
from app.domain.device_event import DeviceEventKind
from app.domain.masking import Mask
from app.services import event_log, responsible
from app.services.event_log import Standing, Wanted
from app.services.responsible import InHand
from app.web.console.pages import Desk, console_page
from app.web.forms import fields, query
from app.web.pages import see_other
from app.web.state import deps

EVENTS = "/console/events"


async def show_events(request: Request, desk: Desk) -> Response:
    """GET /console/events?state=&kind=&below="""
    wanted = _wanted(request)
    async with deps(request).begin() as db:
        lines, place = await event_log.list_events(db, wanted)
        counts = await event_log.counts(db)
    more = urlencode({"below": str(place)}) if place else ""
    context = {"lines": lines, "counts": counts, "wanted": wanted, "more": more}
    context |= {"kinds": tuple(DeviceEventKind), "standings": tuple(Standing)}
    return console_page(request, "events/events.html", context, desk=desk)


async def show_event(request: Request, desk: Desk) -> Response:
    """GET /console/events/{id}."""
    event_id = _in_path(request)
    async with deps(request).begin() as db:
        line = await event_log.event_of(db, event_id)
        messages = await event_log.messages_of(db, event_id)
    if line is None:
        raise HTTPException(404)
    context = {"line": line, "messages": messages, "mask": Mask.of(desk.officer)}
    return console_page(request, "events/event.html", context, desk=desk)


async def take_in_hand(request: Request, desk: Desk) -> Response:
    """POST /console/events/{id}: with a remark. One that is in hand already stays in those hands."""
    known, form, event_id = deps(request), await fields(request), _in_path(request)
    async with known.begin() as db:
        line = await event_log.event_of(db, event_id)
        if line is None or line.alarm_id is None:
            raise HTTPException(404)
        by = InHand(staff_id=desk.officer.id, remark=form.get("remark", ""))
        await responsible.acknowledge(db, line.alarm_id, by, known.now())
    return see_other(f"{EVENTS}/{event_id}")


def _wanted(request: Request) -> Wanted:
    state, kind = query(request, "state"), query(request, "kind")
    return Wanted(
        standing=Standing(state) if state in tuple(Standing) else Standing.OPEN,
        kind=DeviceEventKind(kind) if kind in tuple(DeviceEventKind) else None,
        below=read_bookmark(query(request, "below")),
    )


def _in_path(request: Request) -> UUID:
    found = request.path_params["event_id"]
    if not isinstance(found, UUID):
        raise HTTPException(404)
    return found
