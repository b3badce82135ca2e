"""Collection schemes (采集方案): made, changed, and given to concentrators."""

from collections.abc import Mapping
from datetime import time
from http import HTTPStatus
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.collection import USUAL, Terms
from app.domain.curve import DENSITIES
from app.domain.roles import Permission
from app.models import CollectionScheme
from app.services import alarm_schemes
from app.services.collection import schemes
from app.services.collection.schemes import SchemeRefused, Wish
from app.services.kiosks import care
from app.web.console.archive.giving import id_in_path, meant, number
from app.web.console.pages import Desk, console_page
from app.web.forms import fields
from app.web.pages import see_other
from app.web.state import deps

PATH = "/console/collection"


async def show_schemes(request: Request, desk: Desk) -> Response:
    """GET /console/collection."""
    async with deps(request).begin() as db:
        found = await schemes.list_schemes(db)
    context: dict[str, object] = {
        "schemes": found,
        "usual": USUAL,
        "none_usual": not any(line.row.usual for line in found),
    }
    context |= {"may": desk.officer.may, "permissions": Permission}
    return console_page(request, "archive/schemes.html", context, desk=desk)


async def show_scheme(request: Request, desk: Desk) -> Response:
    """GET /console/collection/new, /console/collection/{id}."""
    return await _show(request, desk, id_in_path(request, "scheme_id"))


async def _show(
    request: Request, desk: Desk, scheme_id: UUID | None, typed: Mapping[str, str] | None = None, wrong: str = ""
) -> Response:
    async with deps(request).begin() as db:
        row = await db.get(CollectionScheme, scheme_id) if scheme_id else None
        if scheme_id and row is None:
            raise HTTPException(404)
        areas, places = await alarm_schemes.areas(db), await care.places(db)
    context = {
        "row": row,
        "form": dict(typed) if typed is not None else _typed(row),
        "wrong": wrong,
        "areas": areas,
        "places": places,
        "densities": DENSITIES,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return console_page(request, "archive/scheme.html", context, desk=desk, status=status)


def _typed(row: CollectionScheme | None) -> dict[str, str]:
    """A scheme as its form has it."""
    terms = schemes.terms_of(row) if row else USUAL
    ticked = {name: "yes" for name in ("on", "money", "energy", "by_tariff", "events") if getattr(terms, name)} | (
        {"usual": "yes"} if row and row.usual else {}
    )
    return ticked | {
        "name": row.name if row else "",
        "daily_from": f"{terms.daily_from:%H:%M}",
        "fill_days": str(terms.fill_days),
        "scan_every_min": str(terms.scan_every_min),
        "master_interval_min": str(terms.master_interval_min or ""),
        "curve_min": str(terms.curve_min or ""),
    }


async def save_scheme(request: Request, desk: Desk) -> Response:
    """POST /console/collection/new, /console/collection/{id}: save it, or give it to concentrators."""
    known, form, scheme_id = deps(request), await fields(request), id_in_path(request, "scheme_id")
    if form.get("act") == "give" and scheme_id is not None:
        async with known.begin() as db:
            await schemes.give_scheme(db, scheme_id, await meant(db, form), desk.officer.id, known.now())
        return see_other(PATH)
    if form.get("act") == "give_usual":
        async with known.begin() as db:
            await schemes.give_scheme(db, None, await meant(db, form), desk.officer.id, known.now())
        return see_other(PATH)
    try:
        async with known.begin() as db:
            wish = Wish(form.get("name", "").strip(), _terms(form), form.get("usual") == "yes")
            await schemes.save_scheme(db, scheme_id, wish, desk.officer.id, known.now())
    except SchemeRefused as refused:
        return await _show(request, desk, scheme_id, form, refused.code)
    except ValueError as wrong:
        return await _show(request, desk, scheme_id, form, str(wrong))
    return see_other(PATH)


def _terms(form: Mapping[str, str]) -> Terms:
    """Raises ValueError with the field's name."""
    try:
        daily_from = time.fromisoformat(form.get("daily_from", ""))
    except ValueError:
        raise ValueError("daily_from") from None
    master, curve = form.get("master_interval_min", "").strip(), form.get("curve_min", "").strip()
    return Terms(
        on=form.get("on") == "yes",
        daily_from=daily_from.replace(second=0, microsecond=0),
        fill_days=number(form.get("fill_days", ""), "fill_days"),
        money=form.get("money") == "yes",
        energy=form.get("energy") == "yes",
        master_interval_min=number(master, "master_interval_min") if master else None,
        scan_every_min=number(form.get("scan_every_min", ""), "scan_every_min"),
        events=form.get("events") == "yes",
        by_tariff=form.get("by_tariff") == "yes",
        curve_min=number(curve, "curve_min") if curve else None,
    )
