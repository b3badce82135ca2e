"""Files that change the archive: taken away, handed in again, looked at row by row, and applied."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Generic, TypeVar
from uuid import UUID

from sqlalchemy.exc import NoResultFound
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.archive_file import APPLIED, GOING, Finding
from app.domain.roles import Permission
from app.models import ArchiveRow
from app.services import customer_page
from app.services.archive import filing, sheet
from app.services.archive.filing import FileRefused, Handed, Subject
from app.services.archive.sheet import SheetRefused, W
from app.web.console import listing
from app.web.console.devices.one import id_in_path
from app.web.console.devices.tree import id_or_none
from app.web.console.pages import Desk, console_page
from app.web.console.terms import Terms
from app.web.forms import fields, query
from app.web.pages import see_other
from app.web.state import deps, reader

_FIELDS = 5
_PART = 2000
_LONGEST_FINDING = 40
_GOOD = (*GOING, *APPLIED, Finding.SAME)
_HEAD = ("row", "meter", "found", "before", "after")

T = TypeVar("T")
Next = Callable[[AsyncSession, T | None, UUID | None, int], Awaitable[Sequence[T]]]
"""Reads the next ones behind the last, below a place of the grid; so many at most."""


async def _nothing_more(request: Request, db: AsyncSession) -> Mapping[str, object]:
    return {}


@dataclass(frozen=True, slots=True)
class FilePages(Generic[W]):
    """The pages of one kind of file.

    `path`: of the list; `files`: of the files, each under its id. `words`: what a row's "before" and "after" say, in
    their order. `name`: of the files that are given out. `more`: what the list's template needs beside the files.
    """

    subject: Subject[W]
    path: str
    files: str
    list_template: str
    file_template: str
    words: tuple[str, ...]
    name: str
    more: Callable[[Request, AsyncSession], Awaitable[Mapping[str, object]]] = _nothing_more

    async def show_files(self, request: Request, desk: Desk) -> Response:
        """GET the list: what was handed in, and where to take the present state away."""
        return await self._show_list(request, desk)

    async def _show_list(self, request: Request, desk: Desk, wrong: str = "") -> Response:
        async with deps(request).begin() as db:
            found, areas = await filing.files(db, self.subject.kind), await customer_page.areas(db)
            context = dict(await self.more(request, db))
        context |= {"found": found, "areas": areas, "wrong": wrong, "columns": self.subject.layout.columns}
        context |= {"may_change": desk.officer.may(Permission.CHANGE_ARCHIVE), "pages": self}
        status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
        return console_page(request, self.list_template, context, desk=desk, status=status)

    async def take_in(self, request: Request, desk: Desk) -> Response:
        """POST a file to the list, judged and kept; nothing changes by it yet."""
        known = deps(request)
        async with request.form(max_files=1, max_fields=_FIELDS) as form:
            file = form.get("file")
            data = await file.read() if isinstance(file, UploadFile) else b""
            name = (file.filename or "").rpartition("/")[2] if isinstance(file, UploadFile) else ""
        if not data and not name:
            return await self._show_list(request, desk, "no_file")
        try:
            read = await asyncio.to_thread(sheet.read, data, self.subject.layout)
        except SheetRefused as refused:
            return await self._show_list(request, desk, refused.trouble.removeprefix("sheet_"))
        async with known.begin() as db:
            row = await filing.take(db, Handed(self.subject, _printable(name), read), desk.officer.id, known.now())
        return see_other(f"{self.files}/{row.id}")

    async def show_file(self, request: Request, desk: Desk) -> Response:
        """GET a file, ?finding=&after=: what it would do, or what became of it."""
        return await self._show_one(request, desk)

    async def _show_one(self, request: Request, desk: Desk, wrong: str = "") -> Response:
        file_id = id_in_path(request, "file_id")
        finding, after = query(request, "finding")[:_LONGEST_FINDING], _number(query(request, "after"))
        async with deps(request).begin() as db:
            try:
                line = await filing.one(db, self.subject.kind, file_id)
            except NoResultFound:
                raise HTTPException(404) from None
            counts = await filing.counts(db, file_id)
            rows = await filing.rows_of(db, file_id, finding, after)
        context = {
            "line": line, "counts": counts, "rows": rows, "finding": finding, "wrong": wrong, "good": _GOOD,
            "changes": self.changes, "more": len(rows) == filing.PAGE, "pages": self,
            "going": sum(counts.get(each, 0) for each in GOING), "done": any(counts.get(each) for each in APPLIED),
            "may_change": desk.officer.may(Permission.CHANGE_ARCHIVE),
        }  # fmt: skip
        status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
        return console_page(request, self.file_template, context, desk=desk, status=status)

    def changes(self, row: ArchiveRow) -> list[tuple[str, str, str]]:
        """What a row changes: the column, what was there, what comes; of something new what is not empty."""
        if not row.after:
            return []
        most = len(self.words) - 1
        before = row.before.split(" ", most) if row.before else [""] * len(self.words)
        pairs = zip(self.words, before, row.after.split(" ", most), strict=True)
        return [(column, was, will) for column, was, will in pairs if was != will]

    async def apply(self, request: Request, desk: Desk) -> Response:
        """POST to a file: do what it says."""
        known, file_id = deps(request), id_in_path(request, "file_id")
        form = await fields(request)
        if form.get("act") != "apply":
            raise HTTPException(HTTPStatus.BAD_REQUEST)
        try:
            async with known.begin() as db:
                await filing.apply(db, self.subject, file_id, desk.officer.id, known.now())
        except NoResultFound:
            raise HTTPException(404) from None
        except FileRefused as refused:
            return await self._show_one(request, desk, refused.code)
        return see_other(f"{self.files}/{file_id}")

    async def rows_csv(self, request: Request, desk: Desk) -> Response:
        """GET a file's rows.csv?finding=: what was made of each row, as a file."""
        known, file_id = deps(request), id_in_path(request, "file_id")
        finding = query(request, "finding")[:_LONGEST_FINDING]
        async with known.begin() as db:
            try:
                line = await filing.one(db, self.subject.kind, file_id)
            except NoResultFound:
                raise HTTPException(404) from None
            listing.note_export(db, request, desk.officer.id, file_id, subject=line.file.name)
        return listing.csv_file(listing.stamped(f"{self.name}-found", known.now()), _found(request, file_id, finding))

    async def give_out(self, request: Request, desk: Desk, rows: listing.Rows) -> Response:
        """A list that can be handed in again; that it was taken away is on record."""
        known = deps(request)
        async with known.begin() as db:
            listing.note_export(db, request, desk.officer.id)
        return listing.csv_file(listing.stamped(self.name, known.now()), rows)


async def in_parts(
    request: Request, head: Sequence[str], read: Next[T], cells: Callable[[T], Sequence[listing.Cell]]
) -> listing.Rows:
    """A list below ?node=, some thousand rows at a time."""
    node_id, last = id_or_none(query(request, "node")), None
    yield [head]
    while True:
        async with deps(request).begin() as db:
            part = await read(db, last, node_id, _PART)
        yield [cells(each) for each in part]
        if len(part) < _PART:
            return
        last = part[-1]


async def _found(request: Request, file_id: UUID, finding: str) -> listing.Rows:
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


def _printable(name: str) -> str:
    return "".join(each for each in name if each.isprintable())


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else 0
