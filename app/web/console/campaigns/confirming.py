"""The last look before a bulk send begins: how many, what it costs, when; and its beginning."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain import campaign as life
from app.domain.campaign import Bar, CampaignState, CannotAct
from app.models import Campaign
from app.services.campaigns import acts, words
from app.services.campaigns.acts import Go
from app.web.console.campaigns.writing import id_in_path
from app.web.console.pages import Desk, console_page
from app.web.forms import fields
from app.web.pages import see_other
from app.web.state import deps

_MOST_HOURS = 24 * 14


class _Wrong(Exception):
    """A field of the last page that cannot be read. `code` says what to do."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class _When:
    starts_at: datetime | None
    expires_at: datetime | None


async def show_confirm(request: Request, desk: Desk) -> Response:
    """GET /console/campaigns/{id}/confirm."""
    return await _show(request, desk)


async def _show(request: Request, desk: Desk, wrong: str = "", typed: Mapping[str, str] | None = None) -> Response:
    known, campaign_id = deps(request), id_in_path(request)
    async with known.begin() as db:
        row = await db.get(Campaign, campaign_id)
        if row is None:
            raise HTTPException(404)
        if row.state != CampaignState.DRAFT:
            return see_other(f"/console/campaigns/{row.id}")
        parts = await words.estimate(db, row, known.settings)
    context = {"row": row, "parts": parts, "wrong": wrong, "form": typed or {}, "second_look": life.SECOND_LOOK_FROM}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return console_page(request, "campaigns/confirm.html", context, desk=desk, status=status)


async def start(request: Request, desk: Desk) -> Response:
    """POST /console/campaigns/{id}/start: let it go as it was shown, or say why not."""
    known, campaign_id, form = deps(request), id_in_path(request), await fields(request)
    try:
        count = _count(form)
        when = _when(form, ZoneInfo(known.settings.timezone), known.now())
        async with known.begin() as db:
            if await db.get(Campaign, campaign_id) is None:
                raise HTTPException(404)
            go = Go(count, when.starts_at, when.expires_at, desk.officer.id)
            await acts.start(db, campaign_id, go, known.now())
    except _Wrong as wrong:
        return await _show(request, desk, wrong.code, form)
    except CannotAct as refused:
        return await _show(request, desk, refused.bar, form)
    await known.bell.ring_quietly()
    return see_other(f"/console/campaigns/{campaign_id}")


def _count(form: Mapping[str, str]) -> int:
    """The number of recipients that was shown; typed in by hand where it is a large one."""
    shown = form.get("recipients", "")
    if not (shown.isascii() and shown.isdecimal() and len(shown) <= 9):
        raise _Wrong(Bar.NOT_SEEN)
    if int(shown) >= life.SECOND_LOOK_FROM and form.get("again", "").strip().replace(",", "") != shown:
        raise _Wrong("campaign_type_number")
    return int(shown)


def _when(form: Mapping[str, str], zone: ZoneInfo, now: datetime) -> _When:
    typed, hours = form.get("starts", "").strip(), form.get("hours", "").strip()
    starts: datetime | None = None
    if typed:
        try:
            starts = datetime.fromisoformat(typed).replace(tzinfo=zone).astimezone(now.tzinfo)
        except (ValueError, OverflowError):
            raise _Wrong("campaign_time_bad") from None
        if starts < now - timedelta(minutes=5):
            raise _Wrong("campaign_time_past")
    if not (hours.isascii() and hours.isdecimal() and len(hours) <= 3 and 0 < int(hours) <= _MOST_HOURS):
        raise _Wrong("campaign_hours_bad")
    return _When(starts, max(starts or now, now) + timedelta(hours=int(hours)))
