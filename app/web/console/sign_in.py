"""Sign in and out."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from app.services import passwords, staff
from app.services.staff import Attempt, SignInLocked
from app.web.console.door import COOKIE, place_after_sign_in
from app.web.console.pages import SIGN_IN, console_page, unkept
from app.web.cookies import cookie
from app.web.forms import fields, query
from app.web.pages import see_other
from app.web.state import deps


async def show_sign_in(request: Request) -> Response:
    """GET /console/sign-in."""
    return _ask(request, query(request, "next"))


async def sign_in(request: Request) -> Response:
    """POST /console/sign-in: one answer for an unknown login and a wrong password, after just as long."""
    form = await fields(request)
    wanted = form.get("next", "")
    known = deps(request)
    try:
        async with known.begin() as db:
            attempt = await staff.begin_sign_in(db, form.get("login", ""), known.now())
        right = await passwords.matches(form.get("password", ""), attempt.password_hash)
    except SignInLocked as locked:
        return _ask(request, wanted, "sign_in_locked", until=locked.until)
    except passwords.TooBusy:
        return _ask(request, wanted, "sign_in_busy")
    return await (_let_in(request, attempt, wanted) if right else _turn_away(request, attempt, wanted))


async def _let_in(request: Request, attempt: Attempt, wanted: str) -> Response:
    known = deps(request)
    async with known.begin() as db:
        secret = await staff.open_session(db, attempt, request.cookies.get(COOKIE, ""), known.now())
    return _with_session(request, secret, place_after_sign_in(wanted))


async def _turn_away(request: Request, attempt: Attempt, wanted: str) -> Response:
    known = deps(request)
    async with known.begin() as db:
        await staff.note_failure(db, attempt, known.now())
    if attempt.locked_until is not None:
        return _ask(request, wanted, "sign_in_locked", until=attempt.locked_until)
    return _ask(request, wanted, "sign_in_wrong")


async def sign_out(request: Request) -> Response:
    """POST /console/sign-out: the session is over on our side too."""
    known = deps(request)
    async with known.begin() as db:
        await staff.close_session(db, request.cookies.get(COOKIE, ""), known.now())
    return _with_session(request, "", SIGN_IN)


_STATUS = {
    "": HTTPStatus.OK,
    "sign_in_wrong": HTTPStatus.UNPROCESSABLE_ENTITY,
    "sign_in_locked": HTTPStatus.TOO_MANY_REQUESTS,
    "sign_in_busy": HTTPStatus.SERVICE_UNAVAILABLE,
}


def _ask(request: Request, wanted: str, code: str = "", *, until: object = None) -> Response:
    context = {"wanted": wanted, "code": code, "until": until}
    return console_page(request, "sign_in.html", context, status=_STATUS[code])


def _with_session(request: Request, secret: str, path: str) -> Response:
    """Go there with this session's cookie; no secret takes the cookie away."""
    https = deps(request).settings.public_url.startswith("https:")
    answer = see_other(path)
    answer.headers.append("set-cookie", cookie(COOKIE, secret, https=https, max_age_s=None if secret else 0))
    unkept(answer)
    return answer
