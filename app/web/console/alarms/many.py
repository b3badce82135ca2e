"""Levels for many accounts in the console: asked for, looked at, applied as they were looked at."""

from http import HTTPStatus
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.context import Deps
from app.domain.alarm import AlertUnit
from app.domain.level_change import PERIODS, ChangeKind, ChangeState, Kept
from app.models import Audit, LevelChange, LevelChangeItem
from app.services import customer_page
from app.services.levels import changes, changes_list, policies
from app.services.levels.changes import ChangeError
from app.services.levels.changes_list import ItemSort, Look
from app.services.levels.wish import from_json
from app.web.console import listing
from app.web.console.alarms.policies import PATH
from app.web.console.alarms.typed import MOST_ROWS, Typed, read_change
from app.web.console.pages import Desk, console_page
from app.web.console.terms import Terms
from app.web.format import Format
from app.web.forms import fields, query
from app.web.pages import format_for, see_other
from app.web.state import deps, reader

PAGE = 50
_PART = 2_000
_LEAST_DEPTHS = 3
_START = {"kind": "use", "days": "30", "days_1": "7", "days_2": "3", "least_1": "20", "least_2": "5"}


async def show_form(request: Request, desk: Desk) -> Response:
    """GET /console/alarms/many: whom, and what is set."""
    return await _form(request, desk, Typed(_START))


async def draft(request: Request, desk: Desk) -> Response:
    """POST /console/alarms/many: work out what it would come to; nothing is set yet."""
    known, typed = deps(request), Typed(await fields(request))
    wish = read_change(typed, await _depths(request))
    if typed.faults:
        return await _form(request, desk, typed)
    async with known.begin() as db:
        change = await changes.begin(db, wish, desk.officer.id, known.now())
    await known.bell.ring_quietly()
    return see_other(f"{PATH}/changes/{change.id}")


async def _depths(request: Request) -> int:
    async with deps(request).begin() as db:
        found = await policies.listed(db)
    return min(max([_LEAST_DEPTHS, *(len(each.policy.levels) for each in found)]), MOST_ROWS)


async def _form(request: Request, desk: Desk, typed: Typed) -> Response:
    async with deps(request).begin() as db:
        areas, known = await customer_page.areas(db), await policies.listed(db)
    context = {
        "given": typed.form,
        "faults": typed.faults,
        "areas": areas,
        "policies": known,
        "depths": await _depths(request),
        "units": tuple(AlertUnit),
        "periods": PERIODS,
        "kinds": tuple(ChangeKind),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if typed.faults else HTTPStatus.OK
    return console_page(request, "alarms/many.html", context, desk=desk, status=status)


async def show_change(request: Request, desk: Desk) -> Response:
    """GET /console/alarms/changes/{id}?sort=...&kept=...&skip=...: what it comes to, account by account."""
    return await _show(request, desk)


async def _show(request: Request, desk: Desk, wrong: str = "") -> Response:
    change = await _change(request)
    look = _asked(request)
    async with deps(request).begin() as db:
        found = await changes_list.items(db, change.id, look)
        counts, known = await changes.count(db, change.id), await policies.listed(db)
    context = {
        "change": change,
        "wish": from_json(change.wanted),
        "counts": counts,
        "items": found[:PAGE],
        "more": len(found) > PAGE,
        "start": look.start,
        "page_size": PAGE,
        "sort": look.sort,
        "sorts": tuple(ItemSort),
        "kept": look.kept,
        "names": {each.id: each.name for each in known},
        "moving": change.state in (ChangeState.DRAFTING, ChangeState.APPLYING),
        "wrong": wrong,
    }
    status = HTTPStatus.CONFLICT if wrong else HTTPStatus.OK
    return console_page(request, "alarms/change.html", context, desk=desk, status=status)


def _asked(request: Request) -> Look:
    sort, kept, skip = query(request, "sort"), query(request, "kept"), query(request, "skip")
    return Look(
        ItemSort(sort) if sort in tuple(ItemSort) else ItemSort.MOST,
        kept if kept in tuple(Kept) else None,
        int(skip) if skip.isascii() and skip.isdecimal() and len(skip) <= 7 else 0,
        PAGE + 1,
    )


async def _change(request: Request) -> LevelChange:
    async with deps(request).begin() as db:
        found = await db.get(LevelChange, request.path_params["change_id"])
    if found is None:
        raise HTTPException(404)
    return found


async def act(request: Request, desk: Desk) -> Response:
    """POST /console/alarms/changes/{id}: apply what was looked at, or stop."""
    known, form, change = deps(request), await fields(request), await _change(request)
    try:
        async with known.begin() as db:
            if form.get("act") == "apply":
                await changes.apply(db, change.id, desk.officer.id, known.now())
            elif form.get("act") == "stop":
                await changes.stop(db, change.id, desk.officer.id, known.now())
    except ChangeError as error:
        return await _show(request, desk, error.code)
    await known.bell.ring_quietly()
    return see_other(f"{PATH}/changes/{change.id}")


_HEAD = ("account", "average", "old", "new", "kept", "depth_before", "depth_after")


async def export(request: Request, desk: Desk) -> Response:
    """GET /console/alarms/changes/{id}.csv: every account of it."""
    known, change = deps(request), await _change(request)
    fmt, words = format_for(request, known.settings), Terms(reader(request))
    async with known.begin() as db:
        db.add(Audit(staff_id=desk.officer.id, act="levels_exported", subject_id=change.id, at=known.now()))
    return listing.csv_file(listing.stamped("alarm-levels", known.now()), _rows(known, change.id, fmt, words))


async def _rows(known: Deps, change_id: UUID, fmt: Format, words: Terms) -> listing.Rows:
    yield [[words("level_column", code) for code in _HEAD]]
    after = ""
    while True:
        async with known.begin() as db:
            part = await changes_list.items_after(db, change_id, after, _PART)
        if part:
            after = part[-1].number
            yield [_cells(item, fmt, words) for item in part]
        if len(part) < _PART:
            return


def _cells(item: LevelChangeItem, fmt: Format, words: Terms) -> list[listing.Cell]:
    def figures(known: list[int | None]) -> str:
        return " / ".join("-" if each is None else fmt.plain(each) for each in known)

    return [
        item.number,
        "" if item.average_minor is None else fmt.plain(item.average_minor),
        figures(item.olds),
        figures(item.news),
        words("level_kept", item.kept) if item.kept else "",
        item.depth_before,
        item.depth_after,
    ]
