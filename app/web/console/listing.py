"""Lists as files: CSV for every spreadsheet, XLSX for those who want it; streamed, and harmless when opened.

A cell that begins like a formula is text here: whoever chose a name or an address must not run anything on the desk of
whoever opens the list (OWASP, CSV injection).
"""

import asyncio
import csv
import io
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from uuid import UUID

import xlsxwriter
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from app.models import Audit
from app.web.state import deps

Cell = str | int | float | None
Rows = AsyncIterator[Sequence[Sequence[Cell]]]
"""Rows, some thousand at a time; the first is the head."""

BOM = "\ufeff"
MOST_XLSX = 200_000
_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_CHUNK = 256 * 1024
_LONGEST_QUESTION = 300


def note_export(
    db: AsyncSession, request: Request, staff_id: UUID, subject_id: UUID | None = None, **more: str | int | None
) -> None:
    """Whoever takes a list of devices away is on record, with what was asked for: the list, and how it was narrowed."""
    asked = f"{request.url.path.removeprefix('/console/')}?{request.url.query}".removesuffix("?")
    told: dict[str, str | int | None] = {"format": "csv", "asked": asked[:_LONGEST_QUESTION], **more}
    now = deps(request).now()
    db.add(Audit(staff_id=staff_id, act="devices_exported", subject_id=subject_id, detail=told, at=now))


def harmless(cell: Cell) -> Cell:
    """The cell as text where a spreadsheet would take it for a formula; numbers stay numbers."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_RISKY) else cell


def csv_file(name: str, rows: Rows) -> Response:
    """The rows as CSV (RFC 4180, UTF-8 with a BOM, which is how spreadsheets know it), as they are found."""
    return StreamingResponse(_csv(rows), media_type="text/csv; charset=utf-8", headers=_headers(name, "csv"))


async def _csv(rows: Rows) -> AsyncIterator[str]:
    yield BOM
    async for part in rows:
        written = io.StringIO()
        csv.writer(written).writerows([harmless(cell) for cell in row] for row in part)
        yield written.getvalue()


async def xlsx_file(name: str, rows: Rows) -> Response:
    """The rows as a spreadsheet, written row by row into a file and sent from there."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  (closed by the stream's end)
    book = xlsxwriter.Workbook(file, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet, at = book.add_worksheet(), 0
    async for part in rows:
        at = await asyncio.to_thread(_write, sheet.write_row, part, at)
    await asyncio.to_thread(book.close)
    file.seek(0)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return StreamingResponse(_chunks(file), media_type=kind, headers=_headers(name, "xlsx"))


def _write(write_row: Callable[[int, int, Sequence[Cell]], object], part: Sequence[Sequence[Cell]], at: int) -> int:
    for row in part:
        write_row(at, 0, row)
        at += 1
    return at


async def _chunks(file: "io.BufferedIOBase | tempfile._TemporaryFileWrapper[bytes]") -> AsyncIterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _headers(name: str, ending: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{name}.{ending}"', "cache-control": "no-store"}


def stamped(name: str, now: datetime) -> str:
    """A file name with the day: "customers-20260302"."""
    return f"{name}-{now:%Y%m%d}"
