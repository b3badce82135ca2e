"""One notice: its story, how far telling has come, who is still out; moved, restored, called off (SPEC N-6, M-8)."""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from uuid import UUID
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.campaign import CampaignAct, CampaignState, CannotAct, allowed
from app.domain.outage_notice import LONGEST_TEXT, Fault
from app.models import Announcement, Campaign
from app.services import outages
from app.services.announcements import Revision
from app.services.campaigns import acts
from app.services.outage_desk import story_of
from app.services.outages import NoticeRefused
from app.web.console.outages.typed import WrongTime, as_typed, local_time
from app.web.console.pages import Desk, console_page
from app.web.forms import fields, query
from app.web.pages import see_other
from app.web.state import deps

_SENDS = {CampaignAct.PAUSE.value: acts.pause, CampaignAct.RESUME.value: acts.resume, CampaignAct.STOP.value: acts.stop}
_ENDS = {"restore": outages.restore, "withdraw": outages.withdraw}


async def show_notice(request: Request, desk: Desk) -> Response:
    """GET /console/outages/{id}."""
    return await _show(request, desk)


async def _show(
    request: Request, desk: Desk, found: Mapping[str, Fault] | None = None, sent: Mapping[str, str] | None = None
) -> Response:
    known = deps(request)
    async with known.begin() as db:
        story = await story_of(db, _notice_id(request), known.now())
    if story is None:
        raise HTTPException(404)
    zone = ZoneInfo(known.settings.timezone)
    context: dict[str, object] = {
        "story": story,
        "faults": found or {},
        "until": as_typed(story.row.until_at, zone),
        "sent": sent or {},
    }
    context |= {"acts_of": _acts_of, "late": query(request, "late") == "1"}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if found else HTTPStatus.OK
    return console_page(request, "outages/notice.html", context, desk=desk, status=status)


def _acts_of(campaign: Campaign) -> list[str]:
    """What may be done to a step's telling now."""
    return [act for act in _SENDS if CampaignAct(act) in allowed(CampaignState(campaign.state))]


async def revise_notice(request: Request, desk: Desk) -> Response:
    """POST /console/outages/{id}/revise: move the expected end, say why; or only say what is new."""
    known, form, notice_id = deps(request), await fields(request), _notice_id(request)
    news, found = _revision(form, ZoneInfo(known.settings.timezone))
    if news is None:
        return await _show(request, desk, found, form)
    try:
        async with known.begin() as db:
            _exists(await db.get(Announcement, notice_id))
            done = await outages.revise(db, notice_id, news, desk.officer.id, known.now())
    except NoticeRefused as refused:
        return await _show(request, desk, refused.faults, form)
    return await _after(request, notice_id, done=done)


def _revision(form: Mapping[str, str], zone: ZoneInfo) -> tuple[Revision | None, dict[str, Fault]]:
    zh, en = form.get("text_zh", "").strip(), form.get("text_en", "").strip()
    found = {name: Fault.TOO_LONG for name, text in (("text_zh", zh), ("text_en", en)) if len(text) > LONGEST_TEXT}
    if bool(zh) != bool(en):
        found.setdefault("text_en" if zh else "text_zh", Fault.ONE_LANGUAGE)
    until: datetime | None = None
    try:
        until = local_time(form.get("until_at", ""), zone) if form.get("until_at") else None
    except WrongTime as wrong:
        found["until_at"] = wrong.fault
    return (None, found) if found else (Revision(until, zh, en), {})


async def end_notice(request: Request, desk: Desk) -> Response:
    """POST /console/outages/{id}/restore or .../withdraw."""
    known, notice_id, act = deps(request), _notice_id(request), str(request.path_params["act"])
    if act not in _ENDS:
        raise HTTPException(404)
    async with known.begin() as db:
        _exists(await db.get(Announcement, notice_id))
        done = await _ENDS[act](db, notice_id, desk.officer.id, known.now())
    return await _after(request, notice_id, done=done)


async def steer_send(request: Request, desk: Desk) -> Response:
    """POST /console/outages/{id}/sends/{campaign}/pause, resume or stop: one step's telling."""
    known, notice_id, act = deps(request), _notice_id(request), str(request.path_params["act"])
    campaign_id = request.path_params["campaign_id"]
    if act not in _SENDS:
        raise HTTPException(404)
    try:
        async with known.begin() as db:
            row = await db.get(Campaign, campaign_id)
            if row is None or row.announcement_id != notice_id:
                raise HTTPException(404)
            await _SENDS[act](db, campaign_id, desk.officer.id, known.now())
    except CannotAct:
        return see_other(f"/console/outages/{notice_id}?late=1")
    return await _after(request, notice_id, done=True)


def _exists(row: Announcement | None) -> None:
    if row is None:
        raise HTTPException(404)


async def _after(request: Request, notice_id: UUID, *, done: bool) -> Response:
    await deps(request).bell.ring_quietly()
    return see_other(f"/console/outages/{notice_id}" + ("" if done else "?late=1"))


def _notice_id(request: Request) -> UUID:
    found = request.path_params["notice_id"]
    if not isinstance(found, UUID):
        raise HTTPException(404)
    return found
