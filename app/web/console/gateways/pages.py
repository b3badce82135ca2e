"""Gateways that we dial: which there are and how their links stand; added, changed and taken away."""

from collections.abc import Mapping
from http import HTTPStatus
from uuid import UUID

from sqlalchemy.exc import NoResultFound
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.dialling import CannotDial, read_host, read_port
from app.domain.roles import Permission
from app.services.devices import gateways
from app.services.devices.gateways import GatewayError, GatewayLine, Wanted
from app.services.devices.status import Standing
from app.web.console import listing
from app.web.console.devices.one import id_in_path
from app.web.console.devices.tree import id_or_none
from app.web.console.pages import Desk, console_page
from app.web.console.terms import Terms
from app.web.forms import fields, query
from app.web.pages import format_for, see_other
from app.web.state import deps, reader

PATH = "/console/gateways"
_PART = 2000
_HEAD = ("concentrator", "dialled_at", "area", "state", "held_by", "online_since", "heard_at", "meters")


async def show_gateways(request: Request, desk: Desk) -> Response:
    """GET /console/gateways?after=&last="""
    last = id_or_none(query(request, "last"))
    after = (query(request, "after"), last) if last else None
    async with deps(request).begin() as db:
        found = await gateways.listed(db, after)
    context = {
        "found": found,
        "more": found[-1].row if len(found) == gateways.PAGE else None,
        "stands": stands,
        "may": desk.officer.may,
        "permissions": Permission,
    }
    return console_page(request, "gateways/gateways.html", context, desk=desk)


async def gateways_csv(request: Request, desk: Desk) -> Response:
    """GET /console/gateways.csv"""
    known = deps(request)
    async with known.begin() as db:
        listing.note_export(db, request, desk.officer.id)
    return listing.csv_file(listing.stamped("gateways", known.now()), _rows(request))


async def show_new(request: Request, desk: Desk) -> Response:
    """GET /console/gateways/new?node="""
    return await _form(request, desk, {"node": query(request, "node")})


async def add(request: Request, desk: Desk) -> Response:
    """POST /console/gateways/new"""
    known, form = deps(request), await fields(request)
    try:
        async with known.begin() as db:
            await gateways.add(db, _wanted(form), desk.officer.id, known.now())
    except (GatewayError, CannotDial) as error:
        return await _form(request, desk, form, wrong=error.code)
    return see_other(PATH)


async def show_gateway(request: Request, desk: Desk) -> Response:
    """GET /console/gateways/{id}"""
    line = await _line(request)
    row = line.row
    filled = {"name": row.name, "node": str(row.node_id), "host": row.host or "", "port": str(row.port or "")}
    return await _form(request, desk, filled, line)


async def change(request: Request, desk: Desk) -> Response:
    """POST /console/gateways/{id}: save or remove"""
    known, form, line = deps(request), await fields(request), await _line(request)
    try:
        async with known.begin() as db:
            match form.get("act"):
                case "save":
                    await gateways.change(db, line.row.id, _wanted(form), desk.officer.id, known.now())
                case "remove":
                    await gateways.remove(db, line.row.id, desk.officer.id, known.now())
                case _:
                    raise HTTPException(HTTPStatus.BAD_REQUEST)
    except (GatewayError, CannotDial) as error:
        return await _form(request, desk, form, line, error.code)
    except NoResultFound:
        raise HTTPException(HTTPStatus.NOT_FOUND) from None
    return see_other(PATH)


async def _form(
    request: Request, desk: Desk, filled: Mapping[str, str], line: GatewayLine | None = None, wrong: str = ""
) -> Response:
    async with deps(request).begin() as db:
        places = await gateways.places(db)
    context = {"filled": filled, "line": line, "wrong": wrong, "places": places, "stands": stands}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return console_page(request, "gateways/gateway.html", context, desk=desk, status=status)


async def _line(request: Request) -> GatewayLine:
    async with deps(request).begin() as db:
        line = await gateways.one(db, id_in_path(request, "gateway_id"))
    if line is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return line


def _wanted(form: Mapping[str, str]) -> Wanted:
    """Raises CannotDial, GatewayError."""
    node_id = id_or_none(form.get("node", ""))
    if node_id is None:
        raise GatewayError("gateway_place")
    name = " ".join(form.get("name", "").split())
    return Wanted(name, node_id, read_host(form.get("host", "")), read_port(form.get("port", "")))


def stands(line: GatewayLine) -> Standing:
    """How a gateway stands."""
    if not line.row.enabled:
        return Standing.DISABLED
    return Standing.ONLINE if line.row.front_end else Standing.OFFLINE


async def _rows(request: Request) -> listing.Rows:
    known, words = deps(request), Terms(reader(request))
    yield [[words("column", code) for code in _HEAD]]
    after: tuple[str, UUID] | None = None
    while True:
        async with known.begin() as db:
            part = await gateways.listed(db, after, _PART)
        if part:
            after = part[-1].row.name, part[-1].row.id
            yield [_cells(each, request, words) for each in part]
        if len(part) < _PART:
            return


def _cells(line: GatewayLine, request: Request, words: Terms) -> list[listing.Cell]:
    row, fmt = line.row, format_for(request, deps(request).settings)
    return [
        row.name,
        f"{row.host}:{row.port}",
        line.area,
        words("link", stands(line)),
        row.dialled_by or "",
        fmt.full(row.online_since) if row.online_since else "",
        fmt.full(row.heard_at) if row.heard_at else "",
        line.meters,
    ]
