"""Pages. A page is one template; what htmx replaces is a block of it, rendered alone."""

from functools import cache
from http import HTTPStatus
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2_fragments import render_block
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse

from app.i18n import Locale, translations
from app.services.brake import Hold, Unresolved
from app.settings import Settings
from app.web.assets import asset_url
from app.web.browser import in_wechat
from app.web.format import Format
from app.web.locale import PARAMETER
from app.web.look import SIZES, TYPE, type_size
from app.web.state import csrf_token, deps, nonce, reader
from app.web.words import sentence

CSRF_FIELD = "csrf"
FOLDER = Path(__file__).resolve().parent / "templates"
STOP_POLLING = 286


@cache
def environment(locale: Locale) -> Environment:
    """Templates that speak `locale`. Everything is escaped, and a name that is not there is an error."""
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    words = translations(locale)
    made.install_gettext_translations(words, newstyle=True)  # type: ignore[attr-defined]  # what the extension adds
    made.filters["story_path"] = story_path
    made.globals.update(
        in_wechat=in_wechat, asset=asset_url, csrf_field=_csrf_field, say=lambda code: words.gettext(sentence(code))
    )
    return made


def story_path(unresolved: Unresolved) -> str:
    """Where the story of money under way is told."""
    place = "purchases" if unresolved.hold is Hold.ON_ITS_WAY else "payments"
    return f"/{place}/{unresolved.ref}"


def _csrf_field(token: str) -> Markup:
    """What every form that changes something carries. A macro would not be there when a block is rendered alone."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, token)


def format_for(request: Request, settings: Settings) -> Format:
    """Formats in the reader's language."""
    return Format(reader(request), ZoneInfo(settings.timezone), settings.currency)


def page(
    request: Request, template: str, context: dict[str, object], *, block: str | None = None, status: int = 200
) -> HTMLResponse:
    """Render `template` for the reader, or, where htmx asks, only its `block`.

    Status 286 tells htmx to stop polling; to a browser that loads the whole page it is said as 200.
    """
    made = environment(reader(request))
    given = _common(request) | context
    partly = block is not None and request.headers.get("hx-request") == "true"
    if partly and block is not None:
        text = render_block(made, template, block, given)
    else:
        text = made.get_template(template).render(given)
    headers = {"vary": "hx-request, cookie, accept-language"}
    return HTMLResponse(text, HTTPStatus.OK if status == STOP_POLLING and not partly else status, headers)


def _common(request: Request) -> dict[str, object]:
    known = deps(request)
    return {
        "request": request,
        "locale": reader(request),
        "nonce": nonce(request),
        "csrf": csrf_token(request),
        "fmt": format_for(request, known.settings),
        "now": known.now(),
        "settings": known.settings,
        "in_language": _in_language(request),
        "type_size": type_size(request),
        "in_type": _in_type(request),
    }


def _in_language(request: Request) -> dict[str, str]:
    """This page's own address in each language, for the switch."""
    return {other: "?" + request.url.include_query_params(**{PARAMETER: other.value}).query for other in Locale}


def _in_type(request: Request) -> dict[str, str]:
    """This page's own address in each size of type, for the switch."""
    return {size: "?" + request.url.include_query_params(**{TYPE: size}).query for size in SIZES}


def see_other(path: str) -> RedirectResponse:
    """After a form: look there. Only places of our own, whatever `path` was made of."""
    if not path.startswith("/") or path.startswith(("//", "/\\")):
        raise ValueError("not a path of ours")
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)
