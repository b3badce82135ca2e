"""Writing a bulk send: its name, its words, and what they look like and cost."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain import campaign as life
from app.domain.campaign import Bar, CampaignState, CannotAct
from app.domain.money import AmountError, parse_balance
from app.domain.rules import NoticeRules, TemplateRules
from app.i18n import Locale
from app.models import Campaign, CampaignItem, Meter
from app.services.campaigns import drafts, files, words
from app.services.campaigns.acts import has_addresses
from app.services.campaigns.drafts import Text
from app.services.campaigns.recipients import FileTrouble
from app.services.rulebook import rules
from app.services.wording.check import Finding
from app.web.console.pages import Desk, console_page
from app.web.forms import fields, query
from app.web.pages import see_other
from app.web.state import deps

LONGEST_NAME = 80
_FAULTS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the fields of the words, and what is wrong with it."""

    given: Mapping[str, str]
    wrong: dict[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    def value(self, name: str) -> str:
        """What stands in a field."""
        return self.given.get(name, "")

    @property
    def good(self) -> bool:
        """May it be kept?"""
        return not self.wrong and not self.findings


def id_in_path(request: Request) -> UUID:
    """Which bulk send."""
    found = request.path_params["campaign_id"]
    if not isinstance(found, UUID):
        raise HTTPException(404)
    return found


async def show_new(request: Request, desk: Desk) -> Response:
    """GET /console/campaigns/new."""
    return console_page(request, "campaigns/new.html", {"wrong": ""}, desk=desk)


async def make_new(request: Request, desk: Desk) -> Response:
    """POST /console/campaigns/new: an empty draft with a name."""
    known, name = deps(request), (await fields(request)).get("name", "").strip()
    if not 0 < len(name) <= LONGEST_NAME:
        context = {"wrong": "name_bad"}
        return console_page(request, "campaigns/new.html", context, desk=desk, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    async with known.begin() as db:
        row = await drafts.new(db, name, desk.officer.id, known.now())
    return see_other(f"/console/campaigns/{row.id}")


async def save_words(request: Request, desk: Desk) -> Response:
    """POST /console/campaigns/{id}/words: keep name, words, reason and pace of a draft."""
    known, campaign_id, given = deps(request), id_in_path(request), await fields(request)
    try:
        async with known.begin() as db:
            limits, hours = await rules(db, TemplateRules), await rules(db, NoticeRules)
            typed, text = _read(given, hours)
            findings = words.check_texts(text.texts, limits, known.settings)
            typed = Typed(given, typed.wrong, findings)
            if typed.good:
                await drafts.reword(db, campaign_id, text)
    except CannotAct as refused:
        return await show_draft(request, desk, barred=refused.bar)
    if not typed.good:
        return await show_draft(request, desk, typed=typed)
    return see_other(f"/console/campaigns/{campaign_id}")


def _read(given: Mapping[str, str], hours: NoticeRules) -> tuple[Typed, Text]:
    wrong: dict[str, str] = {}
    name = given.get("name", "").strip()
    if not 0 < len(name) <= LONGEST_NAME:
        wrong["name"] = "name_bad"
    ceiling: int | None = None
    if given.get("ceiling", "").strip():
        try:
            ceiling = parse_balance(given["ceiling"])
        except AmountError as error:
            wrong["ceiling"] = error.code
    rate = given.get("rate", "").strip()
    pace = int(rate) if rate.isascii() and rate.isdecimal() and len(rate) <= 4 else 0
    if not 1 <= pace <= hours.rate_a_second:
        wrong["rate"] = "rate_bad"
    texts = {key: text for key in _TEXTS if (text := given.get(key, "").replace("\r\n", "\n").strip())}
    return Typed(given, wrong), Text(name, texts, ceiling, given.get("owing") == "yes", pace)


_TEXTS = tuple(f"{locale}{part}" for locale in Locale for part in ("", ".title"))


async def show_draft(
    request: Request,
    desk: Desk,
    *,
    typed: Typed | None = None,
    file_wrong: FileTrouble | None = None,
    barred: Bar | None = None,
) -> Response:
    """The page of a draft, with what was refused, if something was."""
    known, campaign_id = deps(request), id_in_path(request)
    async with known.begin() as db:
        row = await db.get(Campaign, campaign_id)
        if row is None:
            raise HTTPException(404)
        if row.state != CampaignState.DRAFT:
            return see_other(f"/console/campaigns/{row.id}") if barred is None else _gone(barred)
        context = await _facts(db, request, row)
    refused = typed is not None or file_wrong is not None or barred is not None
    context |= {"row": row, "form": typed or Typed(_kept(row)), "file_wrong": file_wrong, "barred": barred}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK
    return console_page(request, "campaigns/draft.html", context, desk=desk, status=status)


def _gone(barred: Bar) -> Response:
    raise HTTPException(HTTPStatus.CONFLICT, barred)


async def _facts(db: AsyncSession, request: Request, row: Campaign) -> dict[str, object]:
    known = deps(request)
    about = query(request, "about").strip()
    meter_id, unknown = await _about(db, row, about)
    faults = await files.faults_of(db, row.id, 0, _FAULTS_SHOWN + 1)
    return {
        "parts": await words.estimate(db, row, known.settings),
        "shown": await words.preview(db, row, meter_id, known.settings),
        "about": about,
        "about_unknown": unknown,
        "about_somebody": meter_id is not None,
        "faults": faults[:_FAULTS_SHOWN],
        "more_faults": len(faults) > _FAULTS_SHOWN,
        "limits": await rules(db, TemplateRules),
        "hours": await rules(db, NoticeRules),
        "needs_words": await has_addresses(db, row.id),
        "longest_free": words.LONGEST_FREE,
        "second_look": life.SECOND_LOOK_FROM,
    }


async def _about(db: AsyncSession, row: Campaign, number: str) -> tuple[UUID | None, bool]:
    """Whose facts the preview shows: the meter asked for, else the first recipient; and whether it is unknown."""
    if number:
        found = (await db.exec(select(Meter.id).where(Meter.number == number))).first()
        return found, found is None
    first = select(CampaignItem.meter_id).where(CampaignItem.campaign_id == row.id)
    return (await db.exec(first.order_by(col(CampaignItem.place)).limit(1))).first(), False


def _kept(row: Campaign) -> dict[str, str]:
    """The row as its fields show it."""
    ceiling = "" if row.ceiling_minor is None else f"{row.ceiling_minor / 100:.2f}"
    owing = "yes" if row.owing else ""
    return {"name": row.name, "ceiling": ceiling, "owing": owing, "rate": str(row.rate), **row.texts}
