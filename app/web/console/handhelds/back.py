"""A hand-held is brought back: its file is taken in, and what is made of each row is shown as it goes on."""

import asyncio
from hashlib import sha256
from zoneinfo import ZoneInfo

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from app import handheld_files as files
from app.domain.handheld import DOUBTFUL
from app.models import HandheldReturn
from app.services.handhelds import returning, views
from app.services.handhelds.returning import MOST_ROWS, Handed
from app.services.handhelds.views import RowLine
from app.web.console import listing
from app.web.console.devices.one import id_in_path
from app.web.console.handhelds.one import PATH, number, show_list
from app.web.console.pages import Desk, console_page
from app.web.console.terms import Terms
from app.web.forms import query
from app.web.pages import format_for, see_other
from app.web.state import deps, reader

_FIELDS = 5
_PART = 2000
_LONGEST_FINDING = 40
_HEAD = ("row", "finding", "field", "file", "meter", "order", "said", "at", "balance", "count", "code")


async def bring_back(request: Request, desk: Desk) -> Response:
    """POST /console/handhelds/back: a file of results, checked and kept; what it means is made of it afterwards."""
    known = deps(request)
    async with request.form(max_files=1, max_fields=_FIELDS) as form:
        file = form.get("file")
        data = await file.read() if isinstance(file, UploadFile) else b""
        name = (file.filename or "").rpartition("/")[2] if isinstance(file, UploadFile) else ""
    if not data:
        return await show_list(request, desk, "no_file")
    try:
        rows = await asyncio.to_thread(files.read, data)
    except files.BadFile as bad:
        return await show_list(request, desk, "bad_file", str(bad))
    if len(rows) > MOST_ROWS:
        return await show_list(request, desk, "too_many_rows")
    codes = files.codes_in(rows)
    async with known.begin() as db:
        read = files.judge(rows, await returning.issued(db, codes), ZoneInfo(known.settings.timezone))
        handed = Handed(_printable(name), sha256(data).hexdigest(), tuple(codes), read, desk.officer.id)
        taken = await returning.take(db, handed, known.now())
    await known.bell.ring_quietly()
    return see_other(f"{PATH}/returns/{taken.id}")


def _printable(name: str) -> str:
    return "".join(each for each in name if each.isprintable())


async def show_return(request: Request, desk: Desk) -> Response:
    """GET /console/handhelds/returns/{id}?finding=&after=: what was made of each row."""
    known, return_id = deps(request), id_in_path(request, "return_id")
    finding, after = query(request, "finding")[:_LONGEST_FINDING], number(query(request, "after"))
    async with known.begin() as db:
        seen = await views.one_return(db, return_id)
        found = await views.rows(db, return_id, finding, after)
    context = {
        "seen": seen,
        "rows": found,
        "finding": finding,
        "doubtful": {each.value for each in DOUBTFUL},
        "more": len(found) == views.ROWS,
        "live": seen.returned.done_at is None,
    }
    return console_page(request, "handhelds/return.html", context, desk=desk)


async def rows_csv(request: Request, desk: Desk) -> Response:
    """GET /console/handhelds/returns/{id}/rows.csv?finding=: the same as a file."""
    known, return_id = deps(request), id_in_path(request, "return_id")
    finding = query(request, "finding")[:_LONGEST_FINDING]
    async with known.begin() as db:
        row = await db.get_one(HandheldReturn, return_id)
        listing.note_export(db, request, desk.officer.id, row.id, subject=row.name)
    words = Terms(reader(request))

    async def parts() -> listing.Rows:
        yield [[words("column", code) for code in _HEAD]]
        after = 0
        while True:
            async with known.begin() as db:
                part = await views.rows(db, return_id, finding, after, _PART)
            yield [_cells(each, request, words) for each in part]
            if len(part) < _PART:
                return
            after = part[-1].row.row

    return listing.csv_file(listing.stamped("handheld-results", known.now()), parts())


def _cells(each: RowLine, request: Request, words: Terms) -> list[listing.Cell]:
    row, fmt = each.row, format_for(request, deps(request).settings)
    return [
        row.row,
        words("finding", row.finding),
        row.field,
        each.file_ref,
        each.meter_number,
        words("op", each.kind) if each.kind else "",
        words("said", row.state) if row.state else "",
        fmt.full(row.at) if row.at else "",
        float(fmt.plain(row.balance_minor)) if row.balance_minor is not None else None,
        row.count,
        row.said_code,
    ]
