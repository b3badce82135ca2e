"""The list of reviews, one review, and its settling."""

from http import HTTPStatus
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.review import ReviewAct, ReviewKind
from app.domain.settling import Bar, CannotSettle
from app.services.docket import PAGE, Wanted, list_reviews, view_review
from app.services.settle import Decision, settle
from app.web.console.pages import Desk, console_page
from app.web.forms import fields, query
from app.web.pages import see_other
from app.web.state import deps

_DIGITS = 6


async def show_reviews(request: Request, desk: Desk) -> Response:
    """GET /console/reviews?state=settled&kind=...&skip=..."""
    wanted = _wanted(request)
    async with deps(request).begin() as db:
        docket = await list_reviews(db, wanted)
    context = {"docket": docket, "wanted": wanted, "page_size": PAGE}
    return console_page(request, "reviews.html", context, desk=desk)


def _wanted(request: Request) -> Wanted:
    kind, skip = query(request, "kind"), query(request, "skip")
    return Wanted(
        settled=query(request, "state") == "settled",
        kind=ReviewKind(kind) if kind in tuple(ReviewKind) else None,
        skip=int(skip) if skip.isascii() and skip.isdecimal() and len(skip) <= _DIGITS else 0,
    )


async def show_review(request: Request, desk: Desk) -> Response:
    """GET /console/reviews/{id}."""
    return await _show(request, desk)


async def settle_review(request: Request, desk: Desk) -> Response:
    """POST /console/reviews/{id}: decide, ring, and show what has become of it."""
    form = await fields(request)
    known, remark = deps(request), form.get("remark", "")
    try:
        act = _act(form.get("act", ""))
        decision = Decision(_review_id(request), act, remark, desk.officer.id, form.get("meter", ""))
        async with known.begin() as db:
            if await view_review(db, decision.review_id) is None:
                raise HTTPException(404)
            await settle(db, decision, known.now())
    except CannotSettle as refused:
        return await _show(request, desk, refused=refused.bar, remark=remark)
    await known.bell.ring_quietly()
    return see_other(f"/console/reviews/{decision.review_id}")


async def _show(request: Request, desk: Desk, *, refused: Bar | None = None, remark: str = "") -> Response:
    async with deps(request).begin() as db:
        view = await view_review(db, _review_id(request))
    if view is None:
        raise HTTPException(404)
    context = {"view": view, "refused": refused, "remark": remark}
    status = HTTPStatus.CONFLICT if refused else HTTPStatus.OK
    return console_page(request, "review.html", context, desk=desk, status=status)


def _act(word: str) -> ReviewAct:
    if word not in tuple(ReviewAct):
        raise CannotSettle(Bar.ACT_NOT_ALLOWED)
    return ReviewAct(word)


def _review_id(request: Request) -> UUID:
    found = request.path_params["review_id"]
    if not isinstance(found, UUID):
        raise HTTPException(404)
    return found
