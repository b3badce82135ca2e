"""Responsible persons: adding, changing, leaving."""

from collections.abc import Mapping
from http import HTTPStatus
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.models import ResponsiblePerson
from app.services import responsible_people
from app.services.responsible_people import PersonError, Wish
from app.web.console.events.schemes import SCHEMES
from app.web.console.pages import Desk, console_page
from app.web.forms import fields
from app.web.pages import see_other
from app.web.state import deps

NOBODY: Mapping[str, str] = {}


async def show_new(request: Request, desk: Desk) -> Response:
    """GET /console/persons/new."""
    return _form(request, desk, None, NOBODY)


async def add_person(request: Request, desk: Desk) -> Response:
    """POST /console/persons/new."""
    known, form = deps(request), await fields(request)
    try:
        async with known.begin() as db:
            await responsible_people.add(db, _wish(form), known.settings.country, desk.officer.id, known.now())
    except PersonError as error:
        return _form(request, desk, None, form, error.code)
    return see_other(SCHEMES)


async def show_person(request: Request, desk: Desk) -> Response:
    """GET /console/persons/{id}."""
    person = await _person(request)
    return _form(request, desk, person, _as_typed(person))


async def change_person(request: Request, desk: Desk) -> Response:
    """POST /console/persons/{id}: other particulars, or that they have left."""
    known, form, person = deps(request), await fields(request), await _person(request)
    try:
        async with known.begin() as db:
            if form.get("act") == "leave":
                await responsible_people.leave(db, person.id, desk.officer.id, known.now())
            else:
                by = desk.officer.id, known.now()
                await responsible_people.change(db, person.id, _wish(form), known.settings.country, by)
    except PersonError as error:
        return _form(request, desk, person, form, error.code)
    return see_other(SCHEMES)


def _wish(form: Mapping[str, str]) -> Wish:
    return Wish(**{name: form.get(name, "") for name in Wish.__slots__})


def _as_typed(person: ResponsiblePerson) -> dict[str, str]:
    hours = {"quiet_from": person.quiet_from, "quiet_to": person.quiet_to}
    typed = {"name": person.name, "phone": person.phone or "", "email": person.email or "", "locale": person.locale}
    return typed | {name: f"{hour:%H:%M}" for name, hour in hours.items() if hour is not None}


def _form(
    request: Request, desk: Desk, person: ResponsiblePerson | None, typed: Mapping[str, str], wrong: str = ""
) -> Response:
    context = {"person": person, "filled": typed, "wrong": wrong}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return console_page(request, "events/person.html", context, desk=desk, status=status)


async def _person(request: Request) -> ResponsiblePerson:
    found = request.path_params["person_id"]
    async with deps(request).begin() as db:
        person = await responsible_people.person(db, found) if isinstance(found, UUID) else None
    if person is None:
        raise HTTPException(404)
    return person
