"""One wording: written, seen as it goes out, approved by another, and put back to the words that ship (SPEC N-4)."""

import re
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from http import HTTPStatus
from uuid import UUID

from sqlalchemy.exc import NoResultFound
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.notice import MessageKind
from app.domain.roles import Permission
from app.domain.rules import TemplateRules
from app.domain.template import TemplateState, media, variables
from app.i18n import Locale
from app.models import TemplateVersion
from app.models.account import ChannelName
from app.services import templates
from app.services.rulebook import rules
from app.services.templates import Codes, NotAllowed, Written
from app.services.wording import Source, Wording, shipped
from app.services.wording.check import BadWords, Fault, Finding
from app.web.console.pages import Desk, console_page
from app.web.console.wording.preview import show
from app.web.forms import fields, query
from app.web.pages import see_other
from app.web.state import deps

CODED = {ChannelName.SMS: "aliyun", ChannelName.WECHAT: "wechat"}
SAMPLES = {"aliyun": "SMS_123456789 meter balance", "wechat": "TEMPLATE_ID thing1=meter amount2=balance"}
"""Media whose provider may hold the words itself, under a code."""
_CODE = re.compile(r"[\w.=-]{1,80}")
_LONGEST_REMARK = 300


@dataclass(frozen=True, slots=True)
class Typed:
    """What stands in the form."""

    source: Source
    code: str = ""
    remark: str = ""
    account: str = ""


async def show_template(request: Request, desk: Desk) -> Response:
    """GET /console/templates/{kind}/{locale}/{channel}?version=...&account=..."""
    wording = _wording(request)
    async with deps(request).begin() as db:
        version = await _wanted(db, wording, query(request, "version"))
    typed = _of_version(version, wording) if version else Typed(shipped(wording))
    typed = replace(typed, account=_account(desk, query(request, "account")))
    return await _page(request, desk, View(wording, typed, version))


def _wording(request: Request) -> Wording:
    found = request.path_params
    try:
        kind, locale = MessageKind(found["kind"]), Locale(found["locale"])
        wording = Wording(kind, locale, ChannelName(found["channel"]))
    except ValueError:
        raise HTTPException(404) from None
    if wording.channel not in media(kind):
        raise HTTPException(404)
    return wording


async def _wanted(db: AsyncSession, wording: Wording, wanted: str) -> TemplateVersion | None:
    """The version asked for; else the newest that is not over; None: the shipped words."""
    if wanted == "0":
        return None
    past = [each.version for each in await templates.history(db, wording)]
    if wanted:
        found = next((each for each in past if str(each.id) == wanted), None)
        if found is None:
            raise HTTPException(404)
        return found
    over = (TemplateState.RETIRED, TemplateState.REFUSED)
    return next((each for each in past if each.state not in over), None)


def _of_version(version: TemplateVersion, wording: Wording) -> Typed:
    said = version.provider_codes.get(CODED.get(wording.channel, ""), "")
    code = said if isinstance(said, str) else " ".join(said)
    remark = version.remark if version.state == TemplateState.DRAFT else ""
    return Typed(Source(version.title, version.body), code, remark)


def _account(desk: Desk, typed: str) -> str:
    """Figures of a real account are for those who may see customers."""
    return typed if desk.officer.may(Permission.SEE_CUSTOMERS) else ""


@dataclass(frozen=True, slots=True)
class View:
    """What is looked at. `extra`: findings beside those of the words."""

    wording: Wording
    typed: Typed
    version: TemplateVersion | None = None
    extra: tuple[Finding, ...] = ()


async def _page(request: Request, desk: Desk, view: View, status: int = HTTPStatus.OK) -> Response:
    known, wording = deps(request), view.wording
    async with known.begin() as db:
        shown = await show(db, wording, view.typed.source, view.typed.account, known.settings)
        past = await templates.history(db, wording)
        held = await rules(db, TemplateRules)
    context = {
        "wording": wording,
        "draft": view.typed,
        "shown": shown,
        "findings": (*view.extra, *shown.findings),
        "past": past,
        "version": view.version,
        "media": [ChannelName(each) for each in media(wording.kind)],
        "locales": tuple(Locale),
        "coded": CODED.get(wording.channel, ""),
        "samples": SAMPLES,
        "rules": held,
        "unseen": _unseen,
        "path": _place(wording),
    }
    return console_page(request, "wording/template.html#shown", context, desk=desk, status=status)


