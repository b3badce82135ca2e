"""One meter, one concentrator, and the frames that crossed the wire for them, in words on demand."""

from urllib.parse import urlencode
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.bookmark import read_bookmark
from app.domain.masking import Mask
from app.domain.operation import OperationKind
from app.domain.roles import Permission
from app.models import Concentrator
from app.ports import Explain
from app.services.devices import concentrator_page, frames, meter_page
from app.services.devices.frames import Whose
from app.web.console.devices.figures import Said, figures
from app.web.console.facts import Fact
from app.web.console.pages import Desk, console_page
from app.web.console.terms import Terms
from app.web.forms import query, ref_in_path
from app.web.pages import format_for
from app.web.state import deps, reader

_K = OperationKind
_AT_METER = (
    _K.READ_WALLET,
    _K.READ_RECORDS,
    _K.READ_LIVE,
    _K.READ_RELAY,
    _K.READ_LIMITS,
    _K.READ_STATUS,
    _K.READ_CLOCK,
)
_AT_TERMINAL = (_K.READ_TERMINAL_CLOCK, _K.READ_ARCHIVE, _K.COLLECT_EVENTS)


async def show_meter(request: Request, desk: Desk) -> Response:
    """GET /console/meters/{number}."""
    known = deps(request)
    async with known.begin() as db:
        seen = await meter_page.view(db, ref_in_path(request, "number"), known.now())
    if seen is None:
        raise HTTPException(404)
    context = {
        "seen": seen,
        "said": sayings(request),
        "mask": Mask.of(desk.officer),
        "may": desk.officer.may,
        "permissions": Permission,
        "quick": _AT_METER,
    }
    return console_page(request, "devices/meter.html", context, desk=desk)


async def show_concentrator(request: Request, desk: Desk) -> Response:
    """GET /console/concentrators/{id}."""
    known = deps(request)
    async with known.begin() as db:
        seen = await concentrator_page.view(db, id_in_path(request, "concentrator_id"), known.now())
    if seen is None:
        raise HTTPException(404)
    context = {"seen": seen, "said": sayings(request), "may": desk.officer.may, "permissions": Permission}
    context["quick"] = () if seen.concentrator.host else _AT_TERMINAL  # a gateway takes no orders
    return console_page(request, "devices/concentrator.html", context, desk=desk)


async def show_meter_frames(request: Request, desk: Desk) -> Response:
    """GET /console/meters/{number}/frames?below="""
    async with deps(request).begin() as db:
        number = ref_in_path(request, "number")
        meter_id = await meter_page.id_of(db, number)
    if meter_id is None:
        raise HTTPException(404)
    whose = Whose(meter_id=meter_id, below=read_bookmark(query(request, "below")))
    return await show_frames(request, desk, whose, (number, f"/console/meters/{number}"))


async def show_concentrator_frames(request: Request, desk: Desk) -> Response:
    """GET /console/concentrators/{id}/frames?below="""
    async with deps(request).begin() as db:
        row = await db.get_one(Concentrator, id_in_path(request, "concentrator_id"))
    whose = Whose(concentrator_id=row.id, below=read_bookmark(query(request, "below")))
    return await show_frames(request, desk, whose, (row.name, f"/console/concentrators/{row.id}"))


async def show_frames(request: Request, desk: Desk, whose: Whose, of: tuple[str, str]) -> Response:
    """A page of frames. `of`: the name and the address of the page that they belong to."""
    async with deps(request).begin() as db:
        rows, place = await frames.frames_of(db, whose, _explain(request))
    more = urlencode({"below": str(place)}) if place else ""
    context = {"rows": rows, "more": more, "name": of[0], "back": of[1], "first": whose.below is None}
    return console_page(request, "devices/frames.html", context, desk=desk)


def sayings(request: Request) -> object:
    """What turns values that a device said into facts, in the reader's language."""
    fmt, terms = format_for(request, deps(request).settings), Terms(reader(request))

    def said(values: dict[str, Said]) -> list[Fact]:
        return figures(values, fmt, terms)

    return said


def id_in_path(request: Request, name: str) -> UUID:
    """An id in the address."""
    found = request.path_params[name]
    if not isinstance(found, UUID):
        raise HTTPException(404)
    return found


def _explain(request: Request) -> Explain:
    explain = deps(request).explain
    if explain is None:
        raise RuntimeError("this process cannot explain frames: its Deps need `explain`")
    return explain
