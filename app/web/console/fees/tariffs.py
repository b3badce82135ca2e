"""Tariffs and their prices: what holds, what held, and what a coming day brings (SPEC B-8)."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from http import HTTPStatus
from uuid import UUID
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.domain.clock import local_day
from app.domain.fees import MOST_STEPS, MOST_TARIFFS, Prices, Step, StepPeriod
from app.domain.roles import Permission
from app.services.fees import tariffs
from app.services.fees.tariffs import NewSet, TariffError
from app.web.console.pages import Desk, console_page
from app.web.forms import fields
from app.web.pages import see_other
from app.web.state import deps

SHOWN_STEPS = 3
_E4, _WH = 10_000, 1000
_MOST_PRICE = Decimal(10_000)


async def show_tariffs(request: Request, desk: Desk) -> Response:
    """GET /console/tariffs."""
    return await _page(request, desk, {}, "")


async def _page(request: Request, desk: Desk, typed: Mapping[str, str], wrong: str) -> Response:
    known = deps(request)
    async with known.begin() as db:
        found = await tariffs.look(db)
    today = _today(request)
    context: dict[str, object] = {"found": found, "typed": typed, "wrong": wrong, "today": today}
    context |= {"tomorrow": today + timedelta(days=1), "periods": tuple(StepPeriod), "may": desk.officer.may}
    context |= {"permissions": Permission, "columns": range(1, MOST_TARIFFS + 1), "steps": range(1, SHOWN_STEPS + 1)}
    context["saved"] = not wrong and "saved" in request.query_params
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return console_page(request, "fees/tariffs.html", context, desk=desk, status=status)


def _today(request: Request) -> date:
    known = deps(request)
    return local_day(known.now(), ZoneInfo(known.settings.timezone))


async def add_set(request: Request, desk: Desk) -> Response:
    """POST /console/tariffs: prices that hold from a coming day on."""
    known, form = deps(request), await fields(request)
    try:
        tariff_id = UUID(form.get("tariff", ""))
    except ValueError:
        raise HTTPException(400) from None
    try:
        new = NewSet(tariff_id, _day(form.get("from_day", "")), _prices(form), desk.officer.id)
        async with known.begin() as db:
            await tariffs.add(db, new, _today(request), known.now())
    except TariffError as wrong:
        return await _page(request, desk, form, wrong.code)
    except ValueError as wrong:
        return await _page(request, desk, form, str(wrong))
    return see_other("/console/tariffs?saved=1")


async def withdraw_set(request: Request, desk: Desk) -> Response:
    """POST /console/tariffs/{set_id}/withdraw."""
    known, set_id = deps(request), request.path_params["set_id"]
    try:
        async with known.begin() as db:
            await tariffs.withdraw(db, set_id, desk.officer.id, _today(request), known.now())
    except TariffError as wrong:
        return await _page(request, desk, {}, wrong.code)
    return see_other("/console/tariffs?saved=1")


def _day(typed: str) -> date:
    try:
        return date.fromisoformat(typed.strip())
    except ValueError:
        raise TariffError("from_day") from None


def _prices(form: Mapping[str, str]) -> Prices:
    """One price, or one for each tariff of the meter without a gap; steps with the energy from which they hold."""
    given = [form.get(f"price_{n}", "").strip() for n in range(1, MOST_TARIFFS + 1)]
    while given and not given[-1]:
        given.pop()
    steps = []
    for n in range(1, MOST_STEPS + 1):
        above, more = form.get(f"above_{n}", "").strip(), form.get(f"more_{n}", "").strip()
        if above or more:
            steps.append(Step(_scaled(above, _WH, "steps"), _scaled(more, _E4, "steps")))
    period = form.get("period", StepPeriod.MONTH)
    if period not in tuple(StepPeriod):
        raise ValueError("steps")
    return Prices(tuple(_scaled(each, _E4, "prices") for each in given), tuple(steps), StepPeriod(period))


def _scaled(typed: str, scale: int, field: str) -> int:
    """What people type, in our whole units: 0.5683 is 5683. Raises ValueError with the name of the field."""
    try:
        value = Decimal(typed)
    except InvalidOperation:
        raise ValueError(field) from None
    limit = _MOST_PRICE if scale == _E4 else Decimal(1_000_000)
    if not value.is_finite() or not 0 <= value < limit or value * scale != int(value * scale):
        raise ValueError(field)
    return int(value * scale)
