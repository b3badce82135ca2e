"""Terminals: the list, one of them, setting one up, and taking it out of use (SPEC K-6)."""

from collections.abc import Mapping
from http import HTTPStatus
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.terminal import spaced_code
from app.models.kiosk import KioskState
from app.services.kiosks import care, enrolment
from app.services.kiosks.enrolment import NewKiosk
from app.web.console.pages import Desk, console_page
from app.web.forms import fields
from app.web.pages import see_other
from app.web.state import deps

_LONGEST_NAME = 60
_MOVES = {"lock": KioskState.LOCKED, "unlock": KioskState.ACTIVE, "revoke": KioskState.REVOKED}
_SECONDS = {"idle_s": (20, 600), "warn_s": (10, 120), "beat_s": (10, 300)}
_CHOICES = {"language": ("zh", "en"), "display": ("touch", "keypad")}
_SWITCHES = ("printer", "speech")


async def show_kiosks(request: Request, desk: Desk) -> Response:
    """GET /console/kiosks."""
    return await _list(request, desk)


async def _list(request: Request, desk: Desk, *, wrong: str = "", status: int = HTTPStatus.OK) -> Response:
    known = deps(request)
    async with known.begin() as db:
        kiosks = await care.list_kiosks(db, known.now())
        places = await care.places(db)
    context = {"kiosks": kiosks, "places": places, "wrong": wrong}
    return console_page(request, "kiosks.html", context, desk=desk, status=status)


async def add_kiosk(request: Request, desk: Desk) -> Response:
    """POST /console/kiosks: expect a terminal; the code is shown on this one page and never again."""
    known, form = deps(request), await fields(request)
    async with known.begin() as db:
        places = dict(await care.places(db))
    name, place = form.get("name", "").strip(), _id(form.get("place", ""))
    if not 0 < len(name) <= _LONGEST_NAME or place not in places:
        return await _list(request, desk, wrong="kiosk_incomplete", status=HTTPStatus.UNPROCESSABLE_ENTITY)
    async with known.begin() as db:
        kiosk, code = await enrolment.expect(db, NewKiosk(name, place, desk.officer.id), known.now())
    return await _show(request, desk, kiosk.id, code)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


async def show_kiosk(request: Request, desk: Desk) -> Response:
    """GET /console/kiosks/{id}."""
    return await _show(request, desk, _in_path(request))


async def _show(request: Request, desk: Desk, kiosk_id: UUID, code: str = "") -> Response:
    known = deps(request)
    async with known.begin() as db:
        view = await care.view_kiosk(db, kiosk_id, known.now())
        if view is None:
            raise HTTPException(404)
        entries = await care.latest_entries(db, kiosk_id)
    context = {"view": view, "entries": entries, "code": spaced_code(code)}
    return console_page(request, "kiosk.html", context, desk=desk)


async def move_kiosk(request: Request, desk: Desk) -> Response:
    """POST /console/kiosks/{id}: lock, unlock, revoke, a new code, or settings."""
    known, form, kiosk_id = deps(request), await fields(request), _in_path(request)
    act, code = form.get("act", ""), ""
    async with known.begin() as db:
        if await care.view_kiosk(db, kiosk_id, known.now()) is None:
            raise HTTPException(404)
        if act == "code":
            code = await enrolment.expect_again(db, kiosk_id, desk.officer.id, known.now())
        elif act in _MOVES:
            await enrolment.move(db, kiosk_id, _MOVES[act], desk.officer.id, known.now())
        elif act == "settings":
            await care.set_settings(db, kiosk_id, _settings(form))
        else:
            raise HTTPException(400)
    if code:
        return await _show(request, desk, kiosk_id, code)
    return see_other(f"/console/kiosks/{kiosk_id}")


def _settings(form: Mapping[str, str]) -> dict[str, str | int | bool]:
    """What was set, as far as it is one of the things that can be."""
    wanted: dict[str, str | int | bool] = {name: name in form for name in _SWITCHES}
    for name, words in _CHOICES.items():
        if form.get(name) in words:
            wanted[name] = form[name]
    for name, (least, most) in _SECONDS.items():
        typed = form.get(name, "")
        if typed.isascii() and typed.isdecimal() and len(typed) <= 4:
            wanted[name] = max(least, min(int(typed), most))
    return wanted


def _in_path(request: Request) -> UUID:
    found = request.path_params["kiosk_id"]
    if not isinstance(found, UUID):
        raise HTTPException(404)
    return found