def _unseen(character: str) -> str:
    """The name of a character that nobody sees on a screen, as in "U+00A0"; empty for those that are seen."""
    return f"U+{ord(character):04X}" if len(character) == 1 and not character.isprintable() else ""


def _typed(desk: Desk, form: Mapping[str, str]) -> Typed:
    body = form.get("body", "").replace("\r\n", "\n").strip()
    source = Source(" ".join(form.get("title", "").split()), body)
    code = " ".join(form.get("code", "").replace(",", " ").split())
    remark = form.get("remark", "").strip()[:_LONGEST_REMARK]
    return Typed(source, code, remark, _account(desk, form.get("account", "")))


async def write_template(request: Request, desk: Desk) -> Response:
    """POST: look at words as they are typed, or keep them as a draft."""
    wording, form = _wording(request), await fields(request)
    typed = _typed(desk, form)
    if form.get("act") != "save":
        return await _page(request, desk, View(wording, typed))
    if strange := _strange_code(wording, typed.code):
        return await _page(request, desk, View(wording, typed, extra=(strange,)), HTTPStatus.UNPROCESSABLE_ENTITY)
    known = deps(request)
    written = Written(wording, typed.source, _codes(wording, typed.code), typed.remark)
    try:
        async with known.begin() as db:
            version = await templates.write(db, written, desk.officer.id, known.settings, known.now())
            version_id = version.id
    except BadWords:
        return await _page(request, desk, View(wording, typed), HTTPStatus.UNPROCESSABLE_ENTITY)
    return see_other(_place(wording, version_id))


def _strange_code(wording: Wording, code: str) -> Finding | None:
    """A provider's code is a word of its own; what stands behind it must be variables that we know."""
    known = variables(wording.kind)
    for place, part in enumerate(code.split()):
        name = part.rpartition("=")[2]
        if not _CODE.fullmatch(part):
            return Finding("code", Fault.FORBIDDEN, part)
        if place and name not in known:
            near = get_close_matches(name, list(known), n=1, cutoff=0.5)
            return Finding("code", Fault.UNKNOWN, name, near[0] if near else "")
    return None


def _codes(wording: Wording, code: str) -> Codes:
    provider = CODED.get(wording.channel)
    return {provider: code.split()} if provider and code else {}


def _place(wording: Wording, version_id: UUID | None = None) -> str:
    place = f"/console/templates/{wording.kind}/{wording.locale}/{wording.channel}"
    return f"{place}?version={version_id}" if version_id else place


async def ask_for_approval(request: Request, desk: Desk) -> Response:
    """POST: hand a draft, or words that were in use before, to somebody who may approve."""
    known = deps(request)
    async with known.begin() as db:
        version = await _step(templates.ask(db, _version_id(request), desk.officer.id, known.now()))
        place = _place(templates.wording_of(version), version.id)
    return see_other(place)


async def decide(request: Request, desk: Desk) -> Response:
    """POST act=approve|refuse, with a remark; a refusal says why."""
    known, form = deps(request), await fields(request)
    remark = form.get("remark", "").strip()[:_LONGEST_REMARK]
    act = templates.approve if form.get("act") == "approve" else templates.refuse
    if act is templates.refuse and not remark:
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY)
    async with known.begin() as db:
        version = await _step(act(db, _version_id(request), desk.officer.id, remark, known.now()))
        place = _place(templates.wording_of(version), version.id)
    return see_other(place)


async def restore(request: Request, desk: Desk) -> Response:
    """POST: let the shipped words speak again."""
    known, wording = deps(request), _wording(request)
    async with known.begin() as db:
        await templates.restore_shipped(db, wording, desk.officer.id, known.now())
    return see_other(f"{_place(wording)}?version=0")


def _version_id(request: Request) -> UUID:
    found = request.path_params["version_id"]
    if not isinstance(found, UUID):
        raise HTTPException(404)
    return found


async def _step(taken: Awaitable[TemplateVersion]) -> TemplateVersion:
    """Take a step in a version's life; what cannot be taken (any more) is a conflict, and the page tells how it is."""
    try:
        return await taken
    except NoResultFound:
        raise HTTPException(404) from None
    except NotAllowed:
        raise HTTPException(HTTPStatus.CONFLICT) from None
