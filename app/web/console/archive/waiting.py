"""Meters that their concentrators were not proved to have as they hang: what is not downloaded yet."""

from collections.abc import AsyncIterator
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from app.services import customer_page
from app.services.archive import holding
from app.services.archive.holding import NotHeld, Wanted
from app.web.console import listing
from app.web.console.devices.tree import id_or_none
from app.web.console.pages import Desk, console_page
from app.web.console.terms import Terms
from app.web.forms import query
from app.web.pages import format_for
from app.web.state import deps, reader

_PART = 2000
_HEAD = ("meter", "meter_address", "concentrator", "area", "link", "point", "held_at")


async def show_waiting(request: Request, desk: Desk) -> Response:
    """GET /console/archive?node=&at=&after="""
    wanted = _wanted(request)
    async with deps(request).begin() as db:
        areas = await customer_page.areas(db)
        found = await holding.not_held(db, wanted)
        total = await holding.count_not_held(db, replace(wanted, after=""))
    more = found[-1].number if len(found) == holding.PAGE else ""
    context = {"found": found, "wanted": wanted, "areas": areas, "more": more, "total": total}
    return console_page(request, "archive/waiting.html", context, desk=desk)


async def waiting_csv(request: Request, desk: Desk) -> Response:
    """GET /console/archive.csv?node=&at="""
    known = deps(request)
    async with known.begin() as db:
        listing.note_export(db, request, desk.officer.id)
    return listing.csv_file(listing.stamped("not-downloaded-yet", known.now()), _rows(request))


async def _rows(request: Request) -> listing.Rows:
    words, wanted = Terms(reader(request)), replace(_wanted(request), after="")
    yield [[words("column", code) for code in _HEAD]]
    async for part in _parts(request, wanted):
        yield [_cells(each, request, words) for each in part]


async def _parts(request: Request, wanted: Wanted) -> AsyncIterator[list[NotHeld]]:
    while True:
        async with deps(request).begin() as db:
            part = list(await holding.not_held(db, wanted, _PART))
        yield part
        if len(part) < _PART:
            return
        wanted = replace(wanted, after=part[-1].number)


def _cells(each: NotHeld, request: Request, words: Terms) -> list[listing.Cell]:
    fmt = format_for(request, deps(request).settings)
    return [
        each.number, each.address, each.concentrator, each.area,
        words("link", "online" if each.linked else "offline"), each.point,
        fmt.full(each.held_at) if each.held_at else "",
    ]  # fmt: skip


def _wanted(request: Request) -> Wanted:
    return Wanted(
        node_id=id_or_none(query(request, "node")),
        concentrator_id=id_or_none(query(request, "at")),
        after=query(request, "after")[:20],
    )
