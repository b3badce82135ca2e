"""Alarm schemes: the list, one of them, and which concentrators use it."""

from collections.abc import Mapping
from http import HTTPStatus
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.context import Deps
from app.domain.device_event import DeviceEventKind
from app.domain.masking import Mask
from app.services import alarm_schemes, responsible_people
from app.services.alarm_schemes import SchemeError, Telling
from app.services.kiosks import care
from app.web.console.pages import Desk, console_page
from app.web.forms import fields
from app.web.pages import see_other
from app.web.state import deps

SCHEMES = "/console/schemes"


async def show_schemes(request: Request, desk: Desk) -> Response:
    """GET /console/schemes: with the persons who answer for devices."""
    return await _list(request, desk)


async def _list(request: Request, desk: Desk, wrong: str = "") -> Response:
    async with deps(request).begin() as db:
        schemes = await alarm_schemes.schemes(db)
        people = await responsible_people.people(db)
    context = {"schemes": schemes, "people": people, "wrong": wrong, "mask": Mask.of(desk.officer)}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return console_page(request, "events/schemes.html", context, desk=desk, status=status)


async def add_scheme(request: Request, desk: Desk) -> Response:
    """POST /console/schemes: by its name."""
    known, form = deps(request), await fields(request)
    try:
        async with known.begin() as db:
            added = await alarm_schemes.add(db, form.get("name", ""), desk.officer.id, known.now())
    except SchemeError as error:
        return await _list(request, desk, error.code)
    return see_other(f"{SCHEMES}/{added}")


async def show_scheme(request: Request, desk: Desk) -> Response:
    """GET /console/schemes/{id}."""
    return await _show(request, desk, _in_path(request))


async def _show(request: Request, desk: Desk, scheme_id: UUID, wrong: str = "") -> Response:
    async with deps(request).begin() as db:
        view = await alarm_schemes.scheme(db, scheme_id)
        if view is None:
            raise HTTPException(404)
        people = [person for person, _ in await responsible_people.people(db) if person.left_at is None]
        areas = await alarm_schemes.areas(db)
        places = await care.places(db)
    steps = {person.id: step for person, step in view.people}
    context = {"view": view, "people": people, "steps": steps, "areas": areas, "places": places, "wrong": wrong}
    context |= {"kinds": tuple(DeviceEventKind), "mask": Mask.of(desk.officer)}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return console_page(request, "events/scheme.html", context, desk=desk, status=status)


async def change_scheme(request: Request, desk: Desk) -> Response:
    """POST /console/schemes/{id}: name, events, people, assign, assign_area, release, remove."""
    known, form, scheme_id = deps(request), await fields(request), _in_path(request)
    async with known.begin() as db:
        if await alarm_schemes.scheme(db, scheme_id) is None:
            raise HTTPException(404)
    try:
        await _act(known, form, scheme_id, desk.officer.id)
    except SchemeError as error:
        return await _show(request, desk, scheme_id, error.code)
    return see_other(SCHEMES if form.get("act") == "remove" else f"{SCHEMES}/{scheme_id}")


async def _act(known: Deps, form: Mapping[str, str], scheme_id: UUID, by: UUID) -> None:
    now, place = known.now(), _id(form.get("place", ""))
    async with known.begin() as db:
        match form.get("act", ""):
            case "name":
                await alarm_schemes.rename(db, scheme_id, form.get("name", ""), by, now)
            case "events":
                await alarm_schemes.set_events(db, scheme_id, _events(form), by, now)
            case "people":
                people = [person.id for person, _ in await responsible_people.people(db)]
                await alarm_schemes.set_people(db, scheme_id, _steps(form, people), by, now)
            case "assign" if place is not None:
                await alarm_schemes.assign(db, scheme_id, [place], by, now)
            case "assign_area" if place is not None:
                await alarm_schemes.assign(db, scheme_id, await alarm_schemes.below(db, place), by, now)
            case "release" if place is not None:
                await alarm_schemes.assign(db, None, [place], by, now)
            case "remove":
                await alarm_schemes.remove(db, scheme_id, by, now)
            case _:
                raise HTTPException(400)


def _events(form: Mapping[str, str]) -> dict[DeviceEventKind, Telling]:
    """The events that were ticked. Raises SchemeError for minutes that are no number."""
    found = {}
    for kind in DeviceEventKind:
        if f"tell_{kind}" not in form:
            continue
        minutes = form.get(f"after_{kind}", "").strip()
        if not (minutes.isascii() and minutes.isdecimal() and len(minutes) <= 5):
            raise SchemeError("scheme_minutes")
        found[kind] = Telling(int(minutes), f"residents_{kind}" in form)
    return found


def _steps(form: Mapping[str, str], people: list[UUID]) -> dict[UUID, int]:
    typed = {person: form.get(f"step_{person}", "") for person in people}
    return {person: int(step) for person, step in typed.items() if step in tuple(str(s) for s in alarm_schemes.STEPS)}


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _in_path(request: Request) -> UUID:
    found = request.path_params["scheme_id"]
    if not isinstance(found, UUID):
        raise HTTPException(404)
    return found
