"""Meters without money and what stands against cutting each, and the questions that were asked (SPEC M-6)."""

import csv
import io
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from app.domain.bookmark import read_bookmark
from app.domain.cutting import Against
from app.models import Audit
from app.services.held_meters import PAGE, Held, all_held, held_meters, known_reason, list_inquiries
from app.web.console.outages.notices import skipped
from app.web.console.pages import Desk, console_page
from app.web.console.terms import Terms
from app.web.forms import query
from app.web.pages import format_for
from app.web.state import deps, reader

_BOM = "\ufeff"  # a spreadsheet takes the text for UTF-8


async def show_held(request: Request, desk: Desk) -> Response:
    """GET /console/cuts?reason=grace&after=...: those without money longest come first."""
    known, reason = deps(request), known_reason(query(request, "reason"))
    async with known.begin() as db:
        page = await held_meters(db, known.now(), reason=reason, after=read_bookmark(query(request, "after")))
    context = {"page": page, "reason": reason, "reasons": Against, "after": str(page.after or "")}
    return console_page(request, "outages/held.html", context, desk=desk)


async def export_held(request: Request, desk: Desk) -> Response:
    """GET /console/cuts/held.csv?reason=...: all of them, slice by slice."""
    known, reason = deps(request), known_reason(query(request, "reason"))
    async with known.begin() as db:
        detail: dict[str, str | int | None] = {"asked": reason}
        db.add(Audit(staff_id=desk.officer.id, act="held_cuts_exported", detail=detail, at=known.now()))
    headers = {"content-disposition": 'attachment; filename="meters-without-money.csv"'}
    return StreamingResponse(_lines(request, reason), media_type="text/csv; charset=utf-8", headers=headers)


async def _lines(request: Request, reason: str) -> AsyncIterator[str]:
    known, terms = deps(request), Terms(reader(request))
    yield _BOM + _csv(
        [terms("cut_column", name) for name in ("meter", "account", "area", "balance", "since", "against")]
    )
    async with known.begin() as db:
        async for held in all_held(db, known.now(), reason):
            yield _csv(_cells(request, held, terms))


def _cells(request: Request, held: Held, terms: Terms) -> list[str]:
    fmt = format_for(request, deps(request).settings)
    meter = held.meter
    return [
        meter.number,
        held.account_number,
        held.area,
        fmt.plain(meter.balance_minor) if meter.balance_minor is not None else "",
        fmt.full(meter.spent_since) if meter.spent_since else "",
        "; ".join(terms("cut", reason) for reason in held.verdict.reasons),
    ]


def _csv(cells: list[str]) -> str:
    """One line. What a spreadsheet would take for a formula is quoted as text; negative figures stay figures."""
    written = io.StringIO()
    csv.writer(written).writerow([_harmless(cell) for cell in cells])
    return written.getvalue()


def _harmless(cell: str) -> str:
    figure = cell.removeprefix("-").replace(".", "", 1).isdecimal()
    return cell if figure or not cell.startswith(("=", "+", "-", "@", "\t", "\r")) else f"'{cell}"


async def show_inquiries(request: Request, desk: Desk) -> Response:
    """GET /console/cuts/inquiries?meter=201...&skip=50: who asked, and what was answered."""
    known, number, skip = deps(request), query(request, "meter").strip(), skipped(request)
    async with known.begin() as db:
        rows = await list_inquiries(db, number, skip, PAGE + 1)
    context = {"rows": rows[:PAGE], "more": len(rows) > PAGE, "number": number, "skip": skip, "page_size": PAGE}
    return console_page(request, "outages/inquiries.html", context, desk=desk)
