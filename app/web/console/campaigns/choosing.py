"""Who a bulk send is for: ticked rows, everybody that a question finds, a file; and taking some out again."""

import asyncio
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.campaign import CannotAct
from app.models import Campaign
from app.services.campaigns import drafts, files, recipients
from app.services.campaigns.recipients import FileRefused
from app.services.customer_filter import TooManyTerms
from app.services.customers import PAGE
from app.web.console.campaigns.writing import id_in_path, show_draft
from app.web.console.customers.asked import TYPED, read
from app.web.console.pages import Desk
from app.web.forms import LONGEST_FIELD
from app.web.pages import format_for, see_other
from app.web.state import deps

_FIELDS = 12
_CUSTOMERS = "/console/customers"


async def pick(request: Request, desk: Desk) -> Response:
    """POST /console/campaigns/picks: add ticked meters, or everybody found, to one's draft; a new one if there is none.

    Ticked ones: back to the list, where more can be ticked. Everybody: a draft of its own, which is opened.
    """
    form = await request.form(max_files=0, max_fields=PAGE + _FIELDS)
    back = str(form.get("back", ""))[:LONGEST_FIELD]
    known, picked = deps(request), [found for found in map(_id, form.getlist("pick")) if found is not None]
    try:
        async with known.begin() as db:
            if form.get("act") == "all":
                row = await _all_found(db, request, desk, back)
                return see_other(f"/console/campaigns/{row.id}")
            if picked:
                draft = await drafts.latest_draft(db, desk.officer.id) or await _new(db, request, desk)
                await drafts.add_picked(db, draft.id, picked)
    except (CannotAct, TooManyTerms) as error:
        raise HTTPException(HTTPStatus.CONFLICT) from error
    return see_other(f"{_CUSTOMERS}?{urlencode(parse_qsl(back, max_num_fields=50))}" if back else _CUSTOMERS)


async def _all_found(db: AsyncSession, request: Request, desk: Desk, back: str) -> Campaign:
    typed = dict(parse_qsl(back, max_num_fields=50))
    asked = read({name: typed.get(name, "") for name in TYPED})
    if asked.wrong:
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY)
    row = await _new(db, request, desk)
    await drafts.add_found(db, row.id, asked.wanted, deps(request).now())
    return row


async def _new(db: AsyncSession, request: Request, desk: Desk) -> Campaign:
    known = deps(request)
    fmt = format_for(request, known.settings)
    return await drafts.new(db, f"{desk.officer.name} {fmt.full(known.now())}", desk.officer.id, known.now())


def _id(text: object) -> UUID | None:
    try:
        return UUID(str(text))
    except ValueError:
        return None


async def take_file(request: Request, desk: Desk) -> Response:
    """POST /console/campaigns/{id}/file: read a recipient file into a draft; what is broken is listed line by line."""
    known, campaign_id = deps(request), id_in_path(request)
    async with request.form(max_files=1, max_fields=_FIELDS) as form:
        file = form.get("file")
        data = await file.read() if isinstance(file, UploadFile) else b""
    try:
        read_file = await asyncio.to_thread(recipients.read, data, known.settings.country)
        async with known.begin() as db:
            await files.take(db, campaign_id, read_file, desk.officer.id, known.now())
    except FileRefused as refused:
        return await show_draft(request, desk, file_wrong=refused.trouble)
    except CannotAct as refused:
        return await show_draft(request, desk, barred=refused.bar)
    return see_other(f"/console/campaigns/{campaign_id}")


async def take_out(request: Request, desk: Desk) -> Response:
    """POST /console/campaigns/{id}/take-out: ticked recipients are not meant."""
    known, campaign_id = deps(request), id_in_path(request)
    form = await request.form(max_files=0, max_fields=PAGE + _FIELDS)
    ticked = [found for found in map(_id, form.getlist("pick")) if found is not None]
    try:
        async with known.begin() as db:
            await drafts.take_out(db, campaign_id, ticked)
    except CannotAct as refused:
        return await show_draft(request, desk, barred=refused.bar)
    return see_other(f"/console/campaigns/{campaign_id}/recipients")
