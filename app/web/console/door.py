"""The console's door: who is signed in, and who is sent to the sign-in page first."""

from collections.abc import Awaitable, Callable
from functools import wraps
from http import HTTPStatus
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from app.domain.roles import Permission
from app.services.docket import count_open
from app.services.staff import officer_of
from app.web.console.pages import HOME, SIGN_IN, Desk, console_page, unkept
from app.web.pages import see_other
from app.web.state import deps

COOKIE = "staff"
_LONGEST_NEXT = 300

StaffPage = Callable[[Request, Desk], Awaitable[Response]]
Page = Callable[[Request], Awaitable[Response]]


def for_staff(route: StaffPage, needs: Permission) -> Page:
    """Let staff in whose roles allow it, and send strangers to the sign-in page, which leads them back here."""

    @wraps(route)
    async def guarded(request: Request) -> Response:
        desk = await _desk(request)
        if desk is None:
            return _to_sign_in(request)
        if not desk.officer.may(needs):
            return console_page(request, "forbidden.html", {"needs": needs}, desk=desk, status=HTTPStatus.FORBIDDEN)
        answer = await route(request, desk)
        unkept(answer)
        return answer

    return guarded


async def _desk(request: Request) -> Desk | None:
    known = deps(request)
    async with known.begin() as db:
        officer = await officer_of(db, request.cookies.get(COOKIE, ""), known.now())
        return Desk(officer, await count_open(db)) if officer else None


def _to_sign_in(request: Request) -> Response:
    """A form whose session has ended leads back to the page that it stood on."""
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    answer = see_other(f"{SIGN_IN}?{urlencode({'next': wanted})}" if len(wanted) <= _LONGEST_NEXT else SIGN_IN)
    unkept(answer)
    return answer


def place_after_sign_in(wanted: str) -> str:
    """Where to go after signing in: a page of the console, whatever was asked for."""
    inside = wanted.startswith("/console/") and wanted.isprintable() and "\\" not in wanted
    return wanted if inside and len(wanted) <= _LONGEST_NEXT and not wanted.startswith(SIGN_IN) else HOME
