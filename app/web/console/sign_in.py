"""Sign in and out."""

from http import HTTPStatus
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from app.services import passwords, staff, staff_sessions
from app.services.staff import Attempt
from app.services.tries import SignInLocked
from app.web.console.door import COOKIE, place_after_sign_in, with_session
from app.web.console.pages import SECOND_STEP, SIGN_IN, console_page
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
    """The password was right: in, or on to the second step."""
    known, place = deps(request), place_after_sign_in(wanted)
    proved = not attempt.second_step and known.settings.second_step == "offered"
    async with known.begin() as db:
        before = request.cookies.get(COOKIE, "")
        secret = await staff_sessions.open_session(db, attempt, before, known.now(), proved=proved)
    answer = see_other(place if proved else f"{SECOND_STEP}?{urlencode({'next': place})}")
    return with_session(request, answer, secret)


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
        await staff_sessions.close_session(db, request.cookies.get(COOKIE, ""), known.now())
    return with_session(request, see_other(SIGN_IN), "")


_STATUS = {
    "": HTTPStatus.OK,
    "sign_in_wrong": HTTPStatus.UNPROCESSABLE_ENTITY,
    "sign_in_locked": HTTPStatus.TOO_MANY_REQUESTS,
    "sign_in_busy": HTTPStatus.SERVICE_UNAVAILABLE,
}


def _ask(request: Request, wanted: str, code: str = "", *, until: object = None) -> Response:
    context = {"wanted": wanted, "code": code, "until": until}
    return console_page(request, "sign_in.html", context, status=_STATUS[code])
