"""Reversals: asked for on the page of a sale, decided by a second person (SPEC B-4, M-12)."""

from http import HTTPStatus

from sqlmodel import select
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.reversing import CannotReverse, ReversalBar, ReversalState
from app.domain.roles import Permission
from app.models import Audit, Meter, Purchase
from app.services import reversals
from app.services.fees.whereabouts import in_ledger
from app.services.reversals import Decision, ReversalLine, Wish
from app.web.console import listing
from app.web.console.devices.one import id_in_path
from app.web.console.pages import Desk, console_page
from app.web.console.terms import Terms
from app.web.forms import fields, query, ref_in_path
from app.web.pages import format_for, see_other
from app.web.state import deps, reader

PATH = "/console/reversals"
_DIGITS = 6
_PART = 1000
_HEAD = (
    "purchase",
    "meter",
    "amount",
    "state",
    "reversal_way",
    "asked_at",
    "asked_by",
    "reason",
    "decided_at",
    "decided_by",
    "remark",
    "credit_note",
)


async def show_reversals(request: Request, desk: Desk) -> Response:
    """GET /console/reversals?state=decided&skip=: what waits for a second person, or was decided."""
    return await _list(request, desk)


async def _list(request: Request, desk: Desk, bar: ReversalBar | None = None) -> Response:
    waiting, typed = query(request, "state") != "decided", query(request, "skip")
    skip = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) <= _DIGITS else 0
    async with deps(request).begin() as db:
        found = await reversals.list_reversals(db, waiting=waiting, skip=skip)
    context = {"found": found[: reversals.PAGE], "more": len(found) > reversals.PAGE, "skip": skip, "bar": bar}
    context |= {"waiting": waiting, "page_size": reversals.PAGE, "may": desk.officer.may, "permissions": Permission}
    context |= {"overtaken": query(request, "said") == ReversalState.OVERTAKEN}
    status = HTTPStatus.CONFLICT if bar else HTTPStatus.OK
    return console_page(request, "swaps/reversals.html", context, desk=desk, status=status)


async def reversals_csv(request: Request, desk: Desk) -> Response:
    """GET /console/reversals.csv?state=decided: what waits, or everything that was decided."""
    known, waiting = deps(request), query(request, "state") != "decided"
    async with known.begin() as db:
        detail: dict[str, str | int | None] = {"format": "csv", "asked": "reversals"}
        db.add(Audit(staff_id=desk.officer.id, act="reversals_exported", detail=detail, at=known.now()))
    return listing.csv_file(listing.stamped("reversals", known.now()), _rows(request, waiting=waiting))


async def _rows(request: Request, *, waiting: bool) -> listing.Rows:
    words, skip = Terms(reader(request)), 0
    yield [[words("column", code) for code in _HEAD]]
    while True:
        async with deps(request).begin() as db:
            part = await reversals.list_reversals(db, waiting=waiting, skip=skip, most=_PART)
        yield [_cells(request, each, words) for each in part]
        if len(part) < _PART:
            return
        skip += _PART


def _cells(request: Request, each: ReversalLine, words: Terms) -> list[listing.Cell]:
    row, fmt = each.reversal, format_for(request, deps(request).settings)
    return [
        each.purchase.ref,
        each.meter.number,
        float(fmt.plain(row.amount_minor)),
        words("reversal", row.state),
        words("reversal_way", row.way),
        fmt.full(row.asked_at),
        each.asker,
        row.reason,
        fmt.full(row.decided_at) if row.decided_at else "",
        each.decider,
        row.remark or "",
        each.credit_note,
    ]


async def show_ask(request: Request, desk: Desk) -> Response:
    """GET /console/purchases/{ref}/reversal: what a reversal of this sale would do, or why there is none."""
    return await _form(request, desk)


async def _form(request: Request, desk: Desk, bar: ReversalBar | None = None, reason: str = "") -> Response:
    async with deps(request).begin() as db:
        purchase = (await db.exec(select(Purchase).where(Purchase.ref == ref_in_path(request)))).first()
        if purchase is None:
            raise HTTPException(404)
        way = await reversals.may_ask(db, purchase)
        meter = await db.get_one(Meter, purchase.meter_id)
        held = purchase.id in await in_ledger(db, [purchase.id])
    context: dict[str, object] = {
        "purchase": purchase,
        "in_ledger": held,
        "meter": meter,
        "way": way,
        "barred": isinstance(way, ReversalBar),
    }
    context |= {"bar": bar, "reason": reason}
    status = HTTPStatus.CONFLICT if bar else HTTPStatus.OK
    return console_page(request, "swaps/reversal.html", context, desk=desk, status=status)


async def ask(request: Request, desk: Desk) -> Response:
    """POST /console/purchases/{ref}/reversal."""
    known, form, ref = deps(request), await fields(request), ref_in_path(request)
    try:
        async with known.begin() as db:
            if (await db.exec(select(Purchase.id).where(Purchase.ref == ref))).first() is None:
                raise HTTPException(404)
            await reversals.ask(db, Wish(ref, form.get("reason", ""), desk.officer.id), known.now())
    except CannotReverse as refused:
        return await _form(request, desk, refused.bar, form.get("reason", ""))
    await known.bell.ring_quietly()
    return see_other(PATH)


async def decide(request: Request, desk: Desk) -> Response:
    """POST /console/reversals/{id}: approve or refuse."""
    known, form = deps(request), await fields(request)
    if form.get("act") not in ("approve", "refuse"):
        raise HTTPException(HTTPStatus.BAD_REQUEST)
    approve, remark = form["act"] == "approve", form.get("remark", "")
    decision = Decision(id_in_path(request, "reversal_id"), approve, remark, desk.officer.id)
    try:
        async with known.begin() as db:
            row = await reversals.decide(db, decision, known.now())
    except CannotReverse as refused:
        return await _list(request, desk, refused.bar)
    await known.bell.ring_quietly()
    return see_other(f"{PATH}?said={row.state}")
