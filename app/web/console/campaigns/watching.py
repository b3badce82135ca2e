"""Who sent what; one bulk send as it goes on; pausing, going on, stopping."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain import campaign as life
from app.domain.campaign import Bar, CampaignPurpose, CampaignState, CannotAct
from app.domain.roles import Permission
from app.models import Campaign
from app.services.campaigns import acts, views
from app.web.console.campaigns.writing import id_in_path, show_draft
from app.web.console.pages import Desk, console_page
from app.web.forms import fields, query
from app.web.pages import see_other
from app.web.state import deps

Act = Callable[[AsyncSession, UUID, UUID, datetime], Awaitable[None]]
_ACTS: dict[str, Act] = {"pause": acts.pause, "resume": acts.resume, "stop": acts.stop, "discard": acts.discard}
_DIGITS = 6
_GOES_ON = (CampaignState.SCHEDULED, CampaignState.RUNNING)


async def show_campaigns(request: Request, desk: Desk) -> Response:
    """GET /console/campaigns?purpose=...&skip=...: the newest first."""
    skip, purpose = query(request, "skip"), query(request, "purpose")
    past = int(skip) if skip.isascii() and skip.isdecimal() and len(skip) <= _DIGITS else 0
    wanted = CampaignPurpose(purpose) if purpose in tuple(CampaignPurpose) else None
    async with deps(request).begin() as db:
        lines, more = await views.list_campaigns(db, wanted, past)
    context = {"lines": lines, "more": more, "skip": past, "page_size": views.PAGE, "purpose": wanted}
    return console_page(request, "campaigns/list.html", context | {"purposes": tuple(CampaignPurpose)}, desk=desk)


async def show_campaign(request: Request, desk: Desk) -> Response:
    """GET /console/campaigns/{id}: a draft to be written, or how it stands."""
    return await _show(request, desk)


async def _show(request: Request, desk: Desk, barred: Bar | None = None) -> Response:
    async with deps(request).begin() as db:
        seen = await views.progress(db, id_in_path(request))
    if seen is None:
        raise HTTPException(404)
    state = CampaignState(seen.campaign.state)
    if state is CampaignState.DRAFT:
        return await show_draft(request, desk)
    unsent = seen.counts.messages - seen.counts.sent - seen.counts.failed - seen.counts.dropped
    context = {
        "seen": seen,
        "allowed": life.allowed(state) if state is not CampaignState.DONE or unsent > 0 else (),
        "live": state in _GOES_ON or (state is CampaignState.DONE and unsent > 0),
        "unsent": unsent,
        "barred": barred,
    }
    status = HTTPStatus.CONFLICT if barred else HTTPStatus.OK
    return console_page(request, "campaigns/one.html", context, desk=desk, status=status)


async def act(request: Request, desk: Desk) -> Response:
    """POST /console/campaigns/{id}/act: pause, resume, stop, discard."""
    known, campaign_id = deps(request), id_in_path(request)
    wanted = (await fields(request)).get("act", "")
    if wanted not in _ACTS:
        raise HTTPException(HTTPStatus.BAD_REQUEST)
    try:
        async with known.begin() as db:
            row = await db.get(Campaign, campaign_id)
            if row is None:
                raise HTTPException(404)
            if row.purpose == CampaignPurpose.OUTAGE and not desk.officer.may(Permission.TELL_OUTAGES):
                raise HTTPException(HTTPStatus.FORBIDDEN)
            await _ACTS[wanted](db, campaign_id, desk.officer.id, known.now())
    except CannotAct as refused:
        return await _show(request, desk, refused.bar)
    await known.bell.ring_quietly()
    return see_other("/console/campaigns" if wanted == "discard" else f"/console/campaigns/{campaign_id}")
