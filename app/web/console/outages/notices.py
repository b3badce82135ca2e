"""The list of notices, and writing a new one: choose an area, fill in, look at it, publish (SPEC N-6)."""

from collections.abc import Mapping
from http import HTTPStatus
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from app.domain.announcement import AnnouncementKind
from app.domain.outage_notice import Fault, WhyOut, Window, is_short, lead_time
from app.domain.rules import OutageRules
from app.services import grid, outages
from app.services.announcements import Draft
from app.services.outage_desk import PAGE, When, count_notices, list_notices
from app.services.outages import NoticeRefused
from app.services.rulebook import rules
from app.web.console.outages import typed as forms
from app.web.console.outages.preview import previews
from app.web.console.outages.typed import EVERYWHERE, Typed
from app.web.console.pages import Desk, console_page
from app.web.forms import fields, query
from app.web.pages import see_other
from app.web.state import deps

_DIGITS = 6
_SEARCH = 60


def skipped(request: Request) -> int:
    """How many lines lie on earlier pages."""
    text = query(request, "skip")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else 0


def uuid_or_none(text: str) -> UUID | None:
    """An id as it was typed or linked; what cannot be one is none."""
    try:
        return UUID(text)
    except ValueError:
        return None


async def show_notices(request: Request, desk: Desk) -> Response:
    """GET /console/outages?when=ahead&skip=50."""
    known, asked = deps(request), query(request, "when")
    when = When(asked) if asked in tuple(When) else When.NOW
    async with known.begin() as db:
        lines = await list_notices(db, when, skipped(request), known.now())
        counts = await count_notices(db, known.now())
    context = {"lines": lines[:PAGE], "more": len(lines) > PAGE, "when": when, "counts": counts}
    context |= {"skip": skipped(request), "page_size": PAGE}
    return console_page(request, "outages/list.html", context, desk=desk)


async def choose_area(request: Request, desk: Desk) -> Response:
    """GET /console/outages/new?open=<node>&q=<words>: the grid tree, opened as far as somebody clicked."""
    opened, words = uuid_or_none(query(request, "open")), query(request, "q").strip()[:_SEARCH]
    async with deps(request).begin() as db:
        branches = await (grid.search(db, words) if words else grid.tree(db, opened))
        everywhere = await grid.size_below(db, None)
    context = {"branches": branches, "words": words, "everywhere": everywhere, "most": grid.MOST_FOUND}
    return console_page(request, "outages/area.html", context, desk=desk)


async def show_form(request: Request, desk: Desk) -> Response:
    """GET /console/outages/write?node=<id or all>&kind=planned: an empty form."""
    known, node, kind = deps(request), query(request, "node"), query(request, "kind")
    async with known.begin() as db:
        ruling = await rules(db, OutageRules)
        if not await _known(db, node):
            return see_other("/console/outages/new")
        blank = forms.begun(node, kind, ruling, known.now().astimezone(_zone(request)))
        return await _form(db, request, desk, blank)


async def write_notice(request: Request, desk: Desk) -> Response:
    """POST /console/outages/write: `act` look (shows it as people will read it), change (back to the form), publish."""
    sent = await fields(request)
    known, form = deps(request), forms.typed(sent)
    draft, found = forms.read(form, _zone(request))
    async with known.begin() as db:
        if draft is not None:
            found = {**await outages.look_over(db, draft, known.now()), **found}
        if draft is None or found or sent.get("act") == "change":
            return await _form(db, request, desk, form, {} if sent.get("act") == "change" else found)
        if sent.get("act") != "publish":
            return await _look(db, request, desk, form, draft)
    return await _publish(request, desk, form, draft)


async def _publish(request: Request, desk: Desk, form: Typed, draft: Draft) -> Response:
    known = deps(request)
    try:
        async with known.begin() as db:
            row = await outages.tell(db, draft, desk.officer.id, known.now())
    except NoticeRefused as refused:
        async with known.begin() as db:
            return await _form(db, request, desk, form, refused.faults)
    await known.bell.ring_quietly()
    return see_other(f"/console/outages/{row.id}")


async def _form(
    db: AsyncSession, request: Request, desk: Desk, form: Typed, found: Mapping[str, Fault] | None = None
) -> Response:
    context = await _place(db, form) | {"form": form, "faults": found or {}, "kinds": AnnouncementKind, "whys": WhyOut}
    ruling = await rules(db, OutageRules)
    context |= {"leads": {kind: lead_time(kind, ruling) for kind in AnnouncementKind}}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if found else HTTPStatus.OK
    return console_page(request, "outages/form.html", context, desk=desk, status=status)


async def _look(db: AsyncSession, request: Request, desk: Desk, form: Typed, draft: Draft) -> Response:
    known = deps(request)
    context = await _place(db, form)
    area = context["path"]
    name = str(area[-1]) if isinstance(area, tuple) and area else ""
    shown = await previews(db, draft, name, known.settings, known.now())
    window = Window(draft.kind, draft.from_at, draft.until_at)
    late = is_short(window, await rules(db, OutageRules), known.now())
    context |= {"form": form, "draft": draft, "shown": shown, "late": late}
    return console_page(request, "outages/look.html", context, desk=desk)


async def _place(db: AsyncSession, form: Typed) -> dict[str, object]:
    """Where it is for: the names from the root down, and what hangs below."""
    node_id = uuid_or_none(form.node)
    path = await grid.name_of(db, node_id) if node_id else ()
    size = await grid.size_below(db, node_id) if node_id or form.node == EVERYWHERE else grid.Size(0, 0, 0)
    return {"path": path, "size": size}


async def _known(db: AsyncSession, node: str) -> bool:
    node_id = uuid_or_none(node)
    return node == EVERYWHERE or (node_id is not None and bool(await grid.name_of(db, node_id)))


def _zone(request: Request) -> ZoneInfo:
    return ZoneInfo(deps(request).settings.timezone)
