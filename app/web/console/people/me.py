"""One's own page: name, password, second step, and where one is signed in."""

from http import HTTPStatus
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.models import Staff
from app.services import own_account, passwords, second_step, staff_sessions
from app.services.second_step import EnrolmentRefused
from app.services.staff import StaffError
from app.web.console.door import with_session
from app.web.console.pages import SIGN_IN, Desk, console_page
from app.web.console.people.second_step import (
    NO_TROUBLE,
    Trouble,
    enrolment_of,
    key_of,
    password_trouble,
    picture,
    show_codes,
    status_of,
)
from app.web.forms import fields
from app.web.pages import see_other
from app.web.state import deps

ME = "/console/me"


async def show_me(request: Request, desk: Desk) -> Response:
    """GET /console/me."""
    return await _show(request, desk)


async def rename_me(request: Request, desk: Desk) -> Response:
    """POST /console/me: one's name."""
    known, form = deps(request), await fields(request)
    try:
        async with known.begin() as db:
            await own_account.rename(db, desk.officer.id, form.get("name", ""), known.now())
    except StaffError as error:
        return await _show(request, desk, Trouble(error.code))
    return see_other(f"{ME}?done=renamed")


async def change_password(request: Request, desk: Desk) -> Response:
    """POST /console/me/password: with the one that holds now."""
    known, form = deps(request), await fields(request)
    trouble = await password_trouble(request, desk.officer, form.get("password", ""))
    if trouble.code:
        return await _show(request, desk, trouble)
    try:
        hashed = await own_account.new_password_hash(desk.officer, form.get("new", ""))
    except StaffError as error:
        return await _show(request, desk, Trouble(error.code))
    except passwords.TooBusy:
        return await _show(request, desk, Trouble("sign_in_busy"))
    async with known.begin() as db:
        await own_account.change_password(db, desk.officer, hashed, known.now())
    return see_other(f"{ME}?done=password")


async def end_sessions(request: Request, desk: Desk) -> Response:
    """POST /console/me/sessions: one of them, or all: then this one too."""
    known, form = deps(request), await fields(request)
    one = _id(form.get("session", ""))
    async with known.begin() as db:
        if one is not None:
            await staff_sessions.end_session(db, desk.officer.id, one, known.now())
        else:
            await staff_sessions.end_sessions(db, desk.officer.id, desk.officer.id, known.now())
    return see_other(ME) if one is not None else with_session(request, see_other(SIGN_IN), "")


async def show_device(request: Request, desk: Desk) -> Response:
    """GET /console/me/second-step: a new device."""
    return await _ask_device(request, desk)


async def set_device(request: Request, desk: Desk) -> Response:
    """POST /console/me/second-step: its first code; or new recovery codes, or none of it any more."""
    known, form = deps(request), await fields(request)
    act, me, key = form.get("act", ""), desk.officer.id, key_of(request)
    if act == "remove":
        if known.settings.second_step == "required" or not desk.officer.second_step:
            raise HTTPException(400)
        async with known.begin() as db:
            await second_step.remove(db, me, me, known.now())
        return see_other(f"{ME}?done=device_removed")
    try:
        async with known.begin() as db:
            if act == "codes" and desk.officer.second_step:
                codes = await second_step.renew_recovery_codes(db, me, key, known.now())
            else:
                answer = form.get("sealed", ""), form.get("code", "")
                codes = await second_step.enrol(db, me, answer, key, known.now())
    except EnrolmentRefused as refused:
        return await _ask_device(request, desk, Trouble(refused.code), form.get("sealed", ""))
    return show_codes(request, codes, desk)


async def _ask_device(
    request: Request,
    desk: Desk,
    trouble: Trouble = NO_TROUBLE,
    sealed: str = "",
) -> Response:
    async with deps(request).begin() as db:
        person = await db.get_one(Staff, desk.officer.id)
    enrolment = enrolment_of(request, person, sealed)
    context = {"enrolment": enrolment, "picture": picture(enrolment), "trouble": trouble}
    return console_page(request, "people/device.html", context, desk=desk, status=status_of(trouble))


async def _show(request: Request, desk: Desk, trouble: Trouble = NO_TROUBLE) -> Response:
    known = deps(request)
    async with known.begin() as db:
        sessions = await staff_sessions.sessions_of(db, desk.officer.id, known.now())
        left = await second_step.codes_left(db, desk.officer.id)
    done = request.query_params.get("done", "") if not trouble.code else ""
    context: dict[str, object] = {"sessions": sessions, "codes_left": left, "trouble": trouble, "done": done}
    context["required"] = known.settings.second_step == "required"
    status = status_of(trouble) if trouble.code else HTTPStatus.OK
    return console_page(request, "people/me.html", context, desk=desk, status=status)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
