"""The no-cut calendar and the other rules of the cut gate, as a form (SPEC, rules as data)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, time
from http import HTTPStatus
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from app.domain.cutting import opens_at
from app.domain.rules import CutRules
from app.services.rulebook import rules, save
from app.web.console.pages import Desk, console_page
from app.web.forms import fields, query
from app.web.pages import see_other
from app.web.state import deps

HOURS = ("no_cut_from", "no_cut_to")
DATES = ("holidays", "heat_days", "cold_days")
FIGURES = (
    *("grace_min", "warnings_needed", "warned_before_min", "warning_counts_h", "warning_waits_h"),
    *("balance_good_for_h", "advance_lasts_h", "restored_rest_min", "amnesty_after_min", "amnesty_rest_h"),
)
_MOST_DATES = 200
_DIGITS = 6


class Unread(ValueError):
    """A field that cannot be read. `field` names it."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


async def show_calendar(request: Request, desk: Desk) -> Response:
    """GET /console/cuts/calendar."""
    async with deps(request).begin() as db:
        ruling = await rules(db, CutRules)
    return _page(request, desk, ruling, as_typed(ruling))


async def save_calendar(request: Request, desk: Desk) -> Response:
    """POST /console/cuts/calendar: what is wrong is said beside its field, and nothing is kept."""
    known, form = deps(request), await fields(request)
    async with known.begin() as db:
        standing = await rules(db, CutRules)
        try:
            wanted = read(form, standing)
        except ValueError as wrong:
            empty = dict.fromkeys((*HOURS, *DATES, *FIGURES), "")
            return _page(request, desk, standing, empty | dict(form) | {"wrong": str(wrong)})
        await save(db, wanted, desk.officer.id, known.now())
    return see_other("/console/cuts/calendar?saved=1")


def _page(request: Request, desk: Desk, standing: CutRules, form: Mapping[str, str]) -> Response:
    known, wrong = deps(request), form.get("wrong", "")
    opens = opens_at(standing, ZoneInfo(known.settings.timezone), known.now())
    context: dict[str, object] = {"form": form, "wrong": wrong, "opens": opens, "figures": FIGURES, "dates": DATES}
    context["saved"] = query(request, "saved") == "1" and not wrong
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return console_page(request, "outages/calendar.html", context, desk=desk, status=status)


def as_typed(ruling: CutRules) -> dict[str, str]:
    """The rules as the form holds them: times of a clock, a date a line, figures."""
    found = {name: f"{at:%H:%M}" if (at := getattr(ruling, name)) else "" for name in HOURS}
    found |= {name: "\n".join(day.isoformat() for day in getattr(ruling, name)) for name in DATES}
    found |= {name: str(getattr(ruling, name)) for name in FIGURES}
    return found | {f"day_{day}": "on" for day in ruling.no_cut_weekdays}


def read(form: Mapping[str, str], standing: CutRules) -> CutRules:
    """The rules that a form wants. Raises ValueError with the name of the field that is wrong."""
    return replace(
        standing,
        no_cut_from=_time(form, "no_cut_from"),
        no_cut_to=_time(form, "no_cut_to"),
        no_cut_weekdays=tuple(day for day in range(7) if f"day_{day}" in form),
        holidays=_dates(form, "holidays"),
        heat_days=_dates(form, "heat_days"),
        cold_days=_dates(form, "cold_days"),
        **{name: _figure(form, name) for name in FIGURES},
    )


def _time(form: Mapping[str, str], name: str) -> time | None:
    typed = form.get(name, "").strip()
    if not typed:
        return None
    try:
        return time.fromisoformat(typed)
    except ValueError as error:
        raise Unread(name) from error


def _dates(form: Mapping[str, str], name: str) -> tuple[date, ...]:
    """Each day once, in order, whatever stands between them."""
    words = form.get(name, "").replace(",", " ").replace(";", " ").split()
    try:
        found = sorted({date.fromisoformat(word) for word in words})
    except ValueError as error:
        raise Unread(name) from error
    if len(found) > _MOST_DATES:
        raise Unread(name)
    return tuple(found)


def _figure(form: Mapping[str, str], name: str) -> int:
    typed = form.get(name, "").strip()
    if not (typed.isascii() and typed.isdecimal() and len(typed) <= _DIGITS):
        raise Unread(name)
    return int(typed)
