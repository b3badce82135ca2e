"""Commissioning: what waits, the runs, and one run meter by meter (SPEC H-13)."""

from collections.abc import Mapping
from http import HTTPStatus
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.commissioning import CannotCommission, Trial
from app.domain.money import AmountError, parse_balance
from app.domain.operation_arguments import LIMITS, Argument, BadArgument
from app.services import customer_page
from app.services.commissioning import beginning, views
from app.services.commissioning.beginning import Wish
from app.services.commissioning.views import TriedMeter
from app.services.customer_filter import CustomerFilter, TooManyTerms
from app.services.operations.whom import Whom
from app.web.console import listing
from app.web.console.devices.one import id_in_path
from app.web.console.devices.tree import id_or_none
from app.web.console.pages import Desk, console_page
from app.web.console.terms import Terms
from app.web.forms import fields, query
from app.web.pages import see_other
from app.web.state import deps, reader

PATH = "/console/commissioning"
_PART = 1000
_DIGITS = 6


async def show_runs(request: Request, desk: Desk) -> Response:
    """GET /console/commissioning?meter=&skip=: what waits, a form for a new run, and the runs."""
    return await _show(request, desk, {"meter": query(request, "meter")})


async def _show(request: Request, desk: Desk, typed: Mapping[str, str], bar: str = "") -> Response:
    skip = query(request, "skip")
    begins = int(skip) if skip.isascii() and skip.isdecimal() and len(skip) <= _DIGITS else 0
    async with deps(request).begin() as db:
        found = await views.runs(db, begins)
        waiting, areas = await views.untried(db), await customer_page.areas(db)
    context = {"found": found[: views.PAGE], "more": len(found) > views.PAGE, "skip": begins, "page_size": views.PAGE}
    context |= {"waiting": waiting, "areas": areas, "filled": dict(typed), "bar": bar, "limits": LIMITS}
    context["listed"] = views.LISTED
    status = HTTPStatus.UNPROCESSABLE_ENTITY if bar else HTTPStatus.OK
    return console_page(request, "swaps/commissioning.html", context, desk=desk, status=status)


async def begin(request: Request, desk: Desk) -> Response:
    """POST /console/commissioning: try those that are meant and wait."""
    known, typed = deps(request), await fields(request)
    try:
        wish = Wish(_whom(typed), desk.officer.id, _limits(typed))
        async with known.begin() as db:
            run = await beginning.begin(db, wish, known.now())
    except CannotCommission as refused:
        return await _show(request, desk, typed, refused.code)
    except (AmountError, BadArgument):
        return await _show(request, desk, typed, "argument_bad")
    except TooManyTerms:
        return await _show(request, desk, typed, "commissioning_too_many")
    await known.bell.ring_quietly()
    return see_other(f"{PATH}/{run.id}")


def _whom(typed: Mapping[str, str]) -> Whom:
    """Numbers, or an area; nothing typed is nobody."""
    numbers, node_id = typed.get("meter", "").strip(), id_or_none(typed.get("node", ""))
    if numbers:
        return Whom(wanted=CustomerFilter(meter=numbers.replace("\n", ","), node_id=node_id))
    return Whom(node_id=node_id)


def _limits(typed: Mapping[str, str]) -> dict[str, Argument]:
    given = {name: typed.get(f"arg_{name}", "").strip() for name in LIMITS}
    return {name: parse_balance(text) for name, text in given.items() if text}


async def show_run(request: Request, desk: Desk) -> Response:
    """GET /console/commissioning/{id}?after=: each meter with each trial."""
    return await _show_run(request, desk)


async def _show_run(request: Request, desk: Desk, bar: str = "") -> Response:
    run_id = id_in_path(request, "run_id")
    async with deps(request).begin() as db:
        line = await views.one(db, run_id)
        found = await views.meters(db, run_id, query(request, "after")[:12]) if line else []
    if line is None:
        raise HTTPException(404)
    more = found[-1].number if len(found) == views.LISTED else ""
    context = {"line": line, "found": found, "trials": tuple(Trial), "more": more, "bar": bar}
    context["live"] = line.run.ended_at is None
    status = HTTPStatus.CONFLICT if bar else HTTPStatus.OK
    return console_page(request, "swaps/run.html", context, desk=desk, status=status)


async def stop(request: Request, desk: Desk) -> Response:
    """POST /console/commissioning/{id}/stop."""
    known, run_id = deps(request), id_in_path(request, "run_id")
    try:
        async with known.begin() as db:
            if await views.one(db, run_id) is None:
                raise HTTPException(404)
            await beginning.stop(db, run_id, desk.officer.id, known.now())
    except CannotCommission as refused:
        return await _show_run(request, desk, refused.code)
    return see_other(f"{PATH}/{run_id}")


async def run_csv(request: Request, desk: Desk) -> Response:
    """GET /console/commissioning/{id}.csv: the outcome of every trial of every meter."""
    known, run_id = deps(request), id_in_path(request, "run_id")
    words = Terms(reader(request))
    async with known.begin() as db:
        if await views.one(db, run_id) is None:
            raise HTTPException(404)
        listing.note_export(db, request, desk.officer.id, run_id)
    return listing.csv_file(listing.stamped("commissioning", known.now()), _rows(request, run_id, words))


async def _rows(request: Request, run_id: UUID, words: Terms) -> listing.Rows:
    known = deps(request)
    head = [words("column", "meter"), words("column", "concentrator"), words("column", "outcome")]
    yield [[*head, *(words("trial", trial) for trial in Trial)]]
    after = ""
    while True:
        async with known.begin() as db:
            part = await views.meters(db, run_id, after, _PART)
        yield [_cells(each, words) for each in part]
        if len(part) < _PART:
            return
        after = part[-1].number


def _cells(each: TriedMeter, words: Terms) -> list[listing.Cell]:
    row = each.row
    said = []
    for trial in Trial:
        state, code = row.outcomes.get(trial), row.codes.get(trial)
        word = words("device_item", state) if state else ""
        said.append(f"{word}: {words.why(code)}" if code else word)
    return [each.number, each.concentrator, words("commissioning", row.state), *said]
