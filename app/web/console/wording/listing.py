"""Every kind in every language over every medium: which words speak, what waits, how many SMS they take."""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from app.domain.notice import MessageKind
from app.domain.segments import measure
from app.domain.template import TemplateState, media
from app.i18n import Locale
from app.models import TemplateVersion
from app.models.account import ChannelName
from app.services import templates
from app.services.wording import Source, Wording, render, shipped
from app.services.wording.samples import full
from app.settings import Settings
from app.web.console.pages import Desk, console_page
from app.web.state import deps

Live = Mapping[Wording, list[TemplateVersion]]


@dataclass(frozen=True, slots=True)
class Cell:
    """One wording. `number` 0: the shipped words; `segments` 0 where nothing is counted; `waits`: for approval."""

    wording: Wording
    number: int
    segments: int
    waits: bool
    drafted: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A kind in one language; a cell for each medium, None where the kind is not told over it."""

    kind: MessageKind
    locale: Locale
    cells: tuple[Cell | None, ...]


async def show_templates(request: Request, desk: Desk) -> Response:
    """GET /console/templates."""
    known = deps(request)
    async with known.begin() as db:
        live = await templates.live_versions(db)
    lines = [_line(kind, locale, live, known.settings) for kind in MessageKind for locale in Locale]
    waiting = [each for versions in live.values() for each in versions if each.state == TemplateState.ASKED]
    context = {"lines": lines, "channels": tuple(ChannelName), "waiting": waiting}
    return console_page(request, "wording/list.html", context, desk=desk)


def _line(kind: MessageKind, locale: Locale, live: Live, settings: Settings) -> Line:
    cells = [
        _cell(Wording(kind, locale, channel), live, settings) if channel in media(kind) else None
        for channel in ChannelName
    ]
    return Line(kind, locale, tuple(cells))


def _cell(wording: Wording, live: Live, settings: Settings) -> Cell:
    versions = live.get(wording, [])
    used = next((each for each in versions if each.state == TemplateState.IN_USE), None)
    states = {each.state for each in versions}
    return Cell(
        wording=wording,
        number=used.number if used else 0,
        segments=_segments(wording, Source(used.title, used.body) if used else shipped(wording), settings),
        waits=TemplateState.ASKED in states,
        drafted=TemplateState.DRAFT in states,
    )


def _segments(wording: Wording, source: Source, settings: Settings) -> int:
    if wording.channel is not ChannelName.SMS:
        return 0
    return measure(render(wording, full(wording.kind, wording.locale), settings, source).body).segments
