"""Staff: the list, one of them, inviting, roles, leaving; and the page by which somebody invited chooses a password."""

from collections.abc import Mapping
from http import HTTPStatus
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.context import Deps
from app.domain.roles import Role
from app.services import colleagues, passwords, second_step
from app.services.staff import NewStaff, StaffError
from app.web.console.pages import SIGN_IN, Desk, console_page
from app.web.console.people.second_step import key_of
from app.web.forms import fields
from app.web.pages import see_other
from app.web.state import deps

_STAFF = "/console/staff"


async def show_staff(request: Request, desk: Desk) -> Response:
    """GET /console/staff."""
    return await _list(request, desk)


async def _list(request: Request, desk: Desk, typed: Mapping[str, str] | None = None, wrong: str = "") -> Response:
    async with deps(request).begin() as db:
        people = await colleagues.colleagues(db)
    context = {"people": people, "roles": tuple(Role), "filled": typed or {}, "wrong": wrong}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return console_page(request, "people/staff.html", context, desk=desk, status=status)


async def add_colleague(request: Request, desk: Desk) -> Response:
    """POST /console/staff: the invitation's link is shown on this one page and never again."""
    known, form = deps(request), await fields(request)
    wanted = NewStaff(form.get("login", ""), form.get("name", ""), _roles(form))
    try:
        async with known.begin() as db:
            added = await colleagues.invite(db, wanted, desk.officer.id, known.now())
            word = await colleagues.invitation(db, added, key_of(request), known.now())
    except StaffError as error:
        return await _list(request, desk, form, error.code)
    return await _show(request, desk, added, word=word)


async def show_colleague(request: Request, desk: Desk) -> Response:
    """GET /console/staff/{id}."""
    return await _show(request, desk, _in_path(request))


async def _show(request: Request, desk: Desk, staff_id: UUID, *, word: str = "", wrong: str = "") -> Response:
    known = deps(request)
    async with known.begin() as db:
        person = await colleagues.colleague(db, staff_id)
    if person is None:
        raise HTTPException(404)
    link = f"{known.settings.public_url.rstrip('/')}/console/join/{word}" if word else ""
    context = {"person": person, "roles": tuple(Role), "link": link, "wrong": wrong}
    status = HTTPStatus.CONFLICT if wrong else HTTPStatus.OK
    return console_page(request, "people/colleague.html", context, desk=desk, status=status)


async def change_colleague(request: Request, desk: Desk) -> Response:
    """POST /console/staff/{id}: roles, invite (again), reset_password, reset_step, leave, return."""
    known, form, staff_id = deps(request), await fields(request), _in_path(request)
    async with known.begin() as db:
        if await colleagues.colleague(db, staff_id) is None:
            raise HTTPException(404)
    try:
        word = await _act(known, form, (staff_id, desk.officer.id), key_of(request))
    except StaffError as error:
        return await _show(request, desk, staff_id, wrong=error.code)
    return await _show(request, desk, staff_id, word=word) if word else see_other(f"{_STAFF}/{staff_id}")


async def _act(known: Deps, form: Mapping[str, str], who: tuple[UUID, UUID], key: str) -> str:
    """Do what was asked to the first of `who`, by the second; return the word of an invitation, where one is made."""
    (whom, by), now = who, known.now()
    async with known.begin() as db:
        match form.get("act", ""):
            case "roles":
                await colleagues.set_roles(db, whom, _roles(form), by, now)
            case "reset_step":
                await second_step.remove(db, whom, by, now)
            case "leave":
                await colleagues.deactivate(db, whom, by, now)
            case "reset_password":
                await colleagues.forget_password(db, whom, by, now)
                return await colleagues.invitation(db, whom, key, now)
            case "invite":
                return await colleagues.invite_again(db, whom, by, key, now)
            case "return":
                await colleagues.readmit(db, whom, by, now)
                return await colleagues.invitation(db, whom, key, now)
            case _:
                raise HTTPException(400)
    return ""


async def show_join(request: Request) -> Response:
    """GET /console/join/{word}: for somebody who was invited."""
    return await _join(request)


async def join(request: Request) -> Response:
    """POST /console/join/{word}: their password; then they sign in with it."""
    known, form = deps(request), await fields(request)
    try:
        async with known.begin() as db:
            person = await colleagues.invited(db, str(request.path_params["word"]), key_of(request), known.now())
            if person is not None:
                await colleagues.accept(db, person, form.get("new", ""), known.now())
    except StaffError as error:
        return await _join(request, error.code)
    except passwords.TooBusy:
        return await _join(request, "sign_in_busy")
    return see_other(SIGN_IN) if person is not None else await _join(request)


async def _join(request: Request, wrong: str = "") -> Response:
    known = deps(request)
    async with known.begin() as db:
        person = await colleagues.invited(db, str(request.path_params["word"]), key_of(request), known.now())
    status = HTTPStatus.NOT_FOUND if person is None else HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return console_page(request, "people/join.html", {"person": person, "wrong": wrong}, status=status)


def _roles(form: Mapping[str, str]) -> frozenset[Role]:
    return frozenset(role for role in Role if f"role_{role}" in form)


def _in_path(request: Request) -> UUID:
    found = request.path_params["staff_id"]
    if not isinstance(found, UUID):
        raise HTTPException(404)
    return found
