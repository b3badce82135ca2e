"""Addresses that are left alone: the list, one more by hand, one taken off."""

import re
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from app.domain.masking import Mask
from app.domain.roles import Permission
from app.domain.suppression import SuppressionReason, SuppressionScope
from app.models import Audit
from app.models.account import ChannelName
from app.services import suppressions
from app.services.sign_in import PhoneError, read_phone
from app.services.suppressions import Entry, Search
from app.web.console.pages import Desk, console_page
from app.web.forms import fields, query
from app.web.pages import see_other
from app.web.state import deps

PAGE = 50
PATH = "/console/suppressions"
BY_HAND = (ChannelName.SMS, ChannelName.VOICE, ChannelName.EMAIL)
_LONGEST = 254
_MAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]+")
_DIGITS = 6


async def show_suppressions(request: Request, desk: Desk) -> Response:
    """GET /console/suppressions?q=...&scope=...&lifted=1&skip=..."""
    return await _list(request, desk)


async def _list(request: Request, desk: Desk, *, wrong: str = "", given: str = "") -> Response:
    wanted = _search(request, by_part=desk.officer.may(Permission.SEE_ADDRESSES))
    async with deps(request).begin() as db:
        found = await suppressions.search(db, wanted)
    context = {
        "found": found[:PAGE],
        "more": len(found) > PAGE,
        "wanted": wanted,
        "page_size": PAGE,
        "scopes": tuple(SuppressionScope),
        "channels": BY_HAND,
        "shown": Mask.of(desk.officer).reach,
        "wrong": wrong,
        "given": given,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return console_page(request, "messages/suppressions.html", context, desk=desk, status=status)


def _search(request: Request, *, by_part: bool) -> Search:
    scope, skip = query(request, "scope"), query(request, "skip")
    return Search(
        words=query(request, "q").strip()[:_LONGEST],
        by_part=by_part,
        scope=SuppressionScope(scope) if scope in tuple(SuppressionScope) else None,
        lifted=query(request, "lifted") == "1",
        start=int(skip) if skip.isascii() and skip.isdecimal() and len(skip) <= _DIGITS else 0,
        most=PAGE + 1,
    )


async def add_suppression(request: Request, desk: Desk) -> Response:
    """POST /console/suppressions: leave an address alone, with the reason that somebody gave."""
    known, form = deps(request), await fields(request)
    typed, remark = form.get("address", "").strip(), form.get("remark", "").strip()
    channel, scope = form.get("channel", ""), form.get("scope", "")
    if channel not in BY_HAND or scope not in tuple(SuppressionScope):
        return await _list(request, desk, wrong="suppression_incomplete", given=typed)
    address = _address(ChannelName(channel), typed, known.settings.country)
    if not address or not remark:
        return await _list(request, desk, wrong="remark_missing" if address else "address_bad", given=typed)
    entry = Entry(
        channel=ChannelName(channel),
        address=address,
        scope=SuppressionScope(scope),
        reason=SuppressionReason.STAFF,
        evidence=remark,
        staff_id=desk.officer.id,
    )
    async with known.begin() as db:
        added = await suppressions.add(db, entry, known.now())
        detail: dict[str, str | int | None] = {"channel": channel, "scope": scope, "remark": remark}
        if added:
            db.add(Audit(staff_id=desk.officer.id, act="suppression_added", detail=detail, at=known.now()))
    return see_other(PATH) if added else await _list(request, desk, wrong="suppression_known", given=typed)


def _address(channel: ChannelName, typed: str, country: str) -> str:
    """The address as messages name it; empty for what is none."""
    if channel is ChannelName.EMAIL:
        return typed if len(typed) <= _LONGEST and _MAIL.fullmatch(typed) else ""
    try:
        return read_phone(typed, country)
    except PhoneError:
        return ""


async def lift_suppression(request: Request, desk: Desk) -> Response:
    """POST /console/suppressions/{id}/lift: write there again."""
    known, found = deps(request), request.path_params["suppression_id"]
    async with known.begin() as db:
        if await suppressions.lift(db, found, desk.officer.id, known.now()):
            db.add(Audit(staff_id=desk.officer.id, act="suppression_lifted", subject_id=found, at=known.now()))
    return see_other(PATH)
