"""The files that are out, one of them with its orders, and its handing out and giving back."""

import asyncio
from http import HTTPStatus
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app import handheld_files as files
from app.domain.handheld import HandheldState, LineState
from app.domain.operation import TRAITS, OperationKind
from app.domain.roles import Permission
from app.models import HandheldFile
from app.services.handhelds import care, views, writing
from app.services.handhelds.making import CannotCarry
from app.services.handhelds.views import OrderLine
from app.web.console import listing
from app.web.console.devices.one import id_in_path
from app.web.console.pages import Desk, console_page
from app.web.console.terms import Terms
from app.web.forms import fields, query
from app.web.pages import format_for, see_other
from app.web.state import deps, reader

PATH = "/console/handhelds"
_PART = 2000
_DIGITS = 9
_HEAD = ("place", "meter", "order", "number", "amount", "not_after", "state", "reason", "ended")


async def show_handhelds(request: Request, desk: Desk) -> Response:
    """GET /console/handhelds?state=&skip=: the files, the newest first, and what came back last."""
    return await show_list(request, desk)


async def show_list(request: Request, desk: Desk, wrong: str = "", detail: str = "") -> Response:
    """The list; `wrong`: why a file of results could not be taken."""
    known, skip, state = deps(request), number(query(request, "skip")), query(request, "state")
    wanted = HandheldState(state) if state in tuple(HandheldState) else None
    async with known.begin() as db:
        found, more = await views.list_files(db, wanted, skip)
        returns = await views.latest_returns(db)
    context = {
        "found": found,
        "more": more,
        "skip": skip,
        "page_size": views.PAGE,
        "wanted": wanted,
        "states": tuple(HandheldState),
        "returns": returns,
        "now": known.now(),
        "wrong": wrong,
        "detail": detail,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return console_page(request, "handhelds/list.html", context, desk=desk, status=status)


async def show_file(request: Request, desk: Desk) -> Response:
    """GET /console/handhelds/{id}?after=: who has it, and its orders."""
    return await _show(request, desk)


async def _show(request: Request, desk: Desk, barred: str = "") -> Response:
    known, file_id = deps(request), id_in_path(request, "file_id")
    async with known.begin() as db:
        seen = await views.one(db, file_id)
        lines = await views.lines(db, file_id, number(query(request, "after")))
        tokens = await writing.carries_tokens(db, file_id)
    file = seen.line.file
    context = {
        "seen": seen,
        "file": file,
        "lines": lines,
        "states": tuple(LineState),
        "more": len(lines) == views.LINES,
        "overdue": seen.line.overdue(known.now()),
        "barred": barred,
        "may_hand_out": _may(desk, file) and not (tokens and not desk.officer.may(Permission.SEE_TOKENS)),
        "tokens": tokens,
    }
    status = HTTPStatus.CONFLICT if barred else HTTPStatus.OK
    return console_page(request, "handhelds/one.html", context, desk=desk, status=status)


def _may(desk: Desk, file: HandheldFile) -> bool:
    return desk.officer.may(TRAITS[OperationKind(file.kind)].permission)


async def hand_out(request: Request, desk: Desk) -> Response:
    """POST /console/handhelds/{id}/file: the file itself, for the hand-held; cuts in it are cleared anew."""
    known, file_id = deps(request), id_in_path(request, "file_id")
    await fields(request)
    try:
        async with known.begin() as db:
            file = await db.get_one(HandheldFile, file_id)
            if not _may(desk, file):
                raise HTTPException(HTTPStatus.FORBIDDEN)
            if await writing.carries_tokens(db, file_id) and not desk.officer.may(Permission.SEE_TOKENS):
                raise CannotCarry("see_tokens")
            package = await writing.hand_out(db, file_id, desk.officer.id, known.now())
    except CannotCarry as refused:
        return await _show(request, desk, refused.code)
    zone = ZoneInfo(known.settings.timezone)
    data = await asyncio.to_thread(files.write, package.orders, zone, known.now)
    headers = {"content-disposition": f'attachment; filename="{package.name}.DBF"'}
    return Response(data, media_type="application/octet-stream", headers=headers)


async def give_back(request: Request, desk: Desk) -> Response:
    """POST /console/handhelds/{id}/give-back: what no result came for is not going to be carried out."""
    known, file_id = deps(request), id_in_path(request, "file_id")
    remark = (await fields(request)).get("remark", "")
    try:
        async with known.begin() as db:
            await care.give_back(db, file_id, desk.officer.id, remark, known.now())
    except CannotCarry as refused:
        return await _show(request, desk, refused.code)
    await known.bell.ring_quietly()
    return see_other(f"{PATH}/{file_id}")


async def lines_csv(request: Request, desk: Desk) -> Response:
    """GET /console/handhelds/{id}/lines.csv: what became of each order. No token is in it."""
    known, file_id = deps(request), id_in_path(request, "file_id")
    async with known.begin() as db:
        file = await db.get_one(HandheldFile, file_id)
        listing.note_export(db, request, desk.officer.id, file.id, subject=file.ref)
    words = Terms(reader(request))

    async def rows() -> listing.Rows:
        yield [[words("column", code) for code in _HEAD]]
        after = 0
        while True:
            async with known.begin() as db:
                part = await views.lines(db, file_id, after, _PART)
            yield [_cells(each, file, request, words) for each in part]
            if len(part) < _PART:
                return
            after = part[-1].line.place

    return listing.csv_file(listing.stamped(f"handheld-{file.ref}", known.now()), rows())


def _cells(each: OrderLine, file: HandheldFile, request: Request, words: Terms) -> list[listing.Cell]:
    line, fmt = each.line, format_for(request, deps(request).settings)
    amount = each.credit_minor if each.credit_minor is not None else file.limit_minor
    return [
        line.place,
        each.meter_number,
        words("op", file.kind),
        line.number,
        float(fmt.plain(amount)) if amount is not None else None,
        fmt.full(line.not_after),
        words("carried", line.state),
        "; ".join(words.why(part) for part in line.trouble.split(",")) if line.trouble else "",
        fmt.full(line.ended_at) if line.ended_at else "",
    ]


def number(text: str) -> int:
    """A number in an address; nonsense is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else 0
