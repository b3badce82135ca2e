"""The console's door: who is signed in, who is sent to sign in first, and who has to prove once more who they are."""

from collections.abc import Awaitable, Callable
from functools import wraps
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

from sqlalchemy.exc import NoResultFound
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.roles import Permission
from app.domain.rules import SendingRules
from app.services.docket import count_open
from app.services.rulebook import rules
from app.services.staff_sessions import half_open_of, officer_of
from app.web.console.pages import AGAIN, HOME, SECOND_STEP, SIGN_IN, Desk, console_page, unkept
from app.web.cookies import cookie
from app.web.pages import see_other
from app.web.state import deps

COOKIE = "staff"
_LONGEST_NEXT = 300

StaffPage = Callable[[Request, Desk], Awaitable[Response]]
Page = Callable[[Request], Awaitable[Response]]
NEEDS: dict[Page, Permission] = {}
"""What each page behind the door needs."""


def for_staff(route: StaffPage, needs: Permission, *, fresh: bool = False) -> Page:
    """Let staff in whose roles allow it, and send strangers to the sign-in page, which leads them back here.

    `fresh`: only within ten minutes of having proved who they are; else they are asked once more.
    """

    @wraps(route)
    async def guarded(request: Request) -> Response:
        desk = await _desk(request)
        if desk is None:
            return await _to_door(request)
        if not desk.officer.may(needs):
            return console_page(request, "forbidden.html", {"needs": needs}, desk=desk, status=HTTPStatus.FORBIDDEN)
        if fresh and not desk.officer.fresh(deps(request).now()):
            return _elsewhere(AGAIN, _standing_on(request))
        try:
            answer = await route(request, desk)
        except NoResultFound:  # an id in the address, or in the form, that leads to no row
            raise HTTPException(HTTPStatus.NOT_FOUND) from None
        unkept(answer)
        return answer

    NEEDS[guarded] = needs
    return guarded


async def _desk(request: Request) -> Desk | None:
    known = deps(request)
    async with known.begin() as db:
        officer = await officer_of(db, request.cookies.get(COOKIE, ""), known.now())
        return Desk(officer, await count_open(db), await rules(db, SendingRules)) if officer else None


async def _to_door(request: Request) -> Response:
    """Somebody who has given the password goes on to the second step, anybody else to the first."""
    known = deps(request)
    async with known.begin() as db:
        half = await half_open_of(db, request.cookies.get(COOKIE, ""), known.now())
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return _elsewhere(SECOND_STEP if half else SIGN_IN, wanted)


def _standing_on(request: Request) -> str:
    """The page that a form stood on; what was typed into it has to be typed again."""
    if request.method == "GET":
        return request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return urlsplit(request.headers.get("referer", "")).path


def _elsewhere(path: str, wanted: str) -> Response:
    """A form whose session has ended leads back to the page that it stood on."""
    answer = see_other(f"{path}?{urlencode({'next': wanted})}" if len(wanted) <= _LONGEST_NEXT else path)
    unkept(answer)
    return answer


def place_after_sign_in(wanted: str) -> str:
    """Where to go after signing in: a page of the console, whatever was asked for."""
    inside = wanted.startswith("/console/") and wanted.isprintable() and "\\" not in wanted
    at_door = wanted.startswith((SIGN_IN, SECOND_STEP, AGAIN))
    return wanted if inside and len(wanted) <= _LONGEST_NEXT and not at_door else HOME


def with_session(request: Request, answer: Response, secret: str) -> Response:
    """Give this session's cookie along; no secret takes the cookie away."""
    https = deps(request).settings.public_url.startswith("https:")
    answer.headers.append("set-cookie", cookie(COOKIE, secret, https=https, max_age_s=None if secret else 0))
    unkept(answer)
    return answer
