"""How meters hang, as a file: taken away, handed in again, looked at row by row, and applied."""

import asyncio
from http import HTTPStatus
from uuid import UUID

from sqlalchemy.exc import NoResultFound
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.hanging_file import Finding, read_standing
from app.domain.roles import Permission
from app.models import HangingRow
from app.services import customer_page
from app.services.archive import bulk, filing, sheet
from app.services.archive.filing import FileRefused
from app.services.archive.sheet import COLUMNS, SheetRefused
from app.web.console import listing
from app.web.console.devices.one import id_in_path
from app.web.console.devices.tree import id_or_none
from app.web.console.pages import Desk, console_page
from app.web.console.terms import Terms
from app.web.forms import fields, query
from app.web.pages import see_other
from app.web.state import deps, reader

PATH = "/console/lines"
_FIELDS = 5
_PART = 2000
_LONGEST_FINDING = 40
_GOOD = (Finding.CHANGE, Finding.SAME, Finding.DONE)
_HEAD = ("row", "meter", "found", "before", "after")


async def show_files(request: Request, desk: Desk) -> Response:
    """GET /console/lines: what was handed in, and where to take the present state away."""
    return await _show_list(request, desk)


async def _show_list(request: Request, desk: Desk, wrong: str = "") -> Response:
    async with deps(request).begin() as db:
        found, areas = await filing.files(db), await customer_page.areas(db)
    context = {"found": found, "areas": areas, "wrong": wrong, "columns": COLUMNS}
    context |= {"may_change": desk.officer.may(Permission.CHANGE_ARCHIVE)}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return console_page(request, "archive/lines.html", context, desk=desk, status=status)


async def take_in(request: Request, desk: Desk) -> Response:
    """POST /console/lines: a file, judged and kept; nothing changes by it yet."""
    known = deps(request)
    async with request.form(max_files=1, max_fields=_FIELDS) as form:
        file = form.get("file")
        data = await file.read() if isinstance(file, UploadFile) else b""
        name = (file.filename or "").rpartition("/")[2] if isinstance(file, UploadFile) else ""
    if not data and not name:
        return await _show_list(request, desk, "no_file")
    try:
        read = await asyncio.to_thread(sheet.read, data)
    except SheetRefused as refused:
        return await _show_list(request, desk, refused.trouble.removeprefix("sheet_"))
    async with known.begin() as db:
        row = await filing.take(db, _printable(name), read, desk.officer.id, known.now())
    return see_other(f"{PATH}/{row.id}")


def _printable(name: str) -> str:
    return "".join(each for each in name if each.isprintable())


async def show_file(request: Request, desk: Desk) -> Response:
    """GET /console/lines/{id}?finding=&after=: what the file would change, or what became of it."""
    return await _show_one(request, desk)


async def _show_one(request: Request, desk: Desk, wrong: str = "") -> Response:
    file_id = id_in_path(request, "file_id")
    finding, after = query(request, "finding")[:_LONGEST_FINDING], _number(query(request, "after"))
    async with deps(request).begin() as db:
        try:
            line = await filing.one(db, file_id)
        except NoResultFound:
            raise HTTPException(404) from None
        counts = await filing.counts(db, file_id)
        rows = await filing.rows_of(db, file_id, finding, after)
    context = {
        "line": line, "counts": counts, "rows": rows, "finding": finding, "wrong": wrong, "good": _GOOD,
        "changes": changes, "more": len(rows) == filing.PAGE, "going": counts.get(Finding.CHANGE, 0),
        "may_change": desk.officer.may(Permission.CHANGE_ARCHIVE),
    }  # fmt: skip
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return console_page(request, "archive/line_file.html", context, desk=desk, status=status)


def changes(row: HangingRow) -> list[tuple[str, str, str]]:
    """What a row changes: the column, what was there, what comes."""
    if not row.before or not row.after:
        return []
    pairs = zip(bulk.WORDS, row.before.split(), row.after.split(), strict=True)
    return [(column, before, after) for column, before, after in pairs if before != after]


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else 0


async def apply(request: Request, desk: Desk) -> Response:
    """POST /console/lines/{id}: let the meters hang as the file says."""
    known, file_id = deps(request), id_in_path(request, "file_id")
    form = await fields(request)
    if form.get("act") != "apply":
        raise HTTPException(HTTPStatus.BAD_REQUEST)
    try:
        async with known.begin() as db:
            await filing.apply(db, file_id, desk.officer.id, known.now())
    except NoResultFound:
        raise HTTPException(404) from None
    except FileRefused as refused:
        return await _show_one(request, desk, refused.code)
    return see_other(f"{PATH}/{file_id}")


async def rows_csv(request: Request, desk: Desk) -> Response:
    """GET /console/lines/{id}/rows.csv?finding=: what was made of each row, as a file."""
    known, file_id = deps(request), id_in_path(request, "file_id")
    finding = query(request, "finding")[:_LONGEST_FINDING]
    async with known.begin() as db:
        try:
            line = await filing.one(db, file_id)
        except NoResultFound:
            raise HTTPException(404) from None
        listing.note_export(db, request, desk.officer.id, file_id, subject=line.file.name)
    return listing.csv_file(listing.stamped("how-meters-hang-found", known.now()), _rows(request, file_id, finding))


async def _rows(request: Request, file_id: UUID, finding: str) -> listing.Rows:
    words, after = Terms(reader(request)), 0
    yield [[words("column", code) for code in _HEAD]]
    while True:
        async with deps(request).begin() as db:
            part = await filing.rows_of(db, file_id, finding, after, _PART)
        yield [
            [each.row, each.number or each.value, words("filed", each.finding), each.before, each.after]
            for each in part
        ]
        if len(part) < _PART:
            return
        after = part[-1].row


async def lines_csv(request: Request, desk: Desk) -> Response:
    """GET /console/lines.csv?node=: how meters hang now, in the shape that can be handed in again."""
    known = deps(request)
    async with known.begin() as db:
        listing.note_export(db, request, desk.officer.id)
    return listing.csv_file(listing.stamped("how-meters-hang", known.now()), _lines(request))


async def _lines(request: Request) -> listing.Rows:
    node_id, after = id_or_none(query(request, "node")), ""
    yield [[*COLUMNS, "concentrator"]]
    while True:
        async with deps(request).begin() as db:
            part = await bulk.after_number(db, after, node_id, _PART)
        yield [[each.number, *_cells(each.standing.spelled), each.concentrator] for each in part]
        if len(part) < _PART:
            return
        after = part[-1].number


def _cells(spelled: str) -> list[listing.Cell]:
    found = read_standing("", spelled)
    h = found.hanging
    return [h.line.value, h.port, h.protocol.value, h.baud, h.collector, found.point]
