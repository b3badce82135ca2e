"""Existing head ends: how they are, what is under way there; joined, changed, given places and meters."""

from collections.abc import Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.head_end import MOST_MOVED, CannotJoin
from app.domain.roles import Permission
from app.services.devices import gateways
from app.services.head_ends import joining, views
from app.services.head_ends.joining import Act, Wish
from app.services.head_ends.views import Line
from app.web.console import listing
from app.web.console.devices.one import id_in_path
from app.web.console.devices.tree import id_or_none
from app.web.console.pages import Desk, console_page
from app.web.console.terms import Terms
from app.web.forms import fields
from app.web.pages import format_for, see_other
from app.web.state import deps, reader

PATH = "/console/head-ends"
_LONGEST_LIST = MOST_MOVED * 20
_HEAD = (
    "head_end",
    "state",
    "places",
    "meters",
    "under_way",
    "queued",
    "heard_at",
    "last_trouble",
    "last_trouble_at",
)


async def show_head_ends(request: Request, desk: Desk) -> Response:
    """GET /console/head-ends"""
    known = deps(request)
    async with known.begin() as db:
        found = await views.lines(db, known.now())
    context = {"found": found, "may": desk.officer.may, "permissions": Permission}
    return console_page(request, "head_ends/head_ends.html", context, desk=desk)


async def head_ends_csv(request: Request, desk: Desk) -> Response:
    """GET /console/head-ends.csv: how each of them is now; no addresses, keys or secrets."""
    known = deps(request)
    async with known.begin() as db:
        found = await views.lines(db, known.now())
        listing.note_export(db, request, desk.officer.id, rows=len(found))
    words = Terms(reader(request))

    async def rows() -> listing.Rows:
        yield [[words("column", code) for code in _HEAD], *(_cells(request, each, words) for each in found)]

    return listing.csv_file(listing.stamped("head-ends", known.now()), rows())


def _cells(request: Request, each: Line, words: Terms) -> list[listing.Cell]:
    row, fmt = each.row, format_for(request, deps(request).settings)
    return [
        row.name,
        words("health", each.health),
        each.places,
        each.meters,
        each.under_way,
        row.queued,
        fmt.full(row.heard_at) if row.heard_at else "",
        words("why", row.last_trouble) if row.last_trouble else "",
        fmt.full(row.last_trouble_at) if row.last_trouble_at else "",
    ]


async def show_new(request: Request, desk: Desk) -> Response:
    """GET /console/head-ends/new"""
    return _form(request, desk, {"enabled": "yes"})


async def add(request: Request, desk: Desk) -> Response:
    """POST /console/head-ends/new"""
    known, form = deps(request), await fields(request)
    try:
        async with known.begin() as db:
            row = await joining.add(db, _wish(form), _key(request), _act(request, desk))
    except CannotJoin as error:
        return _form(request, desk, form, error.code)
    return see_other(f"{PATH}/{row.id}")


async def show_head_end(request: Request, desk: Desk) -> Response:
    """GET /console/head-ends/{id}"""
    return await _page(request, desk)


async def change(request: Request, desk: Desk) -> Response:
    """POST /console/head-ends/{id}: save, place, meters"""
    known, form = deps(request), await fields(request)
    head_end_id = id_in_path(request, "head_end_id")
    act = _act(request, desk)
    moved = 0
    try:
        async with known.begin() as db:
            match form.get("act"):
                case "save":
                    await joining.change(db, head_end_id, _wish(form), _key(request), act)
                case "place":
                    node_id = id_or_none(form.get("node", ""))
                    if node_id is None:
                        raise CannotJoin("no_node")
                    await joining.add_place(db, head_end_id, form.get("name", ""), node_id, act)
                case "meters":
                    place = joining.PlaceOf(head_end_id, id_or_none(form.get("place", "")))
                    moved = await joining.put_behind(db, place, _numbers(form), act)
                case _:
                    raise HTTPException(HTTPStatus.BAD_REQUEST)
    except CannotJoin as error:
        return await _page(request, desk, form, error)
    await known.bell.ring_quietly()
    return see_other(f"{PATH}/{head_end_id}" + (f"?moved={moved}" if moved else ""))


def _numbers(form: Mapping[str, str]) -> list[str]:
    """Raises CannotJoin for more than anybody types."""
    typed = form.get("meters", "")
    if len(typed) > _LONGEST_LIST:
        raise CannotJoin("no_meters")
    return typed.replace(",", " ").replace(";", " ").split()


async def _page(
    request: Request, desk: Desk, form: Mapping[str, str] | None = None, wrong: CannotJoin | None = None
) -> Response:
    known, head_end_id = deps(request), id_in_path(request, "head_end_id")
    async with known.begin() as db:
        found = await views.view(db, head_end_id, known.now())
        nodes = await gateways.places(db)
    row = found.line.row
    saved = {"name": row.name, "url": row.url, "key_id": row.key_id, "enabled": "yes" if row.enabled else ""}
    acted = (form or {}).get("act", "")
    moved = request.query_params.get("moved", "")
    context = {
        "found": found,
        "nodes": nodes,
        "saved": form if form and acted == "save" else saved,
        "typed": form or {},
        "acted": acted,
        "wrong": wrong,
        "moved": int(moved) if moved.isascii() and moved.isdecimal() and len(moved) < 6 else 0,
        "callback_url": joining.callback_url(known.settings.public_url, row.id),
        "may_change": desk.officer.may(Permission.CHANGE_ARCHIVE),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return console_page(request, "head_ends/head_end.html", context, desk=desk, status=status)


def _form(request: Request, desk: Desk, saved: Mapping[str, str], wrong: str = "") -> Response:
    context = {"saved": saved, "wrong": wrong, "found": None}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return console_page(request, "head_ends/new.html", context, desk=desk, status=status)


def _wish(form: Mapping[str, str]) -> Wish:
    return Wish(
        form.get("name", ""),
        form.get("url", "")[:500],
        form.get("key_id", ""),
        form.get("secret", "")[:500],
        form.get("enabled") == "yes",
    )


def _key(request: Request) -> str:
    return deps(request).settings.session_secret.get_secret_value()


def _act(request: Request, desk: Desk) -> Act:
    return Act(desk.officer.id, deps(request).now())
