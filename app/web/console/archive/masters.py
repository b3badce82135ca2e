"""Master meters of a concentrator, and their curves."""

from collections.abc import Mapping
from datetime import date
from http import HTTPStatus
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.archive import BAUDS, BadHanging, Hanging, Line, Protocol
from app.domain.curve import Quantity
from app.domain.roles import Permission
from app.models import Concentrator, MasterMeter
from app.services.archive import curves, masters, rules
from app.services.archive.curves import CurveRow
from app.services.archive.masters import MasterRefused, MasterWish
from app.services.collection import intervals
from app.services.collection.points import NoPointLeft
from app.web.console import listing
from app.web.console.archive.giving import number
from app.web.console.archive.pictures import pictures
from app.web.console.devices.one import id_in_path
from app.web.console.pages import Desk, console_page
from app.web.console.terms import Terms
from app.web.forms import fields, query
from app.web.pages import see_other
from app.web.state import deps, reader


async def show_masters(request: Request, desk: Desk) -> Response:
    """GET /console/concentrators/{id}/masters."""
    return await _show(request, desk)


async def _show(request: Request, desk: Desk, typed: Mapping[str, str] | None = None, wrong: str = "") -> Response:
    concentrator_id = id_in_path(request, "concentrator_id")
    async with deps(request).begin() as db:
        row = await db.get(Concentrator, concentrator_id)
        if row is None:
            raise HTTPException(404)
        terms = await rules.terms_for(db, row.id)
        found = await masters.masters_of(db, row.id)
        interval = await intervals.standing(db, row.id)
    blank = dict.fromkeys(("id", "name", "address", "protocol"), "")
    form = blank | {"port": str(terms.master_port), "baud": "0"} | dict(typed or {})
    context = {"concentrator": row, "masters": found, "form": form, "wrong": wrong, "interval": interval}
    context |= {"may": desk.officer.may, "permissions": Permission, "protocols": tuple(Protocol), "bauds": BAUDS}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return console_page(request, "archive/masters.html", context, desk=desk, status=status)


async def save_master(request: Request, desk: Desk) -> Response:
    """POST /console/concentrators/{id}/masters: add, change, remove."""
    known, form = deps(request), await fields(request)
    concentrator_id = id_in_path(request, "concentrator_id")
    try:
        async with known.begin() as db:
            await db.get_one(Concentrator, concentrator_id)
            if form.get("act") == "add":
                await masters.add_master(db, concentrator_id, _wish(form), desk.officer.id, known.now())
            else:
                master = await db.get(MasterMeter, _id(form.get("master", "")))
                if master is None or master.concentrator_id != concentrator_id:
                    raise HTTPException(404)
                if form.get("act") == "remove":
                    await masters.remove_master(db, master.id, desk.officer.id, known.now())
                else:
                    await masters.change_master(db, master.id, _wish(form), desk.officer.id, known.now())
    except MasterRefused as refused:
        return await _show(request, desk, form, refused.code)
    except NoPointLeft as full:
        return await _show(request, desk, form, full.code)
    except BadHanging as bad:
        return await _show(request, desk, form, f"bad_{bad.field}")
    except ValueError as wrong:
        return await _show(request, desk, form, f"bad_{wrong}")
    return see_other(f"/console/concentrators/{concentrator_id}/masters")


def _wish(form: Mapping[str, str]) -> MasterWish:
    protocol = form.get("protocol", "")
    if protocol not in tuple(Protocol):
        raise ValueError("protocol")
    port, baud = number(form.get("port", ""), "port"), number(form.get("baud", ""), "baud")
    hanging = Hanging(form.get("address", "").strip(), Line.RS485, port, Protocol(protocol), baud)
    return MasterWish(form.get("name", ""), hanging)


async def show_curves(request: Request, desk: Desk) -> Response:
    """GET /console/masters/{id}?day=: the curves of one master meter on a day."""
    master_id = id_in_path(request, "master_id")
    async with deps(request).begin() as db:
        master = await db.get(MasterMeter, master_id)
        if master is None:
            raise HTTPException(404)
        concentrator = await db.get_one(Concentrator, master.concentrator_id)
        days = await curves.days_of(db, master.id)
        day = _day(query(request, "day")) or (days[0].day if days else None)
        found = await curves.curves_of(db, master.id, day) if day else []
    context = {"master": master, "concentrator": concentrator, "days": days, "day": day}
    there = {curve.quantity for curve in found}
    context |= {"rows": curves.table(found), "quantities": [each for each in Quantity if each in there]}
    context |= {"pictures": pictures(found)}
    return console_page(request, "archive/curves.html", context, desk=desk)


async def curves_csv(request: Request, desk: Desk) -> Response:
    """GET /console/masters/{id}.csv?day=: the curves of a day, or of all days, the newest first."""
    known, master_id = deps(request), id_in_path(request, "master_id")
    async with known.begin() as db:
        master = await db.get(MasterMeter, master_id)
        if master is None:
            raise HTTPException(404)
        listing.note_export(db, request, desk.officer.id, master.id, subject=master.name)
    name = listing.stamped(f"curves-{master.address}", known.now())
    return listing.csv_file(name, _curve_rows(request, master_id, _day(query(request, "day"))))


async def _curve_rows(request: Request, master_id: UUID, only: date | None) -> listing.Rows:
    words, before = Terms(reader(request)), None
    yield [[words("column", "day"), words("column", "clock"), *(words("quantity", each) for each in Quantity)]]
    while True:
        async with deps(request).begin() as db:
            days = [only] if only else [each.day for each in await curves.days_of(db, master_id, before=before)]
            parts = [(day, curves.table(await curves.curves_of(db, master_id, day))) for day in days]
        yield [_curve_cells(day, row) for day, rows in parts for row in rows]
        if only or len(days) < curves.DAYS:
            return
        before = days[-1]


def _curve_cells(day: date, row: CurveRow) -> list[listing.Cell]:
    figures = (row.values.get(each) for each in Quantity)
    return [day.isoformat(), row.at, *(None if each is None else float(each) for each in figures)]


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
