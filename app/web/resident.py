"""Who is signed in to the portal, and who is sent to the sign-in page first."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import wraps
from http import HTTPStatus
from urllib.parse import urlencode

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from app.i18n import locale_or_none
from app.models import Resident
from app.services import residents
from app.services.residents import Me
from app.web.cookies import cookie
from app.web.locale import PARAMETER as LANGUAGE
from app.web.look import LARGE, TYPE, chosen_type, is_large
from app.web.pages import see_other
from app.web.state import carry, deps, reader

SIGN_IN = "/sign-in"
MINE = "/my"
_LONGEST_NEXT = 300
_KEPT_S = 400 * 86400  # as long as browsers keep any cookie: when a session is over, its row says
_MARK = "resident"
_JUST_NOW = timedelta(minutes=1)

ResidentPage = Callable[[Request, Me], Awaitable[Response]]
Page = Callable[[Request], Awaitable[Response]]


async def signed_in(request: Request) -> Me | None:
    """Who is signed in; None for a guest. Asked once a request. Their language and type size are those of the page."""
    if not hasattr(request.state, _MARK):
        setattr(request.state, _MARK, await _look_up(request))
    me: Me | None = getattr(request.state, _MARK)
    return me


async def _look_up(request: Request) -> Me | None:
    known, secret = deps(request), came_with(request)
    if not secret:
        return None
    async with known.begin() as db:
        me = await residents.resident_of(db, secret, known.now())
        if me is None:
            return None
        locale = locale_or_none(request.query_params.get(LANGUAGE)) or me.locale
        chosen = chosen_type(request)
        large = me.large_type if chosen is None else chosen
        if (locale, large) != (me.locale, me.large_type):
            await residents.prefer(db, me.id, locale, large_type=large)
    carry(request.scope, locale=locale, **({} if is_large(request) == large else {TYPE: LARGE if large else ""}))
    return Me(me.id, me.phone, reader(request), large)


def must_sign_in(route: ResidentPage) -> Page:
    """Wrap `route(request, me)`: guests go to the sign-in page, which leads them back here. Nothing of it is cached."""

    @wraps(route)
    async def guarded(request: Request) -> Response:
        me = await signed_in(request)
        answer = await route(request, me) if me else _to_sign_in(request)
        answer.headers["cache-control"] = "no-store"
        return answer

    return guarded


def _to_sign_in(request: Request) -> Response:
    place = sign_in_path(request)
    if request.headers.get("hx-request") == "true":  # a part of a page cannot become the sign-in page
        return Response(status_code=HTTPStatus.NO_CONTENT, headers={"hx-redirect": place})
    return see_other(place)


def sign_in_path(request: Request) -> str:
    """The sign-in page that leads back to this one; after a form whose session had ended, to my meters."""
    if request.method != "GET":
        return SIGN_IN
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return f"{SIGN_IN}?{urlencode({'next': wanted})}" if len(wanted) <= _LONGEST_NEXT else SIGN_IN


def place_after_sign_in(wanted: str) -> str:
    """Where to go after signing in: a page of our own, whatever was asked for."""
    inside = wanted.startswith("/") and not wanted.startswith(("//", SIGN_IN)) and "\\" not in wanted
    return wanted if inside and wanted.isprintable() and wanted.isascii() and len(wanted) <= _LONGEST_NEXT else MINE


def came_with(request: Request) -> str:
    """The session secret that this browser came with, or nothing: pass it on as `before` when somebody signs in."""
    return request.cookies.get(_cookie_name(request), "")


def keep_session(request: Request, answer: Response, secret: str) -> None:
    """Give the browser this session; an empty secret takes it away."""
    name, https = _cookie_name(request), _https(request)
    line = cookie(name, secret, https=https, max_age_s=_KEPT_S if secret else 0)
    answer.headers.append("set-cookie", line)
    answer.headers["cache-control"] = "no-store"


async def keep_look(request: Request, db: AsyncSession, who: Resident) -> None:
    """Somebody who has just signed in for the first time goes on with language and type as they were."""
    if deps(request).now() - who.created_at < _JUST_NOW:
        await residents.prefer(db, who.id, reader(request), large_type=is_large(request))


def _cookie_name(request: Request) -> str:
    """The prefix keeps other hosts of a domain from setting it (RFC 6265bis, 4.1.3.2); it needs https."""
    return "__Host-resident" if _https(request) else "resident"


def _https(request: Request) -> bool:
    return deps(request).settings.public_url.startswith("https:")
