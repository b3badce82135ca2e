"""Operations on devices: the list of them, one as it goes on, pausing and stopping it, and its results as a file."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.operation import (
    TRAITS,
    CannotOperate,
    DeviceItemState,
    OperationKind,
    OperationState,
)
from app.models import Audit, Operation, OperationItem
from app.services.devices.frames import Whose
from app.services.operations import acts, views
from app.services.operations.views import ItemLine, Listing, Wanted
from app.web.console import listing
from app.web.console.devices.figures import figures
from app.web.console.devices.one import id_in_path, sayings, show_frames
from app.web.console.pages import Desk, console_page
from app.web.console.terms import Terms
from app.web.forms import fields, query
from app.web.pages import format_for, see_other
from app.web.state import deps, reader

PATH = "/console/operations"
Act = Callable[[AsyncSession, UUID, UUID, datetime], Awaitable[None]]
_ACTS: dict[str, Act] = {"pause": acts.pause, "resume": acts.resume, "stop": acts.stop, "force": acts.force}
_GOES_ON = (OperationState.PLANNING, OperationState.SCHEDULED, OperationState.RUNNING)
_PART = 2000
_DIGITS = 9
_HEAD = ("meter", "concentrator", "state", "reason", "tries", "began", "ended", "said")


async def show_operations(request: Request, desk: Desk) -> Response:
    """GET /console/operations?state=&kind=&mine=&skip=: the newest first."""
    state, kind, mine = query(request, "state"), query(request, "kind"), query(request, "mine") == "yes"
    skip = _number(query(request, "skip"))
    wanted = Listing(
        kinds=(OperationKind(kind),) if kind in tuple(OperationKind) else (),
        states=(OperationState(state),) if state in tuple(OperationState) else (),
        staff_id=desk.officer.id if mine else None,
    )
    async with deps(request).begin() as db:
        lines, more = await views.list_operations(db, wanted, skip)
    context = {"lines": lines, "more": more, "skip": skip, "page_size": views.PAGE, "wanted": wanted, "mine": mine}
    context |= {"kinds": tuple(OperationKind), "states": tuple(OperationState)}
    return console_page(request, "devices/operations.html", context, desk=desk)


async def show_operation(request: Request, desk: Desk) -> Response:
    """GET /console/operations/{id}?state=&code=&after=: how it stands, and its devices."""
    return await _show(request, desk)


async def _show(request: Request, desk: Desk, barred: str = "") -> Response:
    known, operation_id = deps(request), id_in_path(request, "operation_id")
    wanted = _wanted(request)
    async with known.begin() as db:
        seen = await views.progress(db, operation_id, known.now())
        items = await views.items(db, operation_id, wanted) if seen else []
    if seen is None:
        raise HTTPException(404)
    counts = seen.line.counts
    waits = counts.get(DeviceItemState.WAITING, 0) + counts.get(DeviceItemState.UNDER_WAY, 0)
    goes_on = OperationState(seen.operation.state) in _GOES_ON
    context = {
        "seen": seen,
        "items": items,
        "wanted": wanted,
        "states": tuple(DeviceItemState),
        "more": len(items) == views.ITEMS,
        "live": goes_on or (waits > 0 and counts.get(DeviceItemState.UNDER_WAY, 0) > 0),
        "barred": barred,
        "said": sayings(request),
        "may_act": desk.officer.may(seen.traits.permission),
        "may_force": seen.operation.made_by != desk.officer.id,
    }
    status = HTTPStatus.CONFLICT if barred else HTTPStatus.OK
    return console_page(request, "devices/operation.html", context, desk=desk, status=status)


async def act(request: Request, desk: Desk) -> Response:
    """POST /console/operations/{id}/act: pause, resume, stop, or as the second person let it through."""
    known, operation_id = deps(request), id_in_path(request, "operation_id")
    wanted = (await fields(request)).get("act", "")
    if wanted not in _ACTS:
        raise HTTPException(HTTPStatus.BAD_REQUEST)
    try:
        async with known.begin() as db:
            row = await db.get_one(Operation, operation_id)
            if not desk.officer.may(TRAITS[OperationKind(row.kind)].permission):
                raise HTTPException(HTTPStatus.FORBIDDEN)
            await _ACTS[wanted](db, operation_id, desk.officer.id, known.now())
    except CannotOperate as refused:
        return await _show(request, desk, refused.code)
    await known.bell.ring_quietly()
    return see_other(f"{PATH}/{operation_id}")


async def show_item_frames(request: Request, desk: Desk) -> Response:
    """GET /console/operations/{id}/items/{item_id}: the frames of one device of it, in words."""
    async with deps(request).begin() as db:
        item = await db.get_one(OperationItem, id_in_path(request, "item_id"))
        operation = await db.get_one(Operation, item.operation_id)
    words = Terms(reader(request))
    return await show_frames(
        request, desk, Whose(item_id=item.id), (words("op", operation.kind), f"{PATH}/{operation.id}")
    )


async def results_csv(request: Request, desk: Desk) -> Response:
    """GET /console/operations/{id}/results.csv?state=&code=: what became of each device."""
    name = await _on_record(request, desk, "csv")
    return listing.csv_file(name, _rows(request))


async def results_xlsx(request: Request, desk: Desk) -> Response:
    """GET /console/operations/{id}/results.xlsx: the same as a spreadsheet."""
    name = await _on_record(request, desk, "xlsx")
    return await listing.xlsx_file(name, _rows(request))


async def _on_record(request: Request, desk: Desk, ending: str) -> str:
    known = deps(request)
    async with known.begin() as db:
        row = await db.get_one(Operation, id_in_path(request, "operation_id"))
        detail: dict[str, str | int | None] = {"format": ending, "rows": row.item_count}
        db.add(Audit(staff_id=desk.officer.id, act="operation_exported", subject_id=row.id, detail=detail,
                     at=known.now()))  # fmt: skip
    return listing.stamped("operation", known.now())


async def _rows(request: Request) -> listing.Rows:
    known, operation_id, first = deps(request), id_in_path(request, "operation_id"), _wanted(request)
    words = Terms(reader(request))
    yield [[words("column", code) for code in _HEAD]]
    after = 0
    while True:
        async with known.begin() as db:
            part = await views.items(db, operation_id, Wanted(first.states, first.code, after), _PART)
        if part:
            after = part[-1].item.place
            yield [_cells(each, request, words) for each in part]
        if len(part) < _PART:
            return


def _cells(each: ItemLine, request: Request, words: Terms) -> list[listing.Cell]:
    item, fmt = each.item, format_for(request, deps(request).settings)
    said = "; ".join(f"{fact.label}: {fact.text}" for fact in figures(item.values, fmt, words))
    return [
        each.meter_number,
        each.concentrator,
        words("device_item", item.state),
        words.why(item.code) if item.code else "",
        item.tries,
        fmt.full(item.began_at) if item.began_at else "",
        fmt.full(item.ended_at) if item.ended_at else "",
        said,
    ]


def _wanted(request: Request) -> Wanted:
    state = query(request, "state")
    states = (DeviceItemState(state),) if state in tuple(DeviceItemState) else ()
    return Wanted(states, query(request, "code")[:80], _number(query(request, "after")))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _DIGITS else 0
