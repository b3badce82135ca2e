"""What concentrators told (AFN 0E), as they told it: the list, and as a file."""

import json
from dataclasses import replace
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from app.domain.bookmark import Bookmark, read_bookmark
from app.models import Concentrator
from app.services import customer_page
from app.services.collection import event_log
from app.services.collection.event_log import EventLine, Wanted
from app.web.console import listing
from app.web.console.archive.words import CODES
from app.web.console.devices.tree import id_or_none
from app.web.console.pages import Desk, console_page
from app.web.console.terms import Terms
from app.web.forms import query
from app.web.pages import format_for
from app.web.state import deps, reader

PATH = "/console/terminal-events"
_PART = 2000
_HEAD = ("concentrator", "erc", "event", "point", "meter", "happened_at", "heard_at", "content")


async def show_told(request: Request, desk: Desk) -> Response:
    """GET /console/terminal-events?at=&node=&erc=&below="""
    wanted = _wanted(request)
    async with deps(request).begin() as db:
        areas = await customer_page.areas(db)
        found = await event_log.events(db, wanted)
        at = await db.get(Concentrator, wanted.concentrator_id) if wanted.concentrator_id else None
    more = ""
    if len(found) == event_log.PAGE:
        last = found[-1].event
        more = urlencode(_asked(request) | {"below": str(Bookmark(last.heard_at, last.id))})
    context = {"found": found, "wanted": wanted, "areas": areas, "at": at, "more": more, "spelled": spelled}
    context |= {"codes": CODES, "asked": urlencode(_asked(request))}
    return console_page(request, "archive/told.html", context, desk=desk)


def spelled(content: dict[str, object]) -> str:
    """The fields of an event on one line."""
    parts = ((name, value) for name, value in content.items() if name not in ("time", "at"))
    return " · ".join(f"{name} {_short(value)}" for name, value in parts if value is not None)


def _short(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


async def told_csv(request: Request, desk: Desk) -> Response:
    """GET /console/terminal-events.csv?at=&node=&erc="""
    known = deps(request)
    async with known.begin() as db:
        listing.note_export(db, request, desk.officer.id)
    return listing.csv_file(listing.stamped("terminal-events", known.now()), _rows(request))


async def _rows(request: Request) -> listing.Rows:
    words, wanted = Terms(reader(request)), replace(_wanted(request), below=None)
    yield [[words("column", code) for code in _HEAD]]
    while True:
        async with deps(request).begin() as db:
            part = list(await event_log.events(db, wanted, _PART))
        yield [_cells(each, request, words) for each in part]
        if len(part) < _PART:
            return
        last = part[-1].event
        wanted = replace(wanted, below=Bookmark(last.heard_at, last.id))


def _cells(each: EventLine, request: Request, words: Terms) -> list[listing.Cell]:
    fmt, event = format_for(request, deps(request).settings), each.event
    return [
        each.concentrator, event.erc, words("erc", event.erc), event.point, each.meter or "",
        fmt.full(event.at) if event.at else "", fmt.full(event.heard_at), spelled(event.content),
    ]  # fmt: skip


def _asked(request: Request) -> dict[str, str]:
    return {name: query(request, name) for name in ("at", "node", "erc") if query(request, name)}


def _wanted(request: Request) -> Wanted:
    erc = query(request, "erc")
    return Wanted(
        concentrator_id=id_or_none(query(request, "at")),
        node_id=id_or_none(query(request, "node")),
        erc=int(erc) if erc.isascii() and erc.isdecimal() and len(erc) <= 3 else None,
        below=read_bookmark(query(request, "below")),
    )
