"""Front-ends and terminals: who holds which link, since when, and what was dropped (SPEC H-10)."""

from dataclasses import replace
from http import HTTPStatus
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.services.devices import status
from app.services.devices.status import Standing, TerminalLine, Wanted
from app.web.console import listing
from app.web.console.devices.one import id_in_path
from app.web.console.devices.tree import id_or_none
from app.web.console.pages import Desk, console_page
from app.web.console.terms import Terms
from app.web.forms import fields, query
from app.web.pages import format_for, see_other
from app.web.state import deps, reader

_PART = 2000
_HEAD = ("concentrator", "meter_address", "area", "state", "front_end", "online_since", "heard_at", "meters")


async def show_front_ends(request: Request, desk: Desk) -> Response:
    """GET /console/frontends?state=&name=&after=&last="""
    known, wanted = deps(request), _wanted(request)
    async with known.begin() as db:
        sums = await status.sums(db)
        front_ends = await status.front_ends(db, known.now())
        found = await status.terminals(db, wanted)
    context = {
        "sums": sums,
        "front_ends": front_ends,
        "found": found,
        "wanted": wanted,
        "more": found[-1].concentrator if len(found) == status.PAGE else None,
        "standings": tuple(Standing),
    }
    return console_page(request, "devices/frontends.html", context, desk=desk)


async def terminals_csv(request: Request, desk: Desk) -> Response:
    """GET /console/frontends.csv?state=&name="""
    known, wanted = deps(request), _wanted(request)
    async with known.begin() as db:
        listing.note_export(db, request, desk.officer.id)
    return listing.csv_file(listing.stamped("concentrators", known.now()), _rows(request, wanted))


async def _rows(request: Request, wanted: Wanted) -> listing.Rows:
    known, words = deps(request), Terms(reader(request))
    yield [[words("column", code) for code in _HEAD]]
    wanted = replace(wanted, after=None)
    while True:
        async with known.begin() as db:
            part = await status.terminals(db, wanted, _PART)
        if part:
            last = part[-1].concentrator
            wanted = replace(wanted, after=(last.name, last.id))
            yield [_cells(each, request, words) for each in part]
        if len(part) < _PART:
            return


def _cells(each: TerminalLine, request: Request, words: Terms) -> list[listing.Cell]:
    row, fmt = each.concentrator, format_for(request, deps(request).settings)
    return [
        row.name,
        f"{row.host}:{row.port}" if row.host else f"{row.region}-{row.terminal:05d}",
        each.area,
        words("link", each.standing),
        row.front_end or "",
        fmt.full(row.online_since) if row.online_since else "",
        fmt.full(row.heard_at) if row.heard_at else "",
        each.meters,
    ]


def _wanted(request: Request) -> Wanted:
    state, last = query(request, "state"), id_or_none(query(request, "last"))
    after: tuple[str, UUID] | None = (query(request, "after"), last) if last else None
    return Wanted(Standing(state) if state in tuple(Standing) else None, query(request, "name")[:60], after)


async def enable(request: Request, desk: Desk) -> Response:
    """POST /console/concentrators/{id}/enable: expect it, or no longer."""
    known, wanted = deps(request), (await fields(request)).get("act", "")
    if wanted not in ("on", "off"):
        raise HTTPException(HTTPStatus.BAD_REQUEST)
    concentrator_id = id_in_path(request, "concentrator_id")
    async with known.begin() as db:
        await status.enable(db, concentrator_id, desk.officer.id, known.now(), on=wanted == "on")
    return see_other(f"/console/concentrators/{concentrator_id}")
